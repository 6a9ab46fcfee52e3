// Keeps a session going: starts it, refreshes when that is due, finds out whose it is, and tries again later where
// nobody could know. It never signs anybody out on its own judgement.
import { createCredential, isSameSession } from "./credential.js";
import { createInquiry } from "./inquiry.js";
import { createRefresher } from "./refresher.js";
import { createRenewal } from "./renewal.js";
import { isTokenRefused } from "./request.js";
import { createSiblings } from "./siblings.js";

// A first visit does not wait for siblings that it may not have; who answers later is still heard.
const START_WITHOUT_SIBLINGS_AFTER = 100;
const HEAR_SIBLINGS_FOR = 1_000;
const REPEATS = 3;

/** @typedef {import("./refresh-outcome.js").Outcome} Outcome */
/** @typedef {import("./request.js").Answer} Answer */
/** @typedef {ReturnType<typeof createUpkeep>} Upkeep */

/**
 * @param {object} options
 * @param {import("./request.js").Request} options.request
 * @param {import("./tabs.js").Tabs} options.tabs
 * @param {import("./transition.js").Transition} options.transition
 * @param {import("./standing.js").Standing} options.standing
 * @param {import("./events.js").Events} options.events
 * @param {import("./surroundings.js").Surroundings} options.surroundings
 */
export function createUpkeep({ request, tabs, transition, standing, events, surroundings }) {
  const renewal = createRenewal({ credential: () => standing.credential, refresh: resume, surroundings });
  const siblings = createSiblings({ tabs, transition, standing, surroundings, take, leave, resume });
  const { adopt } = siblings;
  const refresher = createRefresher({ request, tabs, transition, standing, surroundings, adopt, accept });
  const refreshOnly = () => refresher.refresh("/auth/refresh");
  const { findUser } = createInquiry({ request, standing, refresh: refreshOnly, tryLater });

  /** Whoever was signed in in this tab, or is in one beside it, refreshes; everybody else asks silently. */
  async function start() {
    if (standing.isExpected()) return resume();
    const asked = tabs.ask(HEAR_SIBLINGS_FOR);
    const sibling = await Promise.race([asked, surroundings.wait(START_WITHOUT_SIBLINGS_AFTER)]);
    if (standing.state.status !== "unknown") return standing.outcome();
    if (sibling) standing.expect(sibling.remembered);
    const outcome = await resume();
    if (outcome.outcome === "guest") asked.then(comeAlong);
    return outcome;
  }

  /** A sibling was so slow to answer that we took ourselves for a guest. */
  function comeAlong(sibling) {
    if (!sibling || standing.state.status !== "signed_out" || standing.state.endedReason !== null) return;
    standing.expect(sibling.remembered);
    resume();
  }

  /**
   * Does what is still to do: get a token, or find out whose it is.
   *
   * @returns {Promise<Outcome>}
   */
  async function resume() {
    const held = standing.credential;
    if (held !== null && !held.isDue() && standing.state.user === null) return findUser();
    return renew(standing.isExpected() ? "/auth/refresh" : "/auth/silent");
  }

  /**
   * @param {import("./refresher.js").Path} path
   * @returns {Promise<Outcome>}
   */
  async function renew(path) {
    const outcome = await refresher.refresh(path);
    const isWhose = standing.credential !== null && standing.state.user === null;
    return outcome.outcome === "refreshed" && isWhose ? findUser() : outcome;
  }

  /**
   * What a refresh's answer changes, here and in the siblings.
   *
   * @param {import("./refresh-outcome.js").Decision} decision any but again
   * @returns {Outcome}
   */
  function accept(decision) {
    if (decision.outcome === "try_later") return tryLater(decision.retryAfter);
    if (decision.outcome === "refreshed") {
      const { payload, ...received } = decision.refreshed;
      take(createCredential(received, surroundings), payload);
      siblings.tellRenewed();
      return standing.outcome();
    }
    end(decision.outcome === "ended" ? decision.reason : null);
    return standing.outcome();
  }

  /**
   * @param {number | null} asked
   * @returns {Outcome}
   */
  function tryLater(asked) {
    // A guest who asked in vain has lost nothing that would be worth more tries.
    if (standing.state.status === "signed_out" && standing.credential === null) {
      return { outcome: "try_later", retryAfter: asked };
    }
    const retryAfter = renewal.later(asked);
    events.emit("try_later", { retryAfter });
    return { outcome: "try_later", retryAfter };
  }

  /** A token has come; `payload` says whose it is, where that came with it. */
  function take(credential, payload) {
    if (payload !== null) standing.signIn(payload, credential);
    else if (standing.state.user !== null && isSameSession(standing.credential, credential)) standing.renew(credential);
    else standing.hold(credential);
    renewal.arm();
  }

  /**
   * Sends with the token there is. Where that is refused, one renewal serves everybody who was refused, and all repeat,
   * three times at most. `outcome` is there instead of `answer` where there is no token to send.
   *
   * What began in one epoch is never sent in another: it would be done in the name of somebody who never asked for it.
   *
   * @param {number} ofEpoch
   * @param {(token: string) => Promise<Answer>} send
   * @returns {Promise<{answer: Answer, outcome?: undefined} | {answer?: undefined, outcome: Outcome}>}
   */
  async function withToken(ofEpoch, send) {
    for (let repeats = 0; ; repeats += 1) {
      const { credential } = standing;
      if (credential === null || standing.epoch !== ofEpoch) return { outcome: farewell() };
      const answer = await send(credential.token);
      if (!isTokenRefused(answer) || repeats === REPEATS) return { answer };
      if (standing.epoch !== ofEpoch) return { outcome: farewell() };
      const outcome = await replace(credential.token);
      if (outcome.outcome !== "refreshed" && standing.epoch === ofEpoch) return { outcome };
    }
  }

  /**
   * What is said to who was signed in and is not any more. That somebody else is by now is no news of theirs.
   *
   * @returns {Outcome}
   */
  function farewell() {
    return standing.credential === null ? standing.outcome() : { outcome: "guest" };
  }

  /**
   * Another token than the one that was refused: a newer one that is here already, or one refresh shared by all.
   *
   * @param {string} refused
   * @returns {Promise<Outcome>}
   */
  async function replace(refused) {
    const { credential, state } = standing;
    if (credential === null && state.status === "signed_out") return standing.outcome();
    if (credential === null || credential.token === refused) return renew("/auth/refresh");
    return state.user === null ? findUser() : standing.outcome();
  }

  /** The session of this tab is over, and so it is for every tab that shares it. */
  function end(reason) {
    const session = standing.credential?.sessionId ?? null;
    leave(reason);
    siblings.tellEnded(reason, session);
  }

  function leave(reason) {
    renewal.stop();
    standing.signOut(reason);
  }

  return { start, resume, renew, replace, withToken, take, end, leave, siblings, close: renewal.close };
}
