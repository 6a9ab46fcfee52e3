// When to refresh: at a moment between 25/30 and 28/30 of the token's life; after a try that brought nothing, with a
// back-off; and when a sleeper wakes. A timer that comes late (a frozen tab, a laptop asleep) finds the token due by
// its age, and no timer is trusted for longer than half a minute.
import { createBackoff } from "./backoff.js";

const LONGEST_TRUST_IN_A_TIMER = 30_000;
const WAKE_UPS = ["online", "visibilitychange", "pageshow"];

/**
 * @param {{credential: () => import("./credential.js").Credential | null, refresh: () => unknown,
 *   surroundings: import("./surroundings.js").Surroundings}} options
 */
export function createRenewal({ credential, refresh, surroundings }) {
  const { now, random, setTimer, clearTimer, wakeups } = surroundings;
  const backoff = createBackoff({ random });
  /** @type {null | {notBefore: number}} */
  let trouble = null;
  let timer = null;
  let isClosed = false;

  function setNext(act, ms) {
    clearTimer(timer);
    // A refresh that was in flight brings its token all the same, and nobody is there to be renewed for.
    if (isClosed) return;
    timer = setTimer(act, ms);
  }

  /** There is a good token: everything is well, until it is due. */
  function arm() {
    trouble = null;
    backoff.reset();
    tick();
  }

  function tick() {
    const held = credential();
    if (held === null) return;
    if (held.isDue()) refresh();
    else setNext(tick, Math.min(held.untilDue(), LONGEST_TRUST_IN_A_TIMER));
  }

  /**
   * A try brought nothing: there will be another.
   *
   * @param {number | null} retryAfter seconds, where the server named some
   * @returns {number} seconds until the next try
   */
  function later(retryAfter) {
    const asked = (retryAfter ?? 0) * 1_000;
    trouble = { notBefore: now() + asked };
    const ms = asked + backoff.next();
    setNext(refresh, ms);
    return ms / 1_000;
  }

  function wake() {
    if (trouble === null) tick();
    else if (now() >= trouble.notBefore) refresh();
  }

  function stop() {
    trouble = null;
    backoff.reset();
    clearTimer(timer);
  }

  function close() {
    isClosed = true;
    stop();
    for (const type of WAKE_UPS) wakeups.removeEventListener(type, wake);
  }

  for (const type of WAKE_UPS) wakeups.addEventListener(type, wake);
  return { arm, later, stop, close };
}
