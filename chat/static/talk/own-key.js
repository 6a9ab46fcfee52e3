// My key in one conversation: the one that the server keeps for me, or, where it has none, one that is made here and
// announced. Where two devices announce one at once, the first stands, and the other takes it.
import { Reader } from "./cipher.js";
import { importPrivate, isSameKey, makeKeyPair } from "./keys.js";

export class OwnKey {
  reader = new Reader(null);
  /** @type {any} my public half; null while there is none */
  jwk = null;
  /** Why there is none, where it was tried. @type {any} */
  trouble = null;
  #announcing = false;

  /** The private half, as a join tells it. @param {any} jwk */
  async take(jwk) {
    if (isSameKey(this.jwk, jwk)) return;
    this.#hold(jwk, await importPrivate(jwk));
  }

  #hold({ n, e }, key) {
    this.reader = new Reader(key);
    this.jwk = { n, e };
  }

  /**
   * Makes a pair and announces it, unless that is under way.
   *
   * @param {(event: string, payload: object) => Promise<any>} push
   * @param {() => any} standing my public key as it has been told meanwhile, by whatever device
   * @returns {Promise<boolean>} whether it stands; if not, it has to be asked for what does
   */
  async announce(push, standing) {
    if (this.#announcing) return true;
    this.#announcing = true;
    try {
      const pair = await makeKeyPair();
      if (standing()) return false;
      await push("set_encryption_keys", { ...pair, if_none: true });
      const key = await importPrivate(pair.private_key);
      const told = standing(); // asked last of all: nothing may be told between this and its being held
      if (told && !isSameKey(told, pair.public_key)) return false;
      this.#hold(pair.private_key, key);
      this.trouble = null;
      return true;
    } catch (error) {
      this.trouble = error;
      return true;
    } finally {
      this.#announcing = false;
    }
  }
}
