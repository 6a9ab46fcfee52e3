// What is loaded of a conversation, made equal to what is on the server, after whatever absence.
import { newestPage, pagesToMeet } from "./history.js";

export class CatchingUp {
  #id;
  #log;
  #keys;
  #arrived;

  /**
   * @param {string} id
   * @param {import("./log.js").Log} log
   * @param {import("./conversation-keys.js").ConversationKeys} keys
   * @param {(entry: import("./entry.js").Entry) => void} arrived is told of what others wrote meanwhile
   */
  constructor(id, log, keys, arrived) {
    this.#id = id;
    this.#log = log;
    this.#keys = keys;
    this.#arrived = arrived;
  }

  /** @returns {Promise<boolean>} false where the server does not answer */
  async readNewest() {
    const asked = this.#log.mark();
    const newest = await newestPage(this.#id).catch(() => null);
    if (newest) await this.take(newest, asked);
    return newest !== null;
  }

  /**
   * @param {import("./history.js").Page} newest
   * @param {ReturnType<import("./log.js").Log["mark"]>} asked how things were when it was asked
   */
  async take(newest, asked) {
    const before = this.#log.newestSent();
    const held = { count: this.#log.sentCount, newest: before?.group ?? undefined };
    const { items, page_token } = await pagesToMeet(this.#id, newest, held);
    this.#log.replace(await this.#keys.readAll(items.reverse()), page_token, asked);
    if (before) this.#tellMissed(before);
  }

  #tellMissed(before) {
    const { entries, sentCount } = this.#log;
    const known = entries.lastIndexOf(before);
    for (const entry of entries.slice(known + 1, sentCount)) {
      if (!entry.isMine && !entry.isDeleted) this.#arrived(entry);
    }
  }
}
