// Texts that are not known to be sent, kept so that writing offline survives a reload.
//
// Tabs share it, and two may be about to send the same text. Three things keep that from showing. Each text has its
// `clientId` from the moment it is written, and the server stores one message for it, however often it comes. Its own
// copy is encrypted once and kept with it before it is sent, so that every tab knows the message by that ciphertext
// when it arrives. And a lock lets one tab send at a time, which spares the second sending in nearly all cases; nothing
// depends on it.
//
// A text that is kept no longer was sent or thrown away, and a tab without a connection has to know which. So what was
// sent is marked as that before it is let go: a browser tells its tabs what was kept at last.
import { keep, kept, letGo, namesKept, onKeptElsewhere } from "./kept.js";

/**
 * @typedef {object} Unsent
 * @property {string} clientId
 * @property {string} text
 * @property {number} at milliseconds; texts are sent in this order
 * @property {{content: string, key: string}[]} own my own copies of it, and the modulus of the key of each
 * @property {boolean} isKept
 * @property {boolean} isSent the server has it
 */

/**
 * What another tab has done to what is kept.
 *
 * @typedef {object} Change
 * @property {string | null} clientId
 * @property {Unsent | null} unsent as it is kept, or was at last; null where all is gone at once
 * @property {boolean} isKept
 */

const PATIENCE = 3000;

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
    const item = { clientId: crypto.randomUUID(), text, at: this.#lastAt, own: [], isKept: true, isSent: false };
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

  /** The server has it. @param {Unsent} item */
  settle(item) {
    if (!this.newest(item)) return;
    item.isSent = true;
    this.#keep(item);
    this.discard(item);
  }

  /** @param {Unsent} item */
  discard(item) {
    letGo(this.#userId, this.#start + item.clientId);
  }

  clear() {
    for (const name of namesKept(this.#userId, this.#start)) letGo(this.#userId, name);
  }

  /** @param {(change: Change) => void} listener @returns {() => void} to hear no more */
  onChange(listener) {
    return onKeptElsewhere(this.#userId, this.#start, ({ name, is, was }) => {
      const clientId = name && name.slice(this.#start.length);
      listener({ clientId, unsent: clientId && parse(clientId, is ?? was), isKept: is !== null });
    });
  }

  /** All listeners know that another tab has let it go, or three seconds have passed. @param {Unsent} item */
  hasGone(item) {
    return new Promise((resolve) => {
      const done = () => {
        forget();
        clearTimeout(timer);
        resolve(undefined);
      };
      const forget = this.onChange(({ clientId, isKept }) => clientId === item.clientId && !isKept && done());
      const timer = setTimeout(done, PATIENCE);
    });
  }

  /** Acts while no other tab sends from here, or after three seconds of waiting for that. */
  async alone(act) {
    const locks = globalThis.navigator?.locks;
    if (!locks) return act();
    const impatience = AbortSignal.timeout(PATIENCE);
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
    const { text, at, own, isSent } = item;
    item.isKept = keep(this.#userId, this.#start + item.clientId, JSON.stringify({ text, at, own, isSent }));
  }

  #read(clientId) {
    return parse(clientId, kept(this.#userId, this.#start + clientId));
  }
}

/** @param {string | null} record @returns {Unsent | null} */
function parse(clientId, record) {
  try {
    const { text, at, own, isSent } = JSON.parse(record ?? "null");
    return { clientId, text: String(text), at: Number(at), own: [...own], isKept: true, isSent: isSent === true };
  } catch {
    return null;
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
