// The user's conversations: from the sign-in payload at once, from the server in full, and kept by what their own topic
// tells. After each (re)join of that topic all is asked for again, so that what was missed is made up for.
import { createBackoff } from "/latchstring/backoff.js";
import { ask, session } from "../latch.js";
import { readTime } from "../words.js";
import { acquaintances } from "./acquaintances.js";
import { searchPeople, startGroup, startPrivate } from "./starting.js";
import { Summary } from "./summary.js";

const TRIES = 5;

/**
 * Events: `change`; and for the rooms `own_joined`, `new_message`, `edit_message` and `new_conversation` (detail: what
 * came).
 */
class Conversations extends EventTarget {
  /** @type {Map<string, Summary>} */
  #held = new Map();
  /** @type {Summary[] | null} */
  #sorted = null;
  #general = null;
  /** @type {any} the channel of the user's own topic */
  own = null;
  #isReady = false;
  #isTold = false;
  /** Counts what happened that an answer on its way may not know of. */
  #news = 0;
  /** Messages of others that came while an answer was on its way: it may count them, or not. */
  #meanwhile = [];
  /** @type {Promise<void> | null} */
  #refreshing = null;
  #retry;
  #backoff = createBackoff({ random: Math.random });

  constructor() {
    super();
    acquaintances.addEventListener("change", () => this.#changed());
  }

  /** Whether all is known; before that the list is what the sign-in told: not who is in which of them. */
  get ready() {
    return this.#isReady;
  }

  /** @returns {Summary[]} newest activity first; the array is another one after each change of it */
  list() {
    this.#sorted ??= [...this.#held.values()].sort((one, other) => Number(other.updatedAt) - Number(one.updatedAt));
    return this.#sorted;
  }

  /** @returns {Summary | null} */
  get(id) {
    return this.#held.get(id) ?? null;
  }

  get unread() {
    let total = 0;
    for (const { unread } of this.#held.values()) total += unread;
    return total;
  }

  searchPeople(text, pageToken = "") {
    return searchPeople(text, pageToken);
  }

  /** @returns {Promise<string>} the conversation's id. Throws an error with a sentence. */
  startPrivate(userId) {
    return startPrivate(this.#general, userId);
  }

  /** @returns {Promise<string>} as `startPrivate`; with the `clientId` of before, the group that was made by it */
  startGroup(userIds, alias = "", clientId = crypto.randomUUID()) {
    return startGroup(this.#general, userIds, alias, clientId);
  }

  /** Somebody is signed in, and their topics are about to be joined. */
  begin({ general, own }) {
    this.#general = general;
    this.own = own;
    acquaintances.learn(session.state.users);
    for (const facts of session.state.conversations) this.#take(facts);
    own.on("phx_joined", () => {
      this.#news += 1;
      this.#tell("own_joined");
      this.refresh();
    });
    own.on("new_conversation", (news) => this.#began(news));
    own.on("new_message", (news) => this.#heard(news));
    own.on("edit_message", (news) => this.#tell("edit_message", news));
    addEventListener("visibilitychange", this.#looked);
    this.#changed();
    this.refresh(); // who is in them is told over HTTP, also where no topic can be joined
  }

  /** Nobody is signed in any more. */
  end() {
    removeEventListener("visibilitychange", this.#looked);
    clearTimeout(this.#retry);
    this.#held.clear();
    acquaintances.clear();
    this.#general = this.own = this.#refreshing = null;
    this.#isReady = false;
    this.#news += 1;
    this.#changed();
  }

  /** Asks the server for all of them. Tried again by itself where it does not answer. @returns {Promise<void>} */
  refresh() {
    clearTimeout(this.#retry);
    const mine = (this.#refreshing ??= this.#ask().finally(() => {
      if (this.#refreshing === mine) this.#refreshing = null;
    }));
    return mine;
  }

  async #ask() {
    const own = this.own;
    const isOver = () => own !== this.own;
    try {
      for (let news = -1, tries = 0; news !== this.#news && tries < TRIES; tries += 1) {
        news = this.#news;
        this.#meanwhile = [];
        const { conversations } = await ask("GET", "/api/conversations");
        if (isOver()) return;
        if (news === this.#news || tries === TRIES - 1) this.#replace(conversations);
      }
      this.#refreshing = null; // whoever asks from now on is not answered by what was asked before
      await this.#learnNames();
      this.#backoff.reset();
    } catch {
      if (!isOver()) this.#retry = setTimeout(() => this.refresh(), this.#backoff.next());
    }
  }

  #replace(conversations) {
    const there = new Set(conversations.map(({ id }) => id));
    for (const id of this.#held.keys()) if (!there.has(id)) this.#held.delete(id);
    for (const facts of conversations) this.#take(facts);
    // A conversation's `updated_at` is that of the last message that was counted.
    const asked = new Map(conversations.map(({ id, updated_at }) => [id, readTime(updated_at)]));
    for (const { id, at } of this.#meanwhile.splice(0)) if (at > asked.get(id)) this.#count(id);
    this.#isReady = true;
    this.#changed();
  }

  #take(facts) {
    if (!this.#held.has(facts.id)) this.#held.set(facts.id, new Summary(facts.id));
    const summary = /** @type {Summary} */ (this.#held.get(facts.id));
    summary.take(facts);
    return summary;
  }

  async #learnNames() {
    const isStranger = (id) => !acquaintances.knows(id);
    if (![...this.#held.values()].some(({ userIds }) => userIds?.some(isStranger))) return;
    const own = this.own;
    const { users } = await ask("GET", "/api/me");
    if (own === this.own) acquaintances.learn(users);
  }

  #began({ conversation, user_ids }) {
    this.#news += 1;
    this.#take({ ...conversation, user_ids });
    this.#changed();
    this.#tell("new_conversation", { id: conversation.id, userIds: user_ids });
    this.#learnNames().catch(() => this.refresh());
  }

  #heard({ message, conversation_id }) {
    const at = readTime(message.inserted_at);
    const summary = this.#held.get(conversation_id);
    summary?.touch(at);
    if (!summary) {
      this.#news += 1; // an answer on its way may not know of it either
      this.refresh();
    }
    if (message.sender !== session.state.user?.id) {
      if (this.#refreshing) this.#meanwhile.push({ id: conversation_id, at });
      this.#count(conversation_id);
    }
    this.#changed();
    this.#tell("new_message", { message, conversation_id });
  }

  #count(id) {
    const summary = this.#held.get(id);
    if (summary) summary.unread += 1;
  }

  /** I am in it: its own topic could be joined, and told so. @param {any} facts */
  enter(facts) {
    if (!this.#held.has(facts.id)) this.#news += 1;
    this.#take(facts);
    this.#changed();
  }

  /** What an open room hears of its conversation. One that is gone does not come back by it. @param {any} facts */
  learn(facts) {
    if (!this.#held.has(facts.id)) return;
    this.#take(facts);
    this.#changed();
  }

  /** I have read it, here or on another device. */
  markRead(id) {
    const summary = this.get(id);
    if (!summary?.unread) return;
    this.#news += 1;
    summary.unread = 0;
    this.#changed();
  }

  /** @param {string} id @param {string[]} names */
  showTyping(id, names) {
    const summary = this.get(id);
    if (!summary) return;
    summary.typing = names;
    this.#changed();
  }

  /** I am not in it (any more). */
  drop(id) {
    this.#news += 1;
    if (this.#held.delete(id)) this.#changed();
  }

  /** Back at this tab: another device may have read, joined or left something meanwhile. */
  #looked = () => {
    if (document.visibilityState === "visible") this.refresh();
  };

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Told once, however much changes in one go. */
  #changed() {
    this.#sorted = null;
    if (this.#isTold) return;
    this.#isTold = true;
    queueMicrotask(() => {
      this.#isTold = false;
      this.dispatchEvent(new Event("change"));
    });
  }
}

export const conversations = new Conversations();
