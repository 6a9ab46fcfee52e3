// Where a tab keeps one word over a reload: sessionStorage, or, where the browser allows none, nothing that lasts.

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} TabStorage */

/** @returns {TabStorage} */
export function tabStorage() {
  try {
    return globalThis.sessionStorage ?? memoryStorage();
  } catch {
    return memoryStorage(); // blocked by the user's settings; naming it is enough to be refused
  }
}

/** @returns {TabStorage} */
function memoryStorage() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
