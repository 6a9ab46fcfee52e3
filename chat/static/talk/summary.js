// One conversation as the list shows it. The object stays the same while its conversation is there; names and what is
// typed are read at the moment.
import { nameList } from "../chat-words.js";
import { me } from "../me.js";
import { readTime } from "../words.js";
import { acquaintances } from "./acquaintances.js";

export class Summary {
  isPrivate = false;
  /** @type {string | null} */
  alias = null;
  /** @type {string[] | null} everybody in it, me included; null until the server has said who they are */
  userIds = null;
  unread = 0;
  updatedAt = new Date(0);
  /** @type {string[]} names; known of the open conversation alone */
  typing = [];

  /** @param {string} id */
  constructor(id) {
    this.id = id;
  }

  /** @param {any} facts as the wire has them: what is absent stays as it was */
  take({ private: isPrivate, alias, updated_at, user_ids, unread }) {
    if (isPrivate !== undefined) this.isPrivate = isPrivate;
    if (alias !== undefined) this.alias = alias;
    if (updated_at !== undefined) this.touch(readTime(updated_at));
    if (user_ids !== undefined) this.userIds = user_ids;
    if (unread !== undefined) this.unread = unread;
  }

  /** @param {Date} at when something happened in it */
  touch(at) {
    if (at > this.updatedAt) this.updatedAt = at;
  }

  /** Whether it is known who is in it, and what they are called: before that, nobody is not "nobody". */
  get isKnown() {
    return this.userIds?.every((id) => acquaintances.knows(id)) ?? false;
  }

  /** The others, by name: a group without a name of its own is called by them, and by the same at every load. */
  get people() {
    if (!this.isKnown) return [];
    const others = (this.userIds ?? []).filter((id) => id !== me.user?.id).map((id) => acquaintances.get(id));
    return others.sort((one, other) => one.name.localeCompare(other.name) || (one.id < other.id ? -1 : 1));
  }

  get title() {
    if (this.alias === null && !this.isKnown) return this.isPrivate ? "Private conversation" : "Group";
    return this.alias ?? (nameList(this.people.map(({ name }) => name), 2) || "Only you");
  }
}
