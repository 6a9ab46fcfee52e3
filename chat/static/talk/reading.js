// How far each member has read, by the server's clock alone.
import { me } from "../me.js";
import { readTime } from "../words.js";
import { acquaintances } from "./acquaintances.js";

export class Reading {
  /** @type {Map<string, number>} */
  #upTo = new Map();

  /** As a join tells them. @param {Record<string, string | null>} times */
  take(times) {
    for (const [userId, time] of Object.entries(times)) if (time) this.hasRead(userId, readTime(time));
  }

  /** @param {Date} upTo */
  hasRead(userId, upTo) {
    this.#upTo.set(userId, Math.max(Number(upTo), this.#upTo.get(userId) ?? 0));
  }

  remove(userId) {
    this.#upTo.delete(userId);
  }

  /** @param {import("./entry.js").Entry} entry @returns {string[]} names of the others */
  readersOf(entry) {
    if (entry.group === null) return [];
    const at = Number(entry.at);
    const ids = [...this.#upTo.keys()].filter((id) => id !== entry.senderId && id !== me.user?.id);
    return ids.filter((id) => /** @type {number} */ (this.#upTo.get(id)) >= at).map((id) => acquaintances.nameOf(id));
  }
}
