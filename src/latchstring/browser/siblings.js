// What sibling tabs hear from this one and what it takes over from them: the newest token, a sign-in, a sign-out.
import { createCredential, isSameSession } from "./credential.js";

/** @typedef {{token: string, expiresIn: number, receivedAt: number, remembered: boolean}} News */

/**
 * @param {object} options
 * @param {import("./tabs.js").Tabs} options.tabs
 * @param {import("./transition.js").Transition} options.transition
 * @param {import("./standing.js").Standing} options.standing
 * @param {import("./surroundings.js").Surroundings} options.surroundings
 * @param {(credential: import("./credential.js").Credential, payload: any) => void} options.take
 * @param {(reason: string | null) => void} options.leave
 * @param {() => void} options.resume
 */
export function createSiblings({ tabs, transition, standing, surroundings, take, leave, resume }) {
  const { wall } = surroundings;

  /** @returns {News | null} what there is to tell: a token that is good for a while */
  function news() {
    const { credential, state } = standing;
    if (credential === null || credential.isDue()) return null;
    const { token, expiresIn } = credential;
    return { token, expiresIn, receivedAt: wall() - credential.age(), remembered: state.remembered };
  }

  /** One machine, one wall clock: how long a message was under way (to a frozen tab: hours) is a difference of its. */
  function received({ token, expiresIn, receivedAt }) {
    return createCredential({ token, expiresIn, age: Math.max(0, wall() - receivedAt) }, surroundings);
  }

  /** A sibling's token counts where it is of our session, not older than ours, and nobody has signed out since. */
  function adopt(told) {
    if (!told?.token || transition.isUnderWay() || standing.state.status === "signed_out") return false;
    const { credential } = standing;
    const theirs = received(told);
    if (theirs.isDue() || theirs.token === credential?.token) return false;
    if (credential !== null && (!isSameSession(credential, theirs) || theirs.age() > credential.age())) return false;
    take(theirs, null);
    return true;
  }

  tabs.answer(() => (transition.isUnderWay() ? null : news()));
  tabs.on("renewed", (told) => {
    if (adopt(told) && standing.state.user === null) resume();
  });
  tabs.on("signed_in", ({ payload, ...told }) => {
    if (told.token && payload?.user) take(received(told), payload);
  });
  tabs.on("signed_out", () => leave(standing.wasSignedIn ? "signed_out" : null));
  tabs.on("ended", ({ reason, session }) => {
    if (standing.credential !== null && session === standing.credential.sessionId) leave(reason);
  });

  return {
    adopt,
    tellRenewed: () => tabs.tell("renewed", news() ?? {}),
    tellSignedIn: (payload) => tabs.tell("signed_in", { ...news(), payload }),
    tellSignedOut: () => tabs.tell("signed_out"),

    /** Told of one session alone: a sibling may hold another one by now. */
    tellEnded: (reason, session) => session !== null && tabs.tell("ended", { reason, session }),
  };
}
