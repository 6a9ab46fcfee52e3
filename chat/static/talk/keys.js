// The key pair that a member has in each conversation: made here, sent once, and then kept in memory as a key that can
// be used but not be taken out again.

/** @typedef {Record<string, any>} Jwk as the wire has it: twelve members, absent ones null */
/** @typedef {{public_key: Jwk, private_key: Jwk}} WirePair */

const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };
const MEMBERS = ["alg", "d", "dp", "dq", "e", "ext", "key_ops", "kty", "n", "p", "q", "qi"];
const PUBLIC = ["n", "e"];
const PRIVATE = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];

/** @returns {Promise<WirePair>} a new pair, as it is sent. Nothing else keeps its private half. */
export async function makeKeyPair() {
  const kind = { ...OAEP, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const made = await crypto.subtle.generateKey(kind, true, ["encrypt", "decrypt"]);
  const [shown, hidden] = await Promise.all(
    [made.publicKey, made.privateKey].map((key) => crypto.subtle.exportKey("jwk", key)),
  );
  return { public_key: onWire(shown), private_key: onWire(hidden) };
}

function onWire(jwk) {
  return Object.fromEntries(MEMBERS.map((name) => [name, jwk[name] ?? null]));
}

/**
 * @param {Jwk | null | undefined} jwk
 * @returns {Promise<CryptoKey | null>} null for a key that encrypts nothing: it is tried out once
 */
export async function importPublic(jwk) {
  try {
    const key = await importKey(jwk, PUBLIC, "encrypt");
    await crypto.subtle.encrypt(OAEP, key, new Uint8Array(32));
    return key;
  } catch {
    return null;
  }
}

/**
 * @param {Jwk | null | undefined} jwk
 * @returns {Promise<CryptoKey | null>} not extractable; null for what is no key
 */
export async function importPrivate(jwk) {
  try {
    return await importKey(jwk, PRIVATE, "decrypt");
  } catch {
    return null;
  }
}

/** Only the numbers are taken over: what else a key says of itself (or null) is no business of ours. */
function importKey(jwk, numbers, use) {
  const taken = Object.fromEntries(numbers.map((name) => [name, jwk[name]]));
  return crypto.subtle.importKey("jwk", { kty: "RSA", ...taken }, OAEP, false, [use]);
}

/** Whether two keys belong to one pair. */
export function isSameKey(one, other) {
  return Boolean(one && other) && one.n === other.n && one.e === other.e;
}
