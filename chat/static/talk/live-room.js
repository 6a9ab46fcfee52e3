// What keeps an open conversation as it is on the server: its topic, what the user's own topic tells of it, and what is
// read again after each absence. Everything that comes is taken in order, one after the other.
//
// Messages come on the user's own topic, the rest on the conversation's, and both are joined anew after an absence. What
// a join tells is complete only if messages were listened for before it was asked; otherwise the newest page is read
// once more as soon as they are.
import { session } from "../latch.js";
import { acquaintances } from "./acquaintances.js";
import { conversations } from "./conversations.js";
import { newestPage, pagesToMeet } from "./history.js";
import { isSameKey } from "./keys.js";
import { Line } from "./line.js";
import { Log } from "./log.js";
import { Members } from "./members.js";
import { Outbox } from "./outbox.js";
import { OwnKey } from "./own-key.js";
import { Reading } from "./reading.js";
import { Sending } from "./sending.js";
import { Turns } from "./turns.js";
import { MyTyping, Typists } from "./typing.js";

const RETRIED_AFTER = 5_000;
export const OVER = "You are no longer in this conversation.";

export class Live {
  /** @type {"joining" | "ready" | "not_found" | "left"} */
  status = "joining";
  turns = new Turns();
  members = new Members();
  ownKey = new OwnKey();
  #reading = new Reading();
  #typists = new Typists(() => this.#showTyping());
  #myId = session.state.user.id;
  #isClosed = false;
  #isTaken = false; // whether what the newest join told is taken in
  /** When it was asked: how much had come by then, and whether messages were listened for. */
  #asking = { since: 0, wasListening: false };
  #isReadLate = false;
  #readUpTo = null;
  #announcing;
  #told;
  #ownEvents = new AbortController();

