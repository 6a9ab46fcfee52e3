// A double of talk/room.js: one room with the entries that a test made up, and a note of all it was asked for.
import { conversations } from "./conversations.js";

class Room extends EventTarget {
  status = "ready";
  entries = [];
  typing = [];
  withoutKeys = [];
  withUselessKeys = [];
  hasOwnKey = true;
  hasOlder = false;
  older = [];
  calls = [];
  trouble = null;
  longest = 8192;
  delay = 30;

  constructor(id) {
    super();
    this.id = id;
    const given = globalThis.world.rooms?.[id];
    if (!given) this.status = "not_found";
    for (const [name, value] of Object.entries(given ?? {})) this[name] = value;
    this.entries = this.entries.map(entry);
    this.older = this.older.map((page) => page.map(entry));
    this.hasOlder = this.older.length > 0;
  }

  get summary() {
    return conversations.get(this.id);
  }

  async loadOlder() {
    this.calls.push("loadOlder");
    await new Promise((resolve) => setTimeout(resolve, this.delay));
    if (this.trouble) throw new Error(this.trouble);
    this.entries = [...this.older.shift(), ...this.entries];
    this.hasOlder = this.older.length > 0;
    this.change();
  }

  send(text) {
    this.calls.push(`send ${text}`);
    this.entries = [...this.entries, entry({ text, isMine: true, state: "sending" })];
    this.change();
  }

  hear(facts) {
    const heard = entry(facts);
    this.entries = [...this.entries, heard];
    this.dispatchEvent(new CustomEvent("message", { detail: heard }));
    this.change();
  }

  set(key, facts) {
    this.entries = this.entries.map((each) => (each.key === key ? { ...each, ...facts } : each));
    this.change();
  }

  #note(name, ...given) {
    this.calls.push([name, ...given].join(" "));
  }

  async #try(...given) {
    this.#note(...given);
    if (this.trouble) throw new Error(this.trouble);
  }

  retry = (key) => this.#note("retry", key);
  discard = (key) => this.#note("discard", key);
  edit = (group, text) => this.#try("edit", group, text);
  remove = (group) => this.#try("remove", group);
  typingNow = () => this.#note("typingNow");
  stoppedTyping = () => this.#note("stoppedTyping");
  rename = (alias) => this.#try("rename", alias);
  invite = (ids) => this.#try("invite", ...ids);
  leave = () => this.#try("leave");
  read = () => {
    this.#note("read");
    conversations.set({ id: this.id, unread: 0 });
  };
  longestText = () => this.longest;
  close = () => this.#note("close");

  change() {
    this.dispatchEvent(new Event("change"));
  }
}

let last = 0;

function entry(facts) {
  const key = facts.key ?? `made-${++last}`;
  const plain = { group: `group-${key}`, senderId: "ada", senderName: "Ada", isMine: false, state: "sent" };
  const rest = { text: "", trouble: null, isEdited: false, isDeleted: false, readBy: [] };
  return { key, ...plain, ...rest, ...facts, at: new Date(facts.at ?? Date.now()) };
}

export function openRoom(id) {
  return (globalThis.room = new Room(id));
}

export function closeAllRooms() {}
