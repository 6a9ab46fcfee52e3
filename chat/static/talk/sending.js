// Sends what is to be sent, one after the other and in order, until the server has said what became of it. What is not
// known to have arrived is sent again under the same id, of which the server stores one.
import { createBackoff } from "/latchstring/backoff.js";
import { nameList } from "../chat-words.js";
import { encryptFor } from "./cipher.js";
import { sentenceOf } from "./sentences.js";

const NOT_NOW = ["unavailable", "invalid_token"];
const CHANGES_BORNE = 5;

/**
 * What it needs of its room.
 *
 * @typedef {object} Desk
 * @property {import("./log.js").Log} log
 * @property {import("./outbox.js").Outbox} outbox
 * @property {import("./members.js").Members} members
 * @property {import("./own-key.js").OwnKey} ownKey
 * @property {() => boolean} isConnected joined, and what the join told is taken in
 * @property {(event: string, payload: object) => Promise<any>} push
 * @property {() => void} askAgain who is in the conversation is not what we thought
 * @property {() => void} changed
 */

export class Sending {
  #desk;
  #isUnderWay = false;
  #isAskedAgain = false;
  #changesBorne = 0;
  #backoff = createBackoff({ random: Math.random });
  #retry;
  #forgetKept;

  /** @param {Desk} desk */
  constructor(desk) {
    this.#desk = desk;
    this.compare();
    this.#forgetKept = desk.outbox.onChange((change) => this.#hear(change));
  }

  /** @param {string} text */
  add(text) {
    const entry = this.#desk.log.addUnsent(this.#desk.outbox.add(text));
    this.go();
    return entry;
  }

  /** What is kept is what is shown, whichever tab wrote it, or sent it. */
  compare() {
    const { log, outbox } = this.#desk;
    const shown = new Map(log.waiting().map((entry) => [entry.unsent?.clientId, entry]));
    for (const unsent of outbox.list()) {
      const entry = shown.get(unsent.clientId);
      if (!entry) this.#takeUp(unsent);
      if (entry) this.#takeMarks(entry, unsent);
    }
    for (const entry of shown.values()) if (entry.state !== "sent" && !this.#newest(entry)) log.drop(entry);
    this.#desk.changed();
    this.go();
  }

  #newest(entry) {
    return entry.unsent && this.#desk.outbox.newest(entry.unsent);
  }

  /** Another tab has written, sent or thrown away something. @param {import("./outbox.js").Change} change */
  #hear({ clientId, unsent, isKept }) {
    if (!unsent) return this.compare();
    const entry = this.#find(clientId);
    if (entry) this.#learn(entry, unsent, isKept);
    else if (isKept && this.#desk.outbox.newest(unsent)) this.#takeUp(unsent);
    this.#desk.changed();
    this.go();
  }

