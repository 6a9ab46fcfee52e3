// The keys of one conversation: everybody's public ones, and mine, which is made and announced where there is none.
import { isSameKey } from "./keys.js";
import { OwnKey } from "./own-key.js";

const RETRIED_AFTER = 5_000;

export class ConversationKeys {
  own = new OwnKey();
  #around;
  #retry;
  #isClosed = false;

  /**
   * @param {{myId: string, members: import("./members.js").Members, line: import("./line.js").Line,
   *   turns: import("./turns.js").Turns, changed: () => void}} around
   */
  constructor(around) {
    this.#around = around;
  }

  /** @returns {Promise<import("./log.js").Read>} */
  async read(message) {
    return { message, text: await this.own.reader.read(message.content) };
  }

  /** @param {any[]} messages @returns {Promise<import("./log.js").Read[]>} */
  readAll(messages) {
    return Promise.all(messages.map((message) => this.read(message)));
  }

  async announce() {
    const { myId, members, line, turns, changed } = this.#around;
    const push = (event, payload) => line.push(event, payload);
    const stands = await this.own.announce(push, () => members.keyOf(myId));
    if (this.#isClosed) return;
    if (!stands) return line.join(); // another device's key stands, and a join tells its private half
    if (this.own.trouble) this.#retry = setTimeout(() => line.isJoined && this.announce(), RETRIED_AFTER);
    // In its turn, behind what has been heard by now: a key that stood before ours is not written over.
    await turns.next(() => this.#publish());
    changed();
  }

  async #publish() {
    const { myId, members, line } = this.#around;
    const told = members.keyOf(myId);
    if (!this.own.jwk || isSameKey(told, this.own.jwk)) return;
    if (told) line.join();
    else await members.setKey(myId, this.own.jwk);
  }

  /** Somebody's key has been told, on whatever device of theirs it was made. */
  async heard(userId, jwk) {
    const { myId, members, line, changed } = this.#around;
    await members.setKey(userId, jwk);
    if (userId === myId && this.own.jwk && !isSameKey(this.own.jwk, jwk)) line.join();
    changed();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#retry);
  }
}
