// Texts that are not known to be sent, kept so that writing offline survives a reload.
//
// Tabs share it, and two may be about to send the same text. Three things keep that from showing. Each text has its
// `clientId` from the moment it is written, and the server stores one message for it, however often it comes. Its own
// copy is encrypted once and kept with it before it is sent, so that every tab knows the message by that ciphertext
// when it arrives. And a lock lets one tab send at a time, which spares the second sending in nearly all cases; nothing
// depends on it.
import { keep, kept, letGo, namesKept, onKeptElsewhere } from "./kept.js";

/**
 * @typedef {object} Unsent
 * @property {string} clientId
 * @property {string} text
 * @property {number} at milliseconds; texts are sent in this order
 * @property {{content: string, key: string}[]} own my own copies of it, and the modulus of the key of each
 * @property {boolean} isKept
 */

const LOCK_PATIENCE = 3000;

export class Outbox {
  #userId;
  #start;
  #lockName;
  #lastAt = 0;

  /** @param {string} userId @param {string} conversationId */
  constructor(userId, conversationId) {
    this.#userId = userId;
    this.#start = `outbox.${conversationId}.`;
    this.#lockName = `latchstring.${this.#start}${userId}`;
  }

  /** @param {string} text @returns {Unsent} */
  add(text) {
    this.#lastAt = Math.max(Date.now(), this.#lastAt + 1);
    const item = { clientId: crypto.randomUUID(), text, at: this.#lastAt, own: [], isKept: true };
    this.#keep(item);
    return item;
  }

  /** @returns {Unsent[]} oldest first */
  list() {
    const items = namesKept(this.#userId, this.#start).map((name) => this.#read(name.slice(this.#start.length)));
    return items.filter((item) => item !== null).sort((one, other) => one.at - other.at);
  }

  /** @param {Unsent} item @returns {Unsent | null} as it is kept now; null where it has been sent or thrown away */
  newest(item) {
    return item.isKept ? this.#read(item.clientId) : item;
  }

  /** My own copy, before it is sent. @param {Unsent} item */
  mark(item, content, key) {
    item.own.push({ content, key });
    this.#keep(item);
  }

  /** @param {Unsent} item */
  remove(item) {
    letGo(this.#userId, this.#start + item.clientId);
  }

  clear() {
    for (const name of namesKept(this.#userId, this.#start)) letGo(this.#userId, name);
  }

  /** Another tab has written, sent or thrown away something. @returns {() => void} to hear no more */
  onChange(listener) {
    return onKeptElsewhere(this.#userId, this.#start, listener);
  }

  /** Acts while no other tab sends from here, or after three seconds of waiting for that. */
  async alone(act) {
    const locks = globalThis.navigator?.locks;
    if (!locks) return act();
    const impatience = AbortSignal.timeout(LOCK_PATIENCE);
    let isMine = false;
    const owned = () => {
      isMine = true;
      return act();
    };
    return locks.request(this.#lockName, { signal: impatience }, owned).catch((error) => {
      if (isMine) throw error;
      return act();
    });
  }

  #keep(item) {
    const { text, at, own } = item;
    item.isKept = keep(this.#userId, this.#start + item.clientId, JSON.stringify({ text, at, own }));
  }

  #read(clientId) {
    try {
      const { text, at, own } = JSON.parse(kept(this.#userId, this.#start + clientId) ?? "null");
      return { clientId, text: String(text), at: Number(at), own: [...own], isKept: true };
    } catch {
      return null;
    }
  }
}

/** The conversations in which something waits to be sent. @returns {string[]} */
export function conversationsWithUnsent(userId) {
  return [...countUnsent(userId).keys()];
}

/** @returns {Map<string, number>} how many texts wait, by the conversation's id */
export function countUnsent(userId) {
  const counts = new Map();
  for (const name of namesKept(userId, "outbox.")) {
    const id = name.split(".")[1];
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