  /** What has been sent stays where it is, until this tab reads it as it is stored. */
  #learn(entry, unsent, isKept) {
    const isHere = this.#takeMarks(entry, unsent);
    if (isHere && unsent.isSent) this.#show(entry, "sent");
    else if (!isKept && entry.state !== "sent") this.#desk.log.drop(entry);
  }

  /** @returns {boolean} false where its message is here already, and it is dropped */
  #takeMarks(entry, unsent) {
    entry.unsent.own = unsent.own;
    if (this.#desk.log.expect(entry)) return true;
    this.#desk.log.drop(entry);
    this.#desk.outbox.settle(unsent);
    return false;
  }

  #takeUp(unsent) {
    if (!this.#desk.log.addUnsent(unsent)) this.#desk.outbox.settle(unsent);
  }

  /** Something has changed that may have been in the way. */
  go() {
    clearTimeout(this.#retry);
    this.#isAskedAgain = true;
    if (!this.#isUnderWay) this.#run();
  }

  async #run() {
    this.#isUnderWay = true;
    try {
      while (this.#isAskedAgain) {
        this.#isAskedAgain = false;
        await this.#sendAll();
      }
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #sendAll() {
    for (let entry = this.#next(); entry; entry = this.#next()) {
      const obstacle = this.#obstacle();
      if (obstacle) return this.#wait(obstacle);
      this.#show(entry, "sending");
      const isDone = await this.#desk.outbox.alone(() => this.#send(entry)).catch((error) => this.#fault(entry, error));
      if (!isDone) return this.#wait(this.#obstacle() ?? "The server is busy; it is tried again.");
    }
  }

  #next() {
    return this.#unsettled()[0];
  }

  #unsettled() {
    return this.#desk.log.waiting().filter(({ state }) => state === "sending" || state === "waiting");
  }

  /** What keeps messages from being sent just now, as a sentence. */
  #obstacle() {
    const { isConnected, members, ownKey } = this.#desk;
    if (!isConnected()) return "It is sent as soon as there is a connection.";
    if (members.withoutKeys.length) return `It waits here for ${nameList(members.withoutKeys, 2)}.`;
    return ownKey.jwk && members.areReady ? null : "It is sent when this conversation's key is made.";
  }

  #wait(obstacle) {
    for (const entry of this.#unsettled()) this.#show(entry, "waiting", obstacle);
  }

  /** @returns {Promise<boolean>} whether it is settled, one way or the other */
  async #send(entry) {
    const unsent = this.#newest(entry);
    if (!unsent) {
      // Another tab has sent it, or thrown it away, while this one waited for its turn, and is about to tell which.
      if (this.#unsettled().includes(entry)) await this.#desk.outbox.hasGone(entry.unsent);
      if (entry.state !== "sent") this.#desk.log.drop(entry);
      this.#desk.changed();
      return true;
    }
    entry.unsent.own = unsent.own;
    const encrypted_messages = await this.#copies(entry);
    await this.#desk.push("send_message", { encrypted_messages, client_id: unsent.clientId });
    this.#desk.outbox.settle(unsent);
    this.#changesBorne = 0;
    this.#backoff.reset();
    if (entry.unsent) this.#show(entry, "sent");
    return true;
  }

  /** My own copy stays the same over every try, so that I know it when it comes. */
  async #copies(entry) {
    const { members, outbox, log, ownKey } = this.#desk;
    const { text, unsent } = entry;
    const [me, n] = [entry.senderId, ownKey.jwk.n];
    const copies = await encryptFor(text, members.keys());
    const known = unsent.own.findLast(({ key }) => key === n);
    if (!known) outbox.mark(unsent, copies[me], n);
    log.expect(entry);
    return { ...copies, [me]: known?.content ?? copies[me] };
  }

  #fault(entry, error) {
    if (!entry.unsent || entry.state === "sent") return true; // it came, or another tab sent it
    if (error.code === "timeout") return true; // nobody knows: it is still the first that is not sent, and goes again
    if (error.code !== "refused") return this.#isLost(error) ? false : this.#fail(entry, error);
    if (NOT_NOW.includes(error.response)) return this.#later();
    if (error.response !== "wrong_recipients" || this.#changesBorne === CHANGES_BORNE) return this.#fail(entry, error);
    this.#changesBorne += 1;
    this.#desk.askAgain();
    return false;
  }

  #isLost(error) {
    return error.code === "connection_lost" || error.code === "closed";
  }

  #later() {
    this.#retry = setTimeout(() => this.go(), this.#backoff.next());
    return false;
  }

  #fail(entry, error) {
    this.#changesBorne = 0;
    this.#show(entry, "failed", sentenceOf(error));
    return true;
  }

  /** @param {import("./entry.js").EntryState} state */
  #show(entry, state, trouble = null) {
    entry.state = state;
    entry.trouble = trouble;
    this.#desk.changed();
  }

  retry(key) {
    const entry = this.#find(key);
    if (entry?.state === "failed") this.#show(entry, "waiting");
    this.go();
  }

  discard(key) {
    const entry = this.#find(key);
    if (!entry || entry.state === "sent") return;
    this.#desk.outbox.discard(entry.unsent);
    this.#desk.log.drop(entry);
    this.#desk.changed();
  }

  #find(key) {
    return this.#desk.log.waiting().find((entry) => entry.key === key);
  }

  /** There is no conversation to send to any more: where that is for good, nothing is kept for the next time. */
  giveUp(sentence, isForGood) {
    if (isForGood) this.#desk.outbox.clear();
    for (const entry of this.#desk.log.waiting()) {
      if (entry.unsent && isForGood) entry.unsent.isKept = false;
      this.#show(entry, "failed", sentence);
    }
  }

  close() {
    clearTimeout(this.#retry);
    this.#forgetKept();
  }
}
