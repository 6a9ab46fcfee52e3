// A session of one user in one browser: sign in, stay signed in, sign out in all tabs at once.
//
// Promises: every refresh is refreshed, ended (with a reason) or to be tried later, and only the server's word ends a
// session. The auth token lives in memory, here and, by BroadcastChannel, in tabs of the same origin; it is never
// stored and never in a URL. The refresh token is in a cookie that no script sees.
import { createDoor } from "./door.js";
import { createEvents } from "./events.js";
import { createRequest } from "./request.js";
import { errorFor, errorOf } from "./session-error.js";
import { createStanding } from "./standing.js";
import { tabStorage } from "./storage.js";
import { surroundings as surroundingsOf } from "./surroundings.js";
import { noSiblings } from "./tabs.js";
import { createTransition } from "./transition.js";
import { createUpkeep } from "./upkeep.js";

export { END_REASONS } from "./refresh-outcome.js";
export { SessionError } from "./session-error.js";

/** @typedef {ReturnType<typeof createSession>} Session */
/** @typedef {import("./refresh-outcome.js").Outcome} Outcome */
/** @typedef {import("./standing.js").State} State */

/**
 * @param {Partial<import("./surroundings.js").Surroundings> & {
 *   base?: string, tabs?: import("./tabs.js").Tabs | null, fetch?: typeof globalThis.fetch,
 *   storage?: import("./storage.js").TabStorage}} [options] `base` stands before `/auth/…` and `/api/…`; `tabs` comes
 *   from createTabs, and null means that this tab is alone
 */
export function createSession({
  base = "",
  tabs = null,
  fetch = (...details) => globalThis.fetch(...details),
  storage = tabStorage(),
  ...given
} = {}) {
  const surroundings = surroundingsOf(given);
  const siblingTabs = tabs ?? noSiblings;
  const events = createEvents();
  const request = createRequest({ base, fetch, ...surroundings });
  const standing = createStanding({ storage, events });
  const transition = createTransition({ tabs: siblingTabs, ...surroundings });
  const upkeep = createUpkeep({ request, tabs: siblingTabs, transition, standing, events, surroundings });
  const door = createDoor({ request, upkeep, standing, transition, surroundings, epochOfCall });
  /** @type {Promise<Outcome> | null} */
  let starting = null;

  /**
   * Start-up, once: finds out whether somebody is signed in. Where that cannot be known yet, the status stays
   * `unknown` and it is tried again until it can; `settled` waits for that.
   *
   * @returns {Promise<Outcome>}
   */
  function start() {
    starting ??= standing.state.status === "unknown" ? upkeep.start() : Promise.resolve(standing.outcome());
    return /** @type {Promise<Outcome>} */ (starting);
  }

  /** @returns {Promise<State>} the state, as soon as its status is not `unknown` */
  function settled() {
    if (standing.state.status !== "unknown") return Promise.resolve(standing.state);
    return new Promise((resolve) => {
      const off = events.on("change", (state) => {
        if (state.status === "unknown") return;
        off();
        resolve(state);
      });
    });
  }

  /**
   * A token that is good for a while. Throws SessionError: 401 where nobody is signed in, `unavailable` where the old
   * one is used up and no new one is to be had just now.
   *
   * @returns {Promise<string>}
   */
  async function token() {
    if (standing.state.status === "unknown") await start();
    const { credential, state } = standing;
    if (state.status === "signed_out") throw errorFor(standing.outcome());
    if (state.status === "signed_in" && credential !== null && !credential.isDue()) return credential.token;
    const outcome = await upkeep.resume();
    // One that nobody knows the owner of is for nobody: the page may still be the last user's.
    const isKnown = standing.state.status === "signed_in";
    if (isKnown && standing.credential !== null && !standing.credential.isExpired()) return standing.credential.token;
    throw errorFor(outcome);
  }

  /**
   * Whose a call is: of whoever is signed in when it begins, or, on a page where nobody has been yet, of who is found.
   *
   * @returns {Promise<number>} their epoch. Throws as `token` does.
   */
  async function epochOfCall() {
    const { epoch, wasSignedIn } = standing;
    await token();
    return wasSignedIn ? epoch : standing.epoch;
  }

  /**
   * Another token than one that the server refused; all who ask at once share one refresh. Throws as `token` does.
   *
   * @param {string} refused
   * @returns {Promise<string>}
   */
  async function tokenAfter(refused) {
    const outcome = await upkeep.replace(refused);
    if (outcome.outcome === "refreshed" && standing.credential !== null) return standing.credential.token;
    throw errorFor(outcome);
  }

  /**
   * One call of the API as whoever is signed in when it begins, and never as whoever comes after them. Every status is
   * an answer; throws SessionError where none came, or where they are not signed in (any more).
   *
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {{signal?: AbortSignal, timeout?: number}} [details] `timeout` in milliseconds
   * @returns {Promise<{status: number, body: any, retryAfter: number | null}>}
   */
  async function call(method, path, body, details) {
    const epoch = await epochOfCall();
    const { answer, outcome } = await upkeep.withToken(epoch, (bearer) =>
      request(method, path, { ...details, body, token: bearer }),
    );
    if (outcome) throw errorFor(outcome);
    if (answer.status === 0) throw errorOf(answer);
    return answer;
  }

  /**
   * Somebody else has heard that a session is over: the socket, by its close code. Where a sign-in or a sign-out is
   * under way, that is waited for, since it may be the very reason.
   *
   * @param {string} reason
   * @param {number} [ofEpoch] the `epoch` in which it was heard of; news of an older session is no news of this one
   * @returns {Promise<State>} how things stand then
   */
  async function ended(reason, ofEpoch = standing.epoch) {
    await transition.over();
    if (ofEpoch === standing.epoch) upkeep.end(reason);
    return standing.state;
  }

  return {
    get state() {
      return standing.state;
    },
    /** Counts the sessions of this tab: whoever holds something of one can tell whether there is another now. */
    get epoch() {
      return standing.epoch;
    },
    start,
    settled,
    ...door,
    token,
    tokenAfter,
    call,
    ended,
    /** @returns {Promise<Outcome>} */
    refresh: () => upkeep.renew("/auth/refresh"),
    /** @returns {Promise<Outcome>} Whoever is signed in already refreshes: silence would deny who is not remembered. */
    silent: () => upkeep.renew(standing.credential === null ? "/auth/silent" : "/auth/refresh"),
    /** Events: change (state), signed_in ({user}), renewed, ended ({reason}), try_later ({retryAfter} in seconds). */
    on: events.on,
    /** Lets go of timers, listeners and siblings, for a page that needs the session no more. */
    close() {
      upkeep.close();
      siblingTabs.close();
    },
  };
}
