// An auth token as it is held: in memory only, its age counted from its receipt. The claim `exp` is never held against
// this machine's clock, which may be wrong by a day.

const EARLIEST = 25 / 30;
const LATEST = 28 / 30;

/**
 * @typedef {object} Credential
 * @property {string} token
 * @property {number} expiresIn seconds from its receipt
 * @property {string | null} sessionId whose session it is; null where the token does not say
 * @property {() => number} age milliseconds since its receipt
 * @property {() => number} untilDue milliseconds until it should be renewed
 * @property {() => boolean} isDue
 * @property {() => boolean} isExpired
 */

/**
 * @param {{token: string, expiresIn: number, age?: number}} received `age` in ms: how old it was when it reached us
 * @param {Pick<import("./surroundings.js").Surroundings, "now" | "wall" | "random">} surroundings
 * @returns {Credential}
 */
export function createCredential({ token, expiresIn, age: before = 0 }, { now, wall, random }) {
  const life = expiresIn * 1_000;
  // Drawn from the 25th to the 28th of 30 minutes, so that no thief can know when the next refresh will be.
  const due = life * (EARLIEST + random() * (LATEST - EARLIEST));
  const began = now();
  const beganByWall = wall();
  // On some platforms the monotonic clock stands still while the machine sleeps; the wall clock may be set back. Each
  // errs by counting too little, so the larger counts.
  const age = () => before + Math.max(now() - began, wall() - beganByWall);
  const untilDue = () => Math.max(0, due - age());

  return {
    token,
    expiresIn,
    sessionId: sessionIdOf(token),
    age,
    untilDue,
    isDue: () => untilDue() === 0,
    isExpired: () => age() >= life,
  };
}

/**
 * Whether two credentials are known to be of one session.
 *
 * @param {Credential | null} one
 * @param {Credential | null} other
 */
export function isSameSession(one, other) {
  return one !== null && other !== null && one.sessionId !== null && one.sessionId === other.sessionId;
}

/**
 * Whether two credentials are known to be of two sessions. Tokens that do not name theirs are of neither kind.
 *
 * @param {Credential | null} one
 * @param {Credential | null} other
 */
export function isOtherSession(one, other) {
  const isNamed = Boolean(one?.sessionId && other?.sessionId);
  return isNamed && !isSameSession(one, other);
}

/** The claim `sid`. Nothing is decided by it that the server does not decide again, so nothing is verified here. */
function sessionIdOf(token) {
  try {
    const claims = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    return typeof claims.sid === "string" ? claims.sid : null;
  } catch {
    return null; // a token of another make: who is signed in is then asked after each refresh
  }
}
