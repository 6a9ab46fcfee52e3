// What a client does when its socket is closed, as data. Codes that are not in the table, and ends without one (1006),
// are answered with a reconnect after a random wait that grows.

/**
 * `end`: the session is over, do not reconnect. `renew`: another auth token first, then reconnect. Before any
 * reconnect, `atLeast` milliseconds pass, and a random part of `spread`, on top of the back-off.
 *
 * @typedef {{then: "end" | "renew" | "reconnect", atLeast: number, spread: number}} AfterClose
 */

/** @type {AfterClose} */
const RECONNECT = { then: "reconnect", atLeast: 0, spread: 0 };

/** @type {Readonly<Record<number, AfterClose>>} */
export const CLOSE_CODES = Object.freeze({
  1001: RECONNECT, // the server goes away
  1008: { ...RECONNECT, atLeast: 5_000 }, // too many frames: what was not answered is not sent again
  1009: RECONNECT, // a frame was too large: it is not sent again
  1011: RECONNECT, // something went wrong on the server's side
  1012: { ...RECONNECT, spread: 10_000 }, // the node drains: everybody who was on it comes to the others
  1013: { ...RECONNECT, atLeast: 1_000 }, // we did not read what was sent
  4401: { ...RECONNECT, then: "end" }, // the session has ended; the close says why
  4408: { ...RECONNECT, then: "renew" }, // the newest auth token of the session expired a while ago
});

/**
 * | opened | renewed for it | code      | what follows                 |
 * |--------|----------------|-----------|------------------------------|
 * | yes    | any            | in table  | as the table says            |
 * | yes    | any            | any other | reconnect                    |
 * | no     | no             | any       | renew once, then reconnect   |
 * | no     | yes            | any       | reconnect                    |
 *
 * A handshake that is refused (403) looks like a dead network, and the token may be why: one renewal is worth a try.
 *
 * @param {{code: number, opened: boolean, renewed: boolean}} close
 * @returns {AfterClose}
 */
export function decideAfterClose({ code, opened, renewed }) {
  if (opened) return CLOSE_CODES[code] ?? RECONNECT;
  return renewed ? RECONNECT : { ...RECONNECT, then: "renew" };
}
