// One line of a conversation. The object stays the same from the moment it is written or arrives; what it says changes.
import { readTime } from "../words.js";
import { acquaintances } from "./acquaintances.js";

/** @typedef {"sending" | "waiting" | "sent" | "failed"} EntryState */

export class Entry {
  /** @type {string | null} the server's id of it; null until it is known */
  group = null;
  /** @type {string | null} null: it cannot be read here */
  text = null;
  /** @type {EntryState} */
  state = "sent";
  /** @type {string | null} why it waits or failed, as a sentence */
  trouble = null;
  at = new Date(0);
  isEdited = false;
  isDeleted = false;
  /** @type {import("./outbox.js").Unsent | null} while it is not known to be sent */
  unsent = null;
  /** Counts what came live, so that an older answer does not take it away. */
  arrival = 0;
  #changedAt = 0;
  #readers;

  /**
   * @param {string} key the same for as long as the entry is there
   * @param {string} senderId
   * @param {boolean} isMine
   * @param {(entry: Entry) => string[]} readers
   */
  constructor(key, senderId, isMine, readers) {
    this.key = key;
    this.senderId = senderId;
    this.isMine = isMine;
    this.#readers = readers;
  }

  get senderName() {
    return acquaintances.nameOf(this.senderId);
  }

  /** @returns {string[]} the names of the others who have read it */
  get readBy() {
    return this.#readers(this);
  }

  /**
   * What the server has of it. Older news than what is known changes nothing.
   *
   * @param {any} message
   * @param {string | null} text
   */
  take(message, text) {
    const changedAt = Number(readTime(message.updated_at));
    if (changedAt < this.#changedAt) return;
    // The same news again, and it cannot be read any more: what has been read stays.
    if (text !== null || changedAt !== this.#changedAt) this.text = text;
    this.#changedAt = changedAt;
    this.group = message.message_group;
    this.at = readTime(message.inserted_at);
    this.isEdited = message.updated_at !== message.inserted_at;
    this.isDeleted = false;
    this.state = "sent";
    this.trouble = null;
  }

  remove() {
    this.isDeleted = true;
    this.text = "";
    this.#changedAt = 0;
  }
}
