// Who is signed in, as far as this tab knows: the state that pages see, and the auth token behind it, in memory alone.
// sessionStorage keeps one word, that this tab was signed in (and whether remembered), for the next load of the page.
import { isOtherSession, isSameSession } from "./credential.js";

const KEY = "latchstring";

/**
 * @typedef {object} State
 * @property {"unknown" | "signed_in" | "signed_out"} status
 * @property {any | null} user
 * @property {any[]} conversations
 * @property {any[]} users
 * @property {boolean} remembered
 * @property {string | null} endedReason why the last session here ended; null for who was no more than a guest
 */

/** @type {State} */
const NOBODY = { status: "unknown", user: null, conversations: [], users: [], remembered: false, endedReason: null };

/** @typedef {ReturnType<typeof createStanding>} Standing */

/**
 * @param {{storage: Pick<Storage, "getItem" | "setItem" | "removeItem">, events: import("./events.js").Events}} options
 */
export function createStanding({ storage, events }) {
  let state = Object.freeze({ ...NOBODY });
  /** @type {import("./credential.js").Credential | null} */
  let credential = null;
  let epoch = 0;
  let wasSignedIn = false;
  let lastShown = null;

  function show(next) {
    state = Object.freeze({ ...NOBODY, ...next });
    if (state.status !== "unknown") lastShown = state.user?.id ?? null;
    events.emit("change", state);
  }

  return {
    get state() {
      return state;
    },
    get credential() {
      return credential;
    },
    /**
     * Counts the sessions of this tab, and the times when there is none: what belongs to an older one is ignored when
     * it arrives, and is not repeated in a newer one.
     */
    get epoch() {
      return epoch;
    },
    /** Whether this page, since it was loaded, has held a token. */
    get wasSignedIn() {
      return wasSignedIn;
    },

    /** Whether the tab is signed in, or was when it was loaded, or one beside it is. */
    isExpected: () => credential !== null || storage.getItem(KEY) !== null,
    expect: (remembered) => storage.setItem(KEY, remembered ? "remembered" : "unremembered"),

    /** A token whose owner is not known yet, or not for certain. */
    hold(next) {
      const isDoubtful = credential !== null && !isSameSession(credential, next);
      if (isOtherSession(credential, next)) epoch += 1;
      credential = next;
      wasSignedIn = true;
      if (isDoubtful) show({});
    },

    renew(next) {
      credential = next;
      events.emit("renewed");
    },

    signIn(payload, next) {
      const isOtherUser = lastShown !== null && lastShown !== payload.user.id;
      const isOther = credential !== next && !isSameSession(credential, next);
      const isFoundAgain = state.status === "unknown" && lastShown === payload.user.id;
      // Where a token was held before it was known whose it is, what began meanwhile began on a page of the last user.
      if (isOther || isOtherUser) epoch += 1;
      credential = next;
      wasSignedIn = true;
      // Whoever follows the state lets go of one user before the next is there.
      if (isOtherUser) show({ status: "signed_out" });
      const { user, conversations = [], users = [], remembered = storage.getItem(KEY) === "remembered" } = payload;
      storage.setItem(KEY, remembered ? "remembered" : "unremembered");
      show({ status: "signed_in", user, conversations, users, remembered });
      events.emit("signed_in", { user });
      if (isFoundAgain) events.emit("renewed");
    },

    /** @param {string | null} reason null for a guest, who was never told to be signed in */
    signOut(reason) {
      storage.removeItem(KEY);
      credential = null;
      // Also where a guest's page shows no change: a token may have been held, and its owner may be asked for just now.
      epoch += 1;
      if (state.status === "signed_out") return;
      show({ status: "signed_out", endedReason: reason });
      if (reason !== null) events.emit("ended", { reason });
    },

    /**
     * How things stand, as the outcome of a refresh that was overtaken by them.
     *
     * @returns {import("./refresh-outcome.js").Outcome}
     */
    outcome() {
      if (credential !== null) return { outcome: "refreshed" };
      if (state.status === "unknown") return { outcome: "try_later", retryAfter: null };
      return state.endedReason === null ? { outcome: "guest" } : { outcome: "ended", reason: state.endedReason };
    },
  };
}
