// The people of the user's conversations, by id: names change, and everything that shows one reads it here.
import { me } from "../me.js";

/** @typedef {{id: string, name: string, email: string}} Person */

/** The server hides the address of whoever shares no conversation with the user behind one that there is not. */
const MASK = "____@hidden.example";

/** Whether this is told in the place of an address, as a name too where nobody chose one. */
export function isMasked(text) {
  return text.endsWith(MASK);
}

/** @returns {Person} of what the wire says of somebody: a masked address is none, and of one as a name a letter is left */
export function personOf({ id, display_name, email }) {
  return { id, name: withoutMask(display_name), email: isMasked(email) ? "" : email };
}

function withoutMask(name) {
  return isMasked(name) ? `${[...name][0]}…` : name;
}

class Acquaintances extends EventTarget {
  /** @type {Map<string, Person>} */
  #people = new Map();

  /** @param {{id: string, email: string, display_name: string}[]} users */
  learn(users) {
    for (const user of users) this.#people.set(user.id, personOf(user));
    this.dispatchEvent(new Event("change"));
  }

  rename(userId, name) {
    const person = this.#people.get(userId);
    if (!person) return;
    // Everybody is told the same: who has taken their name back is called by the address, which we know.
    this.#people.set(userId, { ...person, name: isMasked(name) ? person.email : name });
    this.dispatchEvent(new Event("change"));
  }

  knows(userId) {
    return this.#people.has(userId) || userId === me.user?.id;
  }

  /** @returns {Person} somebody without a name where they are not known */
  get(userId) {
    return this.#people.get(userId) ?? { id: userId, name: this.nameOf(userId), email: "" };
  }

  nameOf(userId) {
    if (userId === me.user?.id) return me.user.display_name;
    return this.#people.get(userId)?.name ?? "Somebody who left";
  }

  /** @returns {string} where everybody is told one name, the better one of those we know @param {string} told */
  betterName(userId, told) {
    return this.knows(userId) ? this.nameOf(userId) : withoutMask(told);
  }

  clear() {
    this.#people.clear();
  }
}

export const acquaintances = new Acquaintances();
