// One thing after the other: what comes over the wire is taken in the order in which it came, however long each takes
// to be read.

export class Turns {
  #last = Promise.resolve();

  /**
   * @template T
   * @param {() => T | Promise<T>} act begun when everything before it is done
   * @returns {Promise<T>}
   */
  next(act) {
    const turn = this.#last.then(act);
    this.#last = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }
}
