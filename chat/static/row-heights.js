// The heights of rows in a long list, most of which have never been drawn: measured where known, guessed elsewhere.

const FIRST_GUESS = 56;

export class RowHeights {
  /** @type {string[]} */
  #keys = [];
  /** @type {Map<string, number>} */
  #places = new Map();
  /** @type {Map<string, number>} */
  #measured = new Map();
  #sum = 0;
  /** @type {number[]} where each row begins, and at the end where the last one ends */
  #tops = [0];
  /** Rows before this one have a right place in #tops. */
  #rightUpTo = 0;

  get count() {
    return this.#keys.length;
  }

  /** The rows, in order. @param {string[]} keys */
  take(keys) {
    this.#keys = keys;
    this.#places = new Map(keys.map((key, at) => [key, at]));
    this.#rightUpTo = 0;
  }

  /** @returns {boolean} whether that was news */
  learn(key, height) {
    const known = this.#measured.get(key);
    if (known === height) return false;
    this.#measured.set(key, height);
    this.#sum += height - (known ?? 0);
    this.#rightUpTo = Math.min(this.#rightUpTo, this.#places.get(key) ?? 0);
    return true;
  }

  /** The width is another: nothing that was measured holds. */
  forget() {
    this.#measured.clear();
    this.#sum = 0;
    this.#rightUpTo = 0;
  }

  placeOf(key) {
    return this.#places.get(key) ?? -1;
  }

  keyAt(place) {
    return this.#keys[place];
  }

  top(place) {
    this.#settle();
    return this.#tops[place];
  }

  get total() {
    return this.top(this.#keys.length);
  }

  /** The row that lies at this height. */
  placeAt(y) {
    this.#settle();
    let [low, high] = [0, Math.max(0, this.#keys.length - 1)];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#tops[middle] <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #settle() {
    if (this.#rightUpTo === this.#keys.length && this.#tops.length === this.#keys.length + 1) return;
    const guess = this.#measured.size ? this.#sum / this.#measured.size : FIRST_GUESS;
    this.#tops.length = this.#keys.length + 1;
    this.#tops[0] = 0;
    for (let at = this.#rightUpTo; at < this.#keys.length; at++) {
      this.#tops[at + 1] = this.#tops[at] + (this.#measured.get(this.#keys[at]) ?? guess);
    }
    this.#rightUpTo = this.#keys.length;
  }
}
