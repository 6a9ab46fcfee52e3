// Bytes as text and back, in the standard alphabet.

const STEP = 0x8000; // so many arguments at once are safe for every browser

/** @param {Uint8Array} bytes */
export function toBase64(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += STEP) {
    text += String.fromCharCode(...bytes.subarray(start, start + STEP));
  }
  return btoa(text);
}

/**
 * @param {unknown} text padded or not
 * @returns {Uint8Array<ArrayBuffer> | null} null for what is no base64
 */
export function fromBase64(text) {
  if (typeof text !== "string") return null;
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}
