// A text, encrypted once for each member, and read again. The forms are in docs/encryption.md, byte by byte, for those
// who write other clients.
import { fromBase64, toBase64 } from "./base64.js";

const SHORT = 190; // bytes that RSA-OAEP with 2048 bits and SHA-256 holds
const WRAPPED = 256; // bytes of an RSA ciphertext
const NONCE = 12;
const TAG = 16;
const MAGIC = /** @type {Uint8Array<ArrayBuffer>} */ (fromBase64("LHY1"));
const BEFORE_TEXT = MAGIC.length + WRAPPED + NONCE;

/** What a member gets whose public key encrypts nothing. Nobody can read it, and it says just that. */
export const NO_COPY = "LHY0";

const LONGEST = 8 * 1024;
const FRAME = 250 * 1024;
const ENVELOPE = 2048; // topic, event and ids, and a token where one has to be shown
const COPY_ENVELOPE = 42; // "<user id>":"…",
const CACHED = 1000;

const OAEP = { name: "RSA-OAEP" };
const toBytes = new TextEncoder();
const toText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param {string} text @returns {number} its length in bytes of UTF-8, which is what counts */
export function sizeOf(text) {
  return toBytes.encode(text).length;
}

/**
 * The longest text, in bytes, of which there is room for a copy for each member in one frame.
 *
 * @param {number} members
 */
export function longestText(members) {
  const forEach = Math.floor((FRAME - ENVELOPE) / Math.max(1, members)) - COPY_ENVELOPE;
  const bytes = Math.floor(forEach / 4) * 3;
  const long = bytes - BEFORE_TEXT - TAG;
  if (long > SHORT) return Math.min(long, LONGEST);
  return bytes >= WRAPPED + 2 ? SHORT : 0;
}

/**
 * One copy for each member.
 *
 * @param {string} text
 * @param {Map<string, CryptoKey | null>} keys by user id; null where somebody's key is of no use
 * @returns {Promise<Record<string, string>>}
 */
export async function encryptFor(text, keys) {
  const bytes = toBytes.encode(text);
  const seal = bytes.length <= SHORT ? (key) => wrap(bytes, key) : await hybrid(bytes);
  const copies = [...keys].map(async ([userId, key]) => [userId, key ? toBase64(await seal(key)) : NO_COPY]);
  return Object.fromEntries(await Promise.all(copies));
}

/** The text is encrypted once, under a key of its own; that key then goes to each member under theirs. */
async function hybrid(bytes) {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", key));
  return async (memberKey) => joined(MAGIC, await wrap(raw, memberKey), iv, sealed);
}

async function wrap(bytes, key) {
  return new Uint8Array(await crypto.subtle.encrypt(OAEP, key, bytes));
}

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reads with one private key, and remembers what it read last. */
export class Reader {
  /** @type {Map<string, string>} */
  #cache = new Map();
  #key;

  /** @param {CryptoKey | null} key null: nothing can be read (yet) */
  constructor(key) {
    this.#key = key;
  }

  /**
   * @param {unknown} content whatever came
   * @returns {Promise<string | null>} null: it cannot be read here. Never throws.
   */
  async read(content) {
    const known = this.#cache.get(/** @type {string} */ (content));
    if (known !== undefined) return known;
    try {
      const text = toText.decode(await this.#open(fromBase64(content)));
      this.#remember(/** @type {string} */ (content), text);
      return text;
    } catch {
      return null; // another key's, damaged, or no text at all: for a reader it is all one
    }
  }

  async #open(bytes) {
    if (bytes.length === WRAPPED) return this.#unwrap(bytes);
    if (bytes.length < BEFORE_TEXT + TAG || MAGIC.some((byte, at) => bytes[at] !== byte)) throw new TypeError();
    const raw = await this.#unwrap(bytes.subarray(MAGIC.length, MAGIC.length + WRAPPED));
    const iv = bytes.subarray(MAGIC.length + WRAPPED, BEFORE_TEXT);
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    return crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, bytes.subarray(BEFORE_TEXT));
  }

  #unwrap(bytes) {
    return crypto.subtle.decrypt(OAEP, /** @type {CryptoKey} */ (this.#key), bytes);
  }

  #remember(content, text) {
    if (this.#cache.size >= CACHED) this.#cache.delete(/** @type {string} */ (this.#cache.keys().next().value));
    this.#cache.set(content, text);
  }
}
