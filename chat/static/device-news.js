// Where else the user is signed in, looked at when that may have changed: for a toast about a device that is new.
import { devices } from "./devices.js";

/** A rejoin of all tabs is many news at once: one question is enough for them. */
const PATIENCE_MS = 500;

/**
 * @param {import("./presence.js").Presence} people
 * @param {string} userId
 * @returns {{look: () => void, end: () => void}} `look`: one of the user's own sockets came or went, perhaps a device
 */
export function followDevices(people, userId) {
  let timer = null;
  let isLate = false;
  const ended = new AbortController();
  const ask = () => {
    timer = null;
    // Only news for a toast, or for a list that asks by itself and says when it cannot.
    devices.refresh().catch(() => {});
  };
  /** A tab that nobody sees shows nobody a toast: it asks when it is looked at. */
  const look = () => {
    isLate = document.hidden;
    if (!isLate) timer ??= setTimeout(ask, PATIENCE_MS);
  };
  // Whoever hides is told nothing of their own sockets.
  const isTold = () => people.socketsOf(userId) > 0;
  const looked = () => !document.hidden && (isLate || !isTold()) && look();
  document.addEventListener("visibilitychange", looked, { signal: ended.signal });
  ask();
  return {
    look,
    end() {
      ended.abort();
      clearTimeout(timer);
    },
  };
}
