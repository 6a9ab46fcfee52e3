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

  /**
   * @param {string} reason
   * @returns {boolean} false where this end was told already: a server that is asked again says it again
   */
  remember(reason) {
    const isNews = !this.#isTold;
    if (isNews) this.#set(reason);
    return isNews;
  }

  /** It is on the page where one signs in. */
  tell() {
    this.#isTold = true;
    write(TOLD, "yes");
  }

  /** The page where one signs in has been left, by whatever way. */
  leave() {
    if (this.#isTold) this.#set(null);
  }

  /** Somebody has signed in: the next end is another. */
  forget() {
    this.#isTold = false;
    write(TOLD, null);
    this.#set(null);
  }

  #set(reason) {
    this.#reason = reason;
    write(KEY, reason);
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
