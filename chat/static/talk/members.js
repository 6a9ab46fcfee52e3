// Who is in the conversation, and under which key each of them reads.
import { me } from "../me.js";
import { acquaintances } from "./acquaintances.js";
import { importPublic, isSameKey } from "./keys.js";

export class Members {
  /** @type {string[]} everybody, me included */
  ids = [];
  /** @type {Map<string, {jwk: any, key: CryptoKey | null}>} a null key is one that encrypts nothing */
  #keys = new Map();

  /** As a join tells them. @param {Record<string, any>} publicKeys */
  async take(users, publicKeys) {
    const ids = users.map(({ id }) => id);
    await Promise.all(ids.map((id) => this.setKey(id, publicKeys[id])));
    // Only now: whose key is still being read would be said to have none.
    this.ids = ids;
    acquaintances.learn(users);
  }

  async setKey(userId, jwk) {
    if (!jwk) return void this.#keys.delete(userId);
    if (isSameKey(this.#keys.get(userId)?.jwk, jwk)) return;
    this.#keys.set(userId, { jwk, key: await importPublic(jwk) });
  }

  /** @param {string} userId who has left */
  remove(userId) {
    this.ids = this.ids.filter((id) => id !== userId);
  }

  /** @returns {any} somebody's public key as it was told, or undefined */
  keyOf(userId) {
    return this.#keys.get(userId)?.jwk;
  }

  /** Whether there is a key of everybody, so that all can have a copy. */
  get areReady() {
    return this.ids.every((id) => this.#keys.has(id));
  }

  /** @returns {Map<string, CryptoKey | null>} of those who have one */
  keys() {
    const known = this.ids.filter((id) => this.#keys.has(id));
    return new Map(known.map((id) => [id, this.#keys.get(id)?.key ?? null]));
  }

  /** Others who have published no key yet: messages wait for them. */
  get withoutKeys() {
    return this.#names((id) => !this.#keys.has(id));
  }

  /** Others whose key encrypts nothing: nobody waits for them, and they read nothing. */
  get withUselessKeys() {
    return this.#names((id) => this.#keys.get(id)?.key === null);
  }

  #names(isMeant) {
    return this.ids.filter((id) => id !== me.user?.id && isMeant(id)).map((id) => acquaintances.nameOf(id));
  }
}
