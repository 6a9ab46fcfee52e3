// Why the last sign-in here ended without its owner's doing: kept in this tab, over reloads, until it has been read where
// one signs in: it goes when that page is left, or somebody signs in.

const KEY = "latchstring.ended";
const TOLD = "latchstring.ended.told";

class Ending extends EventTarget {
  #reason = read(KEY);
  #isTold = read(TOLD) !== null;

  /** @returns {string | null} a reason of `words.js` */
  get reason() {
    return this.#reason;
  }

  /** @param {string} reason */
  remember(reason) {
    this.#set(reason);
  }

  /** It is on the page where one signs in. */
  tell() {
    this.#isTold = this.#reason !== null;
    write(TOLD, this.#isTold ? "yes" : null);
  }

  /** The page where one signs in has been left, by whatever way. */
  leave() {
    if (this.#isTold) this.forget();
  }

  forget() {
    this.#set(null);
  }

  #set(reason) {
    this.#reason = reason;
    this.#isTold = false;
    write(KEY, reason);
    write(TOLD, null);
    this.dispatchEvent(new Event("change"));
  }
}

export const ending = new Ending();

function read(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null; // storage is switched off: the reason lasts as long as this page
  }
}

function write(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
