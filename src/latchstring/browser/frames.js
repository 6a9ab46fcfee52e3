// The wire of Phoenix Channels, serializer version 2.0.0: frames are `[join_ref, ref, topic, event, payload]` as JSON
// text. The auth token goes into a header (Sec-WebSocket-Protocol), never into the URL, which ends up in access logs.

/** @typedef {[string | null, string | null, string, string, any]} Frame */

/** @param {Frame} frame */
export function encode(frame) {
  return JSON.stringify(frame);
}

/**
 * @param {unknown} data
 * @returns {Frame | null} null for what is no frame
 */
export function decode(data) {
  if (typeof data !== "string") return null;
  try {
    const frame = JSON.parse(data);
    return Array.isArray(frame) && frame.length === 5 ? /** @type {Frame} */ (frame) : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} url the socket's, as phoenix clients take it: `/socket`, `https://…/socket` or `wss://…/socket`
 */
export function addressOf(url) {
  const address = new URL(url, globalThis.location?.href);
  address.protocol = address.protocol.replace(/^http/, "ws");
  address.pathname = `${address.pathname.replace(/\/(websocket)?$/, "")}/websocket`;
  address.searchParams.set("vsn", "2.0.0");
  address.searchParams.delete("token");
  address.hash = "";
  return address.href;
}

/** @param {string} token */
export function protocolsFor(token) {
  // In the alphabet for URLs: `/` may not stand in a subprotocol's name.
  const encoded = btoa(token).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return ["phoenix", `base64url.bearer.phx.${encoded}`];
}
