// Full jitter: each wait is drawn evenly between nothing and a ceiling that doubles. Many clients that lost the same
// server then come back evenly spread, instead of in step.

/**
 * @param {{random: () => number, first?: number, cap?: number}} options `first` and `cap` in milliseconds
 */
export function createBackoff({ random, first = 1_000, cap = 30_000 }) {
  let ceiling = first;

  return {
    /** @returns {number} milliseconds to wait before the next try */
    next() {
      const wait = random() * ceiling;
      ceiling = Math.min(cap, ceiling * 2);
      return wait;
    },

    reset() {
      ceiling = first;
    },
  };
}
