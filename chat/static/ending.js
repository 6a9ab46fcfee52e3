// Why the last sign-in here ended without its owner's doing: kept in this tab, over reloads, until somebody signs in.

const KEY = "latchstring.ended";

class Ending extends EventTarget {
  #reason = read();

  /** @returns {string | null} a reason of `words.js` */
  get reason() {
    return this.#reason;
  }

  /** @param {string} reason */
  remember(reason) {
    this.#set(reason);
  }

  forget() {
    this.#set(null);
  }

  #set(reason) {
    this.#reason = reason;
    write(reason);
    this.dispatchEvent(new Event("change"));
  }
}

export const ending = new Ending();

function read() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // storage is switched off: the reason lasts as long as this page
  }
}

function write(reason) {
  try {
    if (reason === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, reason);
  } catch {
    // As above.
  }
}
