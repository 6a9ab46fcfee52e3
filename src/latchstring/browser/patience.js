// Promises that are settled from outside, and waits that end.
import { PushError } from "./push-error.js";

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
 * Runs `act` for `ms` at most, whatever it waits for by then; its signal says when that is over. Throws PushError: timeout.
 *
 * @template T
 * @param {Pick<import("./surroundings.js").Surroundings, "setTimer" | "clearTimer">} surroundings
 * @param {number} ms
 * @param {(signal: AbortSignal) => Promise<T>} act
 * @returns {Promise<T>}
 */
export function withPatience({ setTimer, clearTimer }, ms, act) {
  const patience = new AbortController();
  const over = deferred();
  const timer = setTimer(() => {
    patience.abort();
    over.reject(new PushError("timeout"));
  }, ms);
  return Promise.race([act(patience.signal), over.promise]).finally(() => clearTimer(timer));
}
