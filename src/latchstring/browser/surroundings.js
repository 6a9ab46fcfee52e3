// What the modules take from around them: clocks, chance and timers. Each can be given instead, which is how the tests
// hold time in their hands. Nothing here is a page's: it is all there in a worker too.

/**
 * @typedef {object} Surroundings
 * @property {() => number} now monotonic milliseconds
 * @property {() => number} wall milliseconds of the wall clock, used for differences alone
 * @property {() => number} random a number in [0, 1)
 * @property {(act: () => void, ms: number) => unknown} setTimer
 * @property {(timer: any) => void} clearTimer
 * @property {EventTarget} wakeups where `online`, `offline`, `visibilitychange` and `pageshow` arrive
 * @property {(ms: number, signal?: AbortSignal) => Promise<void>} wait resolves after `ms`, or when the signal aborts
 */

/**
 * @param {Partial<Surroundings>} given
 * @returns {Surroundings}
 */
export function surroundings(given = {}) {
  const {
    now = () => performance.now(),
    wall = () => Date.now(),
    random = () => Math.random(),
    setTimer = (act, ms) => setTimeout(act, ms),
    clearTimer = (timer) => clearTimeout(timer),
    // `visibilitychange` is fired at the document and bubbles up to here.
    wakeups = globalThis,
  } = given;

  /** @type {Surroundings["wait"]} */
  function wait(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimer(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimer(done, ms);
      signal?.addEventListener("abort", done);
    });
  }

  return { now, wall, random, setTimer, clearTimer, wakeups, wait };
}
