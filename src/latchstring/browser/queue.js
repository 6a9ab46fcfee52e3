// Pushes that wait for their channel to be joined, in the order in which they came.
import { deferred } from "./patience.js";
import { PushError } from "./push-error.js";

export function createQueue() {
  /** @type {Set<import("./patience.js").Deferred<void>>} */
  const places = new Set();

  /** @param {(place: import("./patience.js").Deferred<void>) => void} settle */
  function empty(settle) {
    for (const place of places) settle(place);
    places.clear();
  }

  return {
    /**
     * @param {AbortSignal} signal
     * @returns {Promise<void>} when it may go. Throws PushError: timeout, or what the queue is closed with.
     */
    wait(signal) {
      const place = deferred();
      const giveUp = () => {
        places.delete(place);
        place.reject(new PushError("timeout"));
      };
      places.add(place);
      signal.addEventListener("abort", giveUp, { once: true });
      if (signal.aborted) giveUp();
      // The very promise: one more `then` in between, and whoever comes later could overtake.
      return place.promise;
    },

    release: () => empty((place) => place.resolve()),

    /** @param {PushError} error */
    close: (error) => empty((place) => place.reject(error)),
  };
}
