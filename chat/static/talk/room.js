// One open conversation: what is in it, who is, and what can be done there. Nothing here knows of a page.
import { acquaintances } from "./acquaintances.js";
import { encryptFor, longestText, sizeOf } from "./cipher.js";
import { conversations } from "./conversations.js";
import { pageBefore } from "./history.js";
import { Live, OVER } from "./live-room.js";
import { explained } from "./sentences.js";

/** @typedef {import("./entry.js").Entry} Entry */

/** @type {Map<string, Room>} */
const open = new Map();

/**
 * Opens a conversation, or shares it where it is open; each `openRoom` has its `close`.
 *
 * @param {string} id
 * @returns {Room}
 */
export function openRoom(id) {
  const room = open.get(id) ?? new Room(id);
  open.set(id, room);
  room.holders += 1;
  return room;
}

/** Nobody is signed in any more. */
export function closeAllRooms() {
  for (const room of open.values()) room.end();
}

/**
 * Events: `change`, told once however much changes in one go; `message` (detail: the entry) for each new one of others.
 */
export class Room extends EventTarget {
  holders = 0;
  #live;
  #isTold = false;
  #loading = null;

  /** @param {string} id */
  constructor(id) {
    super();
    this.id = id;
    this.#live = new Live(id, {
      changed: () => this.#changed(),
      arrived: (entry) => this.dispatchEvent(new CustomEvent("message", { detail: entry })),
    });
    acquaintances.addEventListener("change", this.#changed);
  }

  /** @returns {"joining" | "ready" | "not_found" | "left"} `ready` from the first join on, connected or not */
  get status() {
    return this.#live.status;
  }

  get summary() {
    return conversations.get(this.id);
  }

  /** Oldest first, what is still to be sent last. Read it again at each change. */
  get entries() {
    return this.#live.log.entries;
  }

  get hasOlder() {
    return this.#live.log.before !== "";
  }

  /** @returns {string[]} the names of the others who are typing */
  get typing() {
    return this.#live.typing;
  }

  /** @returns {string[]} the names of those who have published no key: messages wait for them */
  get withoutKeys() {
    return this.#live.members.withoutKeys;
  }

  /** @returns {string[]} the names of those whose key is of no use: messages do not wait, and they cannot read them */
  get withUselessKeys() {
    return this.#live.members.withUselessKeys;
  }

  /** Whether my own key here is known, so that others can write to me. */
  get hasOwnKey() {
    return this.#live.keys.own.jwk !== null;
  }

  /** @returns {number} bytes of UTF-8 */
  longestText() {
    return longestText(this.#live.members.ids.length);
  }

  /** Loads a page more of what was before. Throws an error with a sentence. @returns {Promise<void>} */
  loadOlder() {
    this.#loading ??= this.#loadOlder().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #loadOlder() {
    const { log } = this.#live;
    const { before, misses } = log;
    if (!before) return;
    const page = await pageBefore(this.id, before);
    const read = await this.#live.keys.readAll(page.items);
    const isTaken = await this.#live.turns.next(() => {
      // After a reconnect meanwhile there is another end to go on from; and an edit may be newer than what was read.
      if (log.before !== before || log.misses !== misses) return false;
      log.addOlder(read, page.page_token);
      return true;
    });
    if (!isTaken) return this.#loadOlder();
    this.#changed();
  }

  /** @param {string} text Throws a RangeError with a sentence where it is empty or too long, or I am not in here. */
  send(text) {
    this.#check(text);
    this.stoppedTyping();
    return this.#live.sending.add(text.toWellFormed());
  }

  #check(text) {
    if (this.#live.isOver) throw new RangeError(OVER);
    const size = sizeOf(text);
    if (!text.trim()) throw new RangeError("There is nothing to send.");
    if (size > this.longestText()) throw new RangeError(`This is too long by ${size - this.longestText()} bytes.`);
  }

  /** @param {string} key of an entry that failed */
  retry(key) {
    this.#live.sending.retry(key);
  }

  /** @param {string} key of an entry that is not sent */
  discard(key) {
    this.#live.sending.discard(key);
  }

  /** Throws an error with a sentence, and then nothing has changed. */
  async edit(group, text) {
    this.#check(text);
    const { members } = this.#live;
    const encrypted_messages = await encryptFor(text.toWellFormed(), members.keys());
    await this.#push("edit_message", { message_group_id: group, encrypted_messages });
  }

  /** As `edit`. */
  async remove(group) {
    await this.#push("delete_message", { message_group_id: group });
  }

  /** With each key that is pressed. */
  typingNow() {
    this.#live.myTyping.now();
  }

  stoppedTyping() {
    this.#live.myTyping.stopped();
  }

  /** I have read all that is here. */
  read() {
    this.#live.read();
  }

  /** @param {string} alias empty: none. As `edit`. */
  async rename(alias) {
    // Not by change_alias: that is told in the room alone, and a name stands in the list of everybody, too.
    await this.#push("modify_conversation", { new_members: [], new_alias: alias });
  }

  /** @param {string[]} userIds As `edit`. */
  async invite(userIds) {
    await this.#push("modify_conversation", { new_members: userIds });
  }

  /** As `edit`. */
  async leave() {
    await this.#push("leave_conversation");
    this.#live.over();
  }

  async #push(event, payload = {}) {
    try {
      return await this.#live.line.push(event, payload);
    } catch (error) {
      throw explained(error);
    }
  }

  close() {
    this.holders -= 1;
    if (this.holders === 0) this.end();
  }

  end() {
    if (open.get(this.id) === this) open.delete(this.id);
    acquaintances.removeEventListener("change", this.#changed);
    this.#live.close();
  }

  #changed = () => {
    if (this.#isTold) return;
    this.#isTold = true;
    queueMicrotask(() => {
      this.#isTold = false;
      this.dispatchEvent(new Event("change"));
    });
  };
}
