// Pushes that wait for their channel to be joined, in the order in which they came.
import { deferred } from "./patience.js";
import { PushError } from "./push-error.js";

export function createQueue() {
  /** @type {Set<import("./patience.js").Deferred<void>>} */
  const places = new Set();

  return {
    /**
     * @param {AbortSignal} signal
     * @returns {Promise<void>} when it may go. Throws PushError: timeout, or what the queue is closed with.
     */
    wait(signal) {
      const place = deferred();
      const giveUp = () => place.reject(new PushError("timeout"));
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
      places.add(place);
      return place.promise.finally(() => places.delete(place));
    },

    release() {
      for (const place of places) place.resolve();
    },

    /** @param {PushError} error */
    close(error) {
      for (const place of places) place.reject(error);
    },
  };
}
