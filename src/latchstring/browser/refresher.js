// One refresh at a time: shared by all callers in this tab, and by all tabs that take turns. A conflict (409) is
// presented again in a moment; what a sign-in or sign-out overtakes is aborted, and what it answers is ignored.
import { decideRefresh } from "./refresh-outcome.js";

// Less than half of the rotation's window (10 s): a request of ours and the answer before it have to fit into one, or
// the request may look like a copy by the time that it arrives (docs/decisions/0002).
const TIMEOUT = 4_000;
const TRIES = 6;
const CONFLICT_WAIT = 200;
// Whoever had the turn before us is there, and has just got a token: its news is worth a longer wait than a request.
const WAIT_FOR_NEWS = 500;

/** @typedef {"/auth/refresh" | "/auth/silent"} Path */
/** @typedef {import("./refresh-outcome.js").Outcome} Outcome */

/**
 * @param {object} options
 * @param {import("./request.js").Request} options.request
 * @param {import("./tabs.js").Tabs} options.tabs
 * @param {import("./transition.js").Transition} options.transition
 * @param {import("./standing.js").Standing} options.standing
 * @param {import("./surroundings.js").Surroundings} options.surroundings
 * @param {(news: any) => boolean} options.adopt takes a sibling's token over, where it is one for us
 * @param {(decision: import("./refresh-outcome.js").Decision) => Outcome} options.accept what an answer changes; called
 *   once, while it is still our turn
 */
export function createRefresher({ request, tabs, transition, standing, surroundings, adopt, accept }) {
  const { random, wait } = surroundings;
  /** @type {Promise<Outcome> | null} */
  let inFlight = null;
  /** @type {AbortController | null} */
  let presenting = null;

  transition.onBegin(() => presenting?.abort());

  /**
   * @param {Path} path
   * @returns {Promise<Outcome>}
   */
  function refresh(path) {
    inFlight ??= settle(path).finally(() => (inFlight = null));
    return /** @type {Promise<Outcome>} */ (inFlight);
  }

  /** @returns {Promise<Outcome>} */
  async function settle(path) {
    const asked = { path, epoch: standing.epoch, held: standing.credential };
    for (;;) {
      await transition.over();
      if (standing.epoch !== asked.epoch) return standing.outcome();
      const outcome = await tabs.inTurn((turn) => onOurTurn(asked, turn));
      if (outcome !== null) return outcome;
    }
  }

  /** @returns {Promise<Outcome | null>} */
  async function onOurTurn(asked, { waited }) {
    // Another tab has just had its turn: its news may not have reached us yet.
    if (waited && standing.credential === asked.held) adopt(await tabs.ask(WAIT_FOR_NEWS));
    if (isOvertaken(asked)) return null;
    if (standing.credential !== asked.held) return { outcome: "refreshed" };
    presenting = new AbortController();
    try {
      return await present(asked, presenting.signal);
    } finally {
      presenting = null;
    }
  }

  /**
   * Null where a sign-in or a sign-out came in between: then its word counts, not this answer's.
   *
   * @returns {Promise<Outcome | null>}
   */
  async function present(asked, signal) {
    const meaning = { silent: asked.path === "/auth/silent", signedInHere: standing.wasSignedIn };
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (tries > 0) await wait(CONFLICT_WAIT * tries * (0.5 + random()), signal);
      if (signal.aborted) return null;
      const answer = await request("POST", asked.path, { signal, timeout: TIMEOUT });
      if (signal.aborted || isOvertaken(asked)) return null;
      const decision = decideRefresh(answer, meaning);
      if (decision.outcome !== "again") return accept(decision);
    }
    return accept({ outcome: "try_later", retryAfter: null });
  }

  function isOvertaken(asked) {
    return transition.isUnderWay() || standing.epoch !== asked.epoch;
  }

  return { refresh };
}
