// Promises that are settled from outside, and waits that end.

/**
 * @template T
 * @typedef {{promise: Promise<T>, resolve: (value?: T) => void, reject: (error: unknown) => void}} Deferred
 */

/** @returns {Deferred<any>} */
export function deferred() {
  /** @type {any} */
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/**
 * Runs `act` with a signal that aborts after `ms`.
 *
 * @template T
 * @param {Pick<import("./surroundings.js").Surroundings, "setTimer" | "clearTimer">} surroundings
 * @param {number} ms
 * @param {(signal: AbortSignal) => Promise<T>} act
 * @returns {Promise<T>}
 */
export function withPatience({ setTimer, clearTimer }, ms, act) {
  const patience = new AbortController();
  const timer = setTimer(() => patience.abort(), ms);
  return act(patience.signal).finally(() => clearTimer(timer));
}
