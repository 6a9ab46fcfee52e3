// What is loaded of a conversation, oldest first: messages, and behind them what is still to be sent. One array, which
// a view may index; a message that arrives costs what it costs, however many are loaded.
import { Entry } from "./entry.js";

/** @typedef {{message: any, text: string | null}} Read a message as the wire has it, and what it says */

export class Log {
  /** @type {Entry[]} */
  entries = [];
  /** The server's word for where the page before the oldest begins; empty: there is none. */
  before = "";
  /** How many came live so far. */
  arrivals = 0;
  /** How many edits were heard of messages that are not loaded. */
  misses = 0;
  #deleted = new Set();
  #waiting = 0;
  /** @type {Map<string, Entry>} */
  #byGroup = new Map();
  /** My own messages by their ciphertext: those that are here, and those that will be. @type {Map<string, Entry>} */
  #byCopy = new Map();
  #myId;
  #readers;
  #onSettled;

  /**
   * @param {{myId: string, readers: (entry: Entry) => string[], onSettled: (unsent: import("./outbox.js").Unsent) => void}}
   *   options `onSettled` is told of what was to be sent, when its message has come
   */
  constructor({ myId, readers, onSettled }) {
    this.#myId = myId;
    this.#readers = readers;
    this.#onSettled = onSettled;
  }

  get sentCount() {
    return this.entries.length - this.#waiting;
  }

  /** How things are when the server is asked; what it answers is judged by that. */
  mark() {
    return { arrivals: this.arrivals, acknowledged: this.waiting().filter(({ state }) => state === "sent") };
  }

  /** @returns {Entry | undefined} */
  newestSent() {
    return this.entries[this.sentCount - 1];
  }

  /** @returns {Entry[]} what is to be sent, in order */
  waiting() {
    return this.entries.slice(this.sentCount);
  }

  /** A message that has just come. @param {Read} read @returns {Entry | null} null where it was known */
  add(read) {
    if (this.#byGroup.has(read.message.message_group)) return null;
    const entry = this.#entryOf(read);
    entry.arrival = this.arrivals += 1;
    this.drop(entry); // its place among what waits
    if (this.#waiting) this.entries.splice(this.sentCount, 0, entry);
    else this.entries.push(entry); // a splice would cost what is loaded
    this.#settle(entry);
    return entry;
  }

  /** @param {Read} read */
  edit({ message, text }) {
    const entry = this.#byGroup.get(message.message_group);
    if (!entry) this.misses += 1;
    else if (!entry.isDeleted) entry.take(message, text);
  }

  /** It is deleted for good, loaded or not. */
  remove(group) {
    this.#deleted.add(group);
    this.#byGroup.get(group)?.remove();
  }

  /** The page before what is loaded, newest first as it comes. @param {Read[]} page */
  addOlder(page, before) {
    this.before = before;
    const fresh = page.filter(({ message }) => !this.#byGroup.has(message.message_group)).reverse();
    this.entries.unshift(...fresh.map((read) => this.#entryOf(read)));
  }

  /**
   * The newest part of the conversation as it is now. What was loaded stays the same objects; what is missing in it has
   * been deleted; what is older than it has to be loaded again.
   *
   * @param {Read[]} fresh oldest first
   * @param {string} before
   * @param {ReturnType<Log["mark"]>} asked what has come since then may be too new for it
   */
  replace(fresh, before, { arrivals, acknowledged }) {
    const waiting = this.waiting();
    const held = this.entries.slice(0, this.sentCount);
    const found = fresh.map((read) => this.#entryOf(read));
    const entries = merge(held, found, { since: arrivals, isWhole: before === "" });
    // What was acknowledged by then, and is not there, has been deleted before it was seen.
    const rest = waiting.filter((entry) => entry.group === null && !acknowledged.includes(entry));
    this.before = before;
    this.#waiting = rest.length;
    this.entries = [...entries, ...rest];
    this.#index();
    found.forEach((entry) => this.#settle(entry));
  }

  #index() {
    this.#byGroup = new Map(this.entries.filter(({ group }) => group).map((entry) => [entry.group, entry]));
    for (const [copy, entry] of this.#byCopy) {
      if (entry.group && !this.#byGroup.has(entry.group)) this.#byCopy.delete(copy);
    }
  }

  /** @param {Read} read */
  #entryOf({ message, text }) {
    const isMine = message.sender === this.#myId;
    const known = this.#byGroup.get(message.message_group) ?? (isMine ? this.#byCopy.get(message.content) : undefined);
    const entry = known ?? new Entry(message.message_group, message.sender, isMine, this.#readers);
    entry.take(message, text);
    if (this.#deleted.has(message.message_group)) entry.remove();
    this.#byGroup.set(message.message_group, entry);
    if (isMine) this.#byCopy.set(message.content, entry);
    return entry;
  }

  /** To be sent. @param {import("./outbox.js").Unsent} unsent @returns {Entry | null} null where it has been already */
  addUnsent(unsent) {
    if (unsent.own.some(({ content }) => this.#byCopy.get(content)?.group)) return null;
    const entry = new Entry(unsent.clientId, this.#myId, true, this.#readers);
    Object.assign(entry, { text: unsent.text, at: new Date(unsent.at), state: "waiting", unsent });
    this.entries.push(entry);
    this.#waiting += 1;
    this.expect(entry);
    return entry;
  }

  /** It will come as one of these ciphertexts. @returns {boolean} false where it has come already */
  expect(entry) {
    for (const { content } of entry.unsent.own) {
      const known = this.#byCopy.get(content);
      if (known && known !== entry && known.group) return false;
      this.#byCopy.set(content, entry);
    }
    return true;
  }

  /** Takes away what was to be sent. */
  drop(entry) {
    const place = entry.unsent ? this.entries.indexOf(entry, this.sentCount) : -1;
    if (place < 0) return;
    this.entries.splice(place, 1);
    this.#waiting -= 1;
  }

  #settle(entry) {
    const { unsent } = entry;
    entry.unsent = null;
    if (unsent) this.#onSettled(unsent);
  }
}

/**
 * Both are in the order of the conversation, and that order alone tells what has been deleted: it stood behind something
 * that is still there, or all there is was asked for. No time does, since clocks are set back and two may share one.
 */
function merge(held, found, { since, isWhole }) {
  const isFound = new Set(found);
  const merged = [];
  const tooNew = [];
  let isInside = isWhole;
  let next = 0;
  for (const entry of held) {
    if (isFound.has(entry)) {
      isInside = true;
      const upTo = found.indexOf(entry, next) + 1;
      if (upTo > 0) merged.push(...found.slice(next, (next = upTo)));
    } else if (entry.arrival > since) tooNew.push(entry);
    else if (isInside) {
      entry.remove();
      merged.push(entry);
    }
  }
  return [...merged, ...found.slice(next), ...tooNew];
}
