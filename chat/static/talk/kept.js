// What a browser keeps of a person's writing, in localStorage and by user, so that it survives a reload. Whenever
// nobody is signed in here, nothing is kept.

const PREFIX = "latchstring.talk.";

/** @returns {Storage | null} null where the user's settings allow none */
function storage() {
  try {
    return globalThis.localStorage;
  } catch {
    return null;
  }
}

/**
 * @param {string} userId
 * @param {string} name
 * @returns {string | null}
 */
export function kept(userId, name) {
  return storage()?.getItem(`${PREFIX}${userId}.${name}`) ?? null;
}

/** @returns {boolean} false where there is no room (or no leave) to keep it: then it lasts as long as the page */
export function keep(userId, name, value) {
  try {
    storage()?.setItem(`${PREFIX}${userId}.${name}`, value);
    return storage() !== null;
  } catch {
    return false;
  }
}

export function letGo(userId, name) {
  storage()?.removeItem(`${PREFIX}${userId}.${name}`);
}

/** The names under which something is kept that begin so. @returns {string[]} */
export function namesKept(userId, start) {
  const before = `${PREFIX}${userId}.`;
  return Object.keys(storage() ?? {})
    .filter((key) => key.startsWith(before + start))
    .map((key) => key.slice(before.length));
}

/** Nothing of this user stays; what others have written here since is theirs. */
export function forgetThoseOf(userId) {
  forget(`${PREFIX}${userId}.`);
}

/** Whoever was here: nothing of theirs stays. */
export function forgetAll() {
  forget(PREFIX);
}

function forget(start) {
  for (const key of Object.keys(storage() ?? {})) if (key.startsWith(start)) storage()?.removeItem(key);
}

/**
 * Another tab has changed what is kept under a name that begins so.
 *
 * @param {(change: {name: string | null, is: string | null, was: string | null}) => void} listener is told of each
 *   change, in order; no name: all is gone at once
 * @returns {() => void} to hear no more
 */
export function onKeptElsewhere(userId, start, listener) {
  const before = `${PREFIX}${userId}.`;
  const hear = ({ key, newValue, oldValue }) => {
    if (key !== null && !key.startsWith(before + start)) return;
    listener({ name: key && key.slice(before.length), is: newValue, was: oldValue });
  };
  addEventListener("storage", hear);
  return () => removeEventListener("storage", hear);
}
