// Who may see a page. Three situations: signed in already, go on; a public page, go on, while it is found out in the
// background whether somebody is signed in; a protected page, wait until that is known, then go on or to the login.
// The guard keeps nothing secret (the server does that): it keeps people from pages that would be empty.

/**
 * @param {object} options
 * @param {import("./session.js").Session} options.session
 * @param {(path: string) => boolean} options.isPublic
 * @param {(next: string) => string} options.loginPath where to sign in, and then to go on to `next`
 */
export function createGuard({ session, isPublic, loginPath }) {
  return {
    /**
     * For the first route, and each change of it. While nobody can know who is signed in (no network), it waits.
     *
     * @param {string} path
     * @returns {Promise<{go: true} | {redirect: string}>}
     */
    async enter(path) {
      if (session.state.status === "signed_in") return { go: true };
      const started = session.start();
      if (isPublic(path)) return { go: true };
      await started;
      const { status } = await session.settled();
      return status === "signed_in" ? { go: true } : { redirect: loginPath(path) };
    },
  };
}

// Stands for the page's own origin, whatever that is.
const HERE = "https://here.invalid";

/**
 * A path that `?next=` may lead to: absolute, and on our own origin. Null for everything else, such as `//elsewhere`,
 * `/\elsewhere`, `javascript:…`, and what hides them behind control characters or an encoding.
 *
 * @param {string | null | undefined} next
 * @returns {string | null}
 */
export function safeNext(next) {
  if (typeof next !== "string" || !isPlainPath(next)) return null;
  // Seen as the browser sees it, and once more decoded, as a careless server might see it.
  return isOurs(next) && isOurs(decoded(next)) ? next : null;
}

function isPlainPath(text) {
  return /^\/(?![/\\])/.test(text) && !/[\\\p{Cc}]/u.test(text);
}

function decoded(text) {
  try {
    return decodeURIComponent(text.replace(/[?#].*$/s, ""));
  } catch {
    return ""; // no UTF-8 behind the percent signs: nothing that our pages ever wrote
  }
}

function isOurs(text) {
  if (!isPlainPath(text)) return false;
  const url = new URL(text, HERE);
  return url.origin === HERE && !url.pathname.startsWith("//");
}
