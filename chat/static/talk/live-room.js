// What keeps an open conversation as it is on the server: its topic, what the user's own topic tells of it, and what is
// read again after each absence. Everything that comes is taken in order, one after the other.
//
// Messages come on the user's own topic, the rest on the conversation's, and both are joined anew after an absence. What
// a join tells is complete only if messages were listened for before it was asked; otherwise the newest page is read
// once more as soon as they are.
import { session } from "../latch.js";
import { acquaintances } from "./acquaintances.js";
import { CatchingUp } from "./catching-up.js";
import { ConversationKeys } from "./conversation-keys.js";
import { conversations } from "./conversations.js";
import { Line } from "./line.js";
import { Log } from "./log.js";
import { Members } from "./members.js";
import { Outbox } from "./outbox.js";
import { Reading } from "./reading.js";
import { Sending } from "./sending.js";
import { Turns } from "./turns.js";
import { MyTyping, Typists } from "./typing.js";

export const OVER = "You are no longer in this conversation.";

export class Live {
  /** @type {"joining" | "ready" | "not_found" | "left"} */
  status = "joining";
  turns = new Turns();
  members = new Members();
  #reading = new Reading();
  #typists = new Typists(() => this.#showTyping());
  #myId = session.state.user.id;
  #isClosed = false;
  #isTaken = false; // whether what the newest join told is taken in
  /** How things were when it was asked, and whether messages were listened for. */
  #asking = { mark: null, wasListening: false };
  #hasMissed = false; // whether messages came before there was a key to read them with
  #isReadLate = false;
  #readUpTo = null;
  #catchingUp;
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
      onSettled: (unsent) => outbox.settle(unsent),
    });
    this.line = new Line(id, () => this.#asked(), this.#listeners());
    this.keys = new ConversationKeys({
      myId: this.#myId,
      members: this.members,
      line: this.line,
      turns: this.turns,
      changed: () => this.#keysChanged(),
    });
    this.#catchingUp = new CatchingUp(id, this.log, this.keys, told.arrived);
    this.myTyping = new MyTyping((event) => this.#whisper(event));
    this.sending = new Sending({
      log: this.log,
      outbox,
      members: this.members,
      ownKey: this.keys.own,
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

  get #isEnded() {
    return this.#isClosed || this.isOver;
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
      phx_close: ({ response }) => this.#closed(response),
      delete_message: inTurn(({ message_group_id }) => this.log.remove(message_group_id)),
      update_alias: ({ conversation }) => conversations.learn(conversation),
      leave_conversation: inTurn(({ user_id }) => this.#left(user_id)),
      start_typing: ({ user_id }) => user_id !== this.#myId && this.#typists.started(user_id),
      finish_typing: ({ user_id }) => this.#typists.finished(user_id),
      read_conversation: inTurn(({ user_id }) => this.#hasRead(user_id)),
      set_encryption_keys: inTurn(({ user_id, public_key }) => this.keys.heard(user_id, public_key)),
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
    on("own_joined", () => this.#next(() => this.#isTaken && this.#readNewest()));
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
    const reading = this.keys.read(message);
    return this.#next(async () => {
      if (this.keys.own.jwk) act(await reading);
      else this.#hasMissed = true;
    });
  }

  #keysChanged() {
    this.#told.changed();
    this.sending.go();
    if (this.keys.own.jwk && this.#hasMissed) this.#next(() => this.#isTaken && this.#readNewest());
  }

  // A join

  #asked() {
    this.#isTaken = false;
    this.#asking = { mark: this.log.mark(), wasListening: conversations.own?.state === "joined" };
  }

  async #take({ conversation, users, messages, read_times, public_keys, private_key }, { mark, wasListening }) {
    if (this.isOver) return;
    await Promise.all([this.members.take(users, public_keys), private_key && this.keys.own.take(private_key)]);
    if (this.#isEnded) return; // the end is told at once, and need not wait its turn
    this.#reading.take(read_times);
    conversations.enter({ ...conversation, user_ids: this.members.ids });
    await this.#catchingUp.take(messages, mark);
    const isComplete = wasListening && !this.#hasMissed;
    if (!this.#isEnded && !isComplete && conversations.own?.state === "joined") await this.#readNewest();
    if (this.#isEnded) return;
    this.#isTaken = this.line.isJoined;
    if (this.status === "joining") this.status = "ready";
    if (!private_key) this.keys.announce();
    if (this.#isReadLate) this.read();
    this.sending.go();
  }

  /** Messages are listened for (again): what was not told before is read now, for which a join is as good. */
  async #readNewest() {
    this.#hasMissed = false;
    if (!(await this.#catchingUp.readNewest())) this.line.join();
  }

  // Messages

  #add(read) {
    const entry = this.log.add(read);
    if (!entry) return;
    this.#typists.finished(entry.senderId);
    if (!entry.isMine) this.#told.arrived(entry);
  }

  // People

  #takeMembers(userIds) {
    const isChanged = userIds.length !== this.members.ids.length || userIds.some((id) => !this.members.ids.includes(id));
    const isBack = this.isOver;
    if (isBack) this.status = "joining";
    // Who came may have keys from before: a join tells them.
    if (isChanged || isBack) this.line.join();
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

  /** @param {unknown} response null where nobody refused anything: the server has put us out */
  #closed(response) {
    if (session.state.status === "signed_in") this.over(response === null || response === "not_found");
  }

  /**
   * Who was in it, and is told that it is not there, is in it no longer.
   *
   * @param {boolean} isCertain whether it was said so; a refusal that says something else takes nobody's texts away
   */
  over(isCertain = true) {
    if (this.#isEnded) return;
    this.status = this.status === "ready" ? "left" : "not_found";
    if (isCertain) conversations.drop(this.id);
    this.sending.giveUp(OVER, isCertain);
    this.#typists.clear();
    this.#told.changed();
  }

  close() {
    this.#isClosed = true;
    this.#ownEvents.abort();
    this.myTyping.stopped();
    this.#typists.clear();
    this.keys.close();
    this.sending.close();
    this.line.leave();
  }
}
