// Who is typing: I, told to the others sparingly; and the others, believed for a while only.

const TOLD_EVERY = 4_000;
const I_STOP_AFTER = 5_000;
const BELIEVED_FOR = 12_000;

export class MyTyping {
  #push;
  #toldAt = -Infinity;
  #stopping;

  /** @param {(event: "start_typing" | "finish_typing") => void} push */
  constructor(push) {
    this.#push = push;
  }

  /** With each key that is pressed. */
  now() {
    clearTimeout(this.#stopping);
    this.#stopping = setTimeout(() => this.stopped(), I_STOP_AFTER);
    if (performance.now() - this.#toldAt < TOLD_EVERY) return;
    this.#toldAt = performance.now();
    this.#push("start_typing");
  }

  stopped() {
    clearTimeout(this.#stopping);
    if (this.#toldAt === -Infinity) return;
    this.#toldAt = -Infinity;
    this.#push("finish_typing");
  }
}

export class Typists {
  /** @type {Map<string, any>} their timers by user id */
  #typing = new Map();
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get ids() {
    return [...this.#typing.keys()];
  }

  started(userId) {
    const isNews = !this.#typing.has(userId);
    clearTimeout(this.#typing.get(userId));
    this.#typing.set(
      userId,
      setTimeout(() => this.finished(userId), BELIEVED_FOR),
    );
    if (isNews) this.#onChange();
  }

  finished(userId) {
    clearTimeout(this.#typing.get(userId));
    if (this.#typing.delete(userId)) this.#onChange();
  }

  clear() {
    for (const userId of this.ids) this.finished(userId);
  }
}
