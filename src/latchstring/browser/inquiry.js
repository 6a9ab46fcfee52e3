// Whose a token is, where it came without a word about that. Whatever happens meanwhile, it is known in the end, or asked
// again later: a page waits for it.
import { isSameSession } from "./credential.js";
import { isTokenRefused } from "./request.js";

const REPEATS = 3;

/** @typedef {import("./refresh-outcome.js").Outcome} Outcome */

/**
 * @param {object} options
 * @param {import("./request.js").Request} options.request
 * @param {import("./standing.js").Standing} options.standing
 * @param {() => Promise<Outcome>} options.refresh gets another token, and does not ask whose it is
 * @param {(retryAfter: number | null) => Outcome} options.tryLater
 */
export function createInquiry({ request, standing, refresh, tryLater }) {
  /** @type {Promise<Outcome> | null} */
  let finding = null;

  /** @returns {Promise<Outcome>} */
  function findUser() {
    finding ??= askWhoItIs().finally(() => (finding = null));
    return /** @type {Promise<Outcome>} */ (finding);
  }

  /**
   * Asks until the answer is about the token that is held by then: another session's may have come in between. Whatever
   * is not known after a few tries is tried later, so that nobody waits for ever for who is signed in.
   *
   * @returns {Promise<Outcome>}
   */
  async function askWhoItIs() {
    for (let tries = 0; tries <= REPEATS; tries += 1) {
      const { credential } = standing;
      if (credential === null) return standing.outcome();
      const answer = await request("GET", "/api/me", { token: credential.token });
      const isAboutIt = standing.credential === credential || isSameSession(standing.credential, credential);
      if (standing.state.user !== null || standing.credential === null) return standing.outcome();
      if (isAboutIt && answer.status === 200 && answer.body?.user) {
        standing.signIn(answer.body, standing.credential);
        return standing.outcome();
      }
      if (isAboutIt && !isTokenRefused(answer)) return tryLater(answer.retryAfter);
      if (standing.credential === credential) {
        const outcome = await refresh();
        if (outcome.outcome !== "refreshed") return outcome;
      }
    }
    return tryLater(null);
  }

  return { findUser };
}