  /** @param {string} id @param {{changed: () => void, arrived: (entry: any) => void}} told */
  constructor(id, told) {
    this.id = id;
    this.#told = told;
    const outbox = new Outbox(this.#myId, id);
    this.log = new Log({
      myId: this.#myId,
      readers: (entry) => this.#reading.readersOf(entry),
      onSettled: (unsent) => outbox.remove(unsent),
    });
    this.line = new Line(id, () => this.#asked(), this.#listeners());
    this.myTyping = new MyTyping((event) => this.#whisper(event));
    this.sending = new Sending({
      log: this.log,
      outbox,
      members: this.members,
      ownKey: this.ownKey,
      isConnected: () => this.#isConnected,
      push: (event, payload) => this.line.push(event, payload),
      askAgain: () => this.line.join(),
      changed: told.changed,
    });
    this.#listenToOwn();
    this.line.join();
  }

  get #isConnected() {
    return this.line.isJoined && this.#isTaken;
  }

  get isOver() {
    return this.status === "left" || this.status === "not_found";
  }

  get typing() {
    return this.#typists.ids.map((id) => acquaintances.nameOf(id));
  }

  #listeners() {
    const inTurn = (act) => (payload) => this.#next(() => act(payload));
    return {
      phx_joined: (snapshot) => {
        const asking = this.#asking;
        this.#next(() => this.#take(snapshot, asking));
      },
      phx_close: () => this.#closed(),
      delete_message: inTurn(({ message_group_id }) => this.log.remove(message_group_id)),
      update_alias: ({ conversation }) => conversations.learn(conversation),
      leave_conversation: inTurn(({ user_id }) => this.#left(user_id)),
      start_typing: ({ user_id }) => user_id !== this.#myId && this.#typists.started(user_id),
      finish_typing: ({ user_id }) => this.#typists.finished(user_id),
      read_conversation: inTurn(({ user_id }) => this.#hasRead(user_id)),
      set_encryption_keys: inTurn(({ user_id, public_key }) => this.#takeKey(user_id, public_key)),
    };
  }

  #listenToOwn() {
    const { signal } = this.#ownEvents;
    const on = (event, act) =>
      conversations.addEventListener(
        event,
        ({ detail }) => (detail?.conversation_id ?? detail?.id ?? this.id) === this.id && act(detail),
        { signal },
      );
    on("new_message", ({ message }) => this.#hear(message, (read) => this.#add(read)));
    on("edit_message", ({ message }) => this.#hear(message, (read) => this.log.edit(read)));
    on("new_conversation", ({ userIds }) => this.#next(() => this.#takeMembers(userIds)));
    on("own_joined", () => this.#next(() => this.#isTaken && this.#catchUp()));
  }

  /** In its turn; and whoever looks is told. */
  #next(act) {
    return this.turns.next(async () => {
      if (this.#isClosed) return;
      await act();
      this.#told.changed();
    });
  }

  /** It is read at once, and taken in when everything before it is. */
  #hear(message, act) {
    const reading = this.#read(message);
    return this.#next(async () => act(await reading));
  }

  async #read(message) {
    return { message, text: await this.ownKey.reader.read(message.content) };
  }

  /** @param {any[]} messages @returns {Promise<import("./log.js").Read[]>} */
  readAll(messages) {
    return Promise.all(messages.map((message) => this.#read(message)));
  }

  // A join

  #asked() {
    this.#isTaken = false;
    this.#asking = { since: this.log.arrivals, wasListening: conversations.own?.state === "joined" };
  }

  async #take({ conversation, users, messages, read_times, public_keys, private_key }, { since, wasListening }) {
    await Promise.all([this.members.take(users, public_keys), private_key && this.ownKey.take(private_key)]);
    this.#reading.take(read_times);
    conversations.learn({ ...conversation, user_ids: this.members.ids });
    await this.#takeNewest(messages, since);
    if (!wasListening && conversations.own?.state === "joined") await this.#catchUp();
    this.#isTaken = this.line.isJoined;
    if (this.status === "joining") this.status = "ready";
    if (!private_key) this.#announceKey();
    if (this.#isReadLate) this.read();
    this.sending.go();
  }

  /** The user's own topic is joined (again): what it did not tell before is read now. */
  async #catchUp() {
    const since = this.log.arrivals;
    const newest = await newestPage(this.id).catch(() => null);
    if (newest) await this.#takeNewest(newest, since);
    else this.line.join(); // tried for as long as it takes
  }

  async #takeNewest(newest, since) {
    const before = this.log.newestSent();
    const held = { count: this.log.sentCount, newest: before?.group ?? undefined };
    const { items, page_token } = await pagesToMeet(this.id, newest, held);
    const read = await this.readAll(items.reverse());
    this.log.replace(read, page_token, since);
    if (before) this.#tellMissed(before);
  }

  #tellMissed(before) {
    const { entries, sentCount } = this.log;
    const known = entries.lastIndexOf(before);
    for (const entry of entries.slice(known + 1, sentCount)) {
      if (!entry.isMine && !entry.isDeleted) this.#told.arrived(entry);
    }
  }

  // Messages

  #add(read) {
    const entry = this.log.add(read);
    if (!entry) return;
    this.#typists.finished(entry.senderId);
    if (!entry.isMine) this.#told.arrived(entry);
  }

  // Keys

  async #announceKey() {
    const push = (event, payload) => this.line.push(event, payload);
    const stands = await this.ownKey.announce(push, () => this.members.keyOf(this.#myId));
    if (this.#isClosed) return;
    if (!stands) return this.line.join(); // another device's key stands, and a join tells its private half
    if (this.ownKey.trouble) this.#announcing = setTimeout(() => this.#isConnected && this.#announceKey(), RETRIED_AFTER);
    if (this.ownKey.jwk) await this.members.setKey(this.#myId, this.ownKey.jwk);
    this.#told.changed();
    this.sending.go();
  }

  async #takeKey(userId, jwk) {
    await this.members.setKey(userId, jwk);
    const isAnothers = userId === this.#myId && this.ownKey.jwk && !isSameKey(this.ownKey.jwk, jwk);
    if (isAnothers) this.line.join();
    this.sending.go();
  }

  // People

  #takeMembers(userIds) {
    const isChanged = userIds.length !== this.members.ids.length || userIds.some((id) => !this.members.ids.includes(id));
    // Who came may have keys from before: a join tells them.
    if (isChanged) this.line.join();
  }

  #left(userId) {
    this.members.remove(userId);
    this.#reading.remove(userId);
    this.#typists.finished(userId);
    conversations.learn({ id: this.id, user_ids: this.members.ids });
    this.sending.go();
  }

  #hasRead(userId) {
    const newest = this.log.newestSent();
    if (newest) this.#reading.hasRead(userId, newest.at);
    if (userId === this.#myId) conversations.markRead(this.id);
  }

  /** Said once for each state of things, and later where there is no connection. */
  read() {
    conversations.markRead(this.id);
    this.#isReadLate = !this.#isConnected;
    const newest = this.log.newestSent();
    if (this.#isReadLate || !newest || newest === this.#readUpTo) return;
    this.#readUpTo = newest;
    this.line.push("read_conversation").catch(() => {
      this.#isReadLate = true;
      this.#readUpTo = null;
    });
  }

  /** What is worth saying now or not at all. */
  #whisper(event) {
    if (this.#isConnected) this.line.push(event).catch(() => {});
  }

  #showTyping() {
    conversations.showTyping(this.id, this.typing);
    this.#told.changed();
  }

  // The end

  #closed() {
    if (session.state.status === "signed_in") this.over();
  }

  /** Who was in it, and is told that it is not there, is in it no longer. */
  over() {
    if (this.#isClosed || this.isOver) return;
    this.status = this.status === "ready" ? "left" : "not_found";
    conversations.drop(this.id);
    this.sending.giveUp(OVER);
    this.#typists.clear();
    this.#told.changed();
  }

  close() {
    this.#isClosed = true;
    this.#ownEvents.abort();
    this.myTyping.stopped();
    this.#typists.clear();
    clearTimeout(this.#announcing);
    this.sending.close();
    this.line.leave();
  }
}
