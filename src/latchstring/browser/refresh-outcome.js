// What an answer to /auth/refresh or /auth/silent means. There are three outcomes and never two: whatever is not known
// to be the end of the session is "try later", and then everything is kept.

/** Why a session ended, as the contract says it. */
export const END_REASONS = Object.freeze([
  "signed_out",
  "signed_out_elsewhere",
  "idle",
  "expired",
  "replayed",
  "password_changed",
  "account_closed",
  "unknown",
]);

/** @typedef {{token: string, expiresIn: number, payload: any | null}} Refreshed `expiresIn` in seconds */
/**
 * @typedef {{outcome: "refreshed"} | {outcome: "ended", reason: string} | {outcome: "guest"}
 *   | {outcome: "try_later", retryAfter: number | null}} Outcome `retryAfter` in seconds
 */
/**
 * @typedef {Exclude<Outcome, {outcome: "refreshed"}> | {outcome: "refreshed", refreshed: Refreshed}
 *   | {outcome: "again"}} Decision
 */

/**
 * | status | says                          | silent | signed in here | decision             |
 * |--------|-------------------------------|--------|----------------|----------------------|
 * | 200    | a token and its life          | any    | any            | refreshed            |
 * | 200    | anything else (a portal)      | any    | any            | try_later            |
 * | 204    |                               | yes    | any            | guest                |
 * | 401    | session_ended, a known reason | any    | any            | ended, that reason   |
 * | 401    | session_ended, any other      | any    | yes            | ended, unknown       |
 * | 401    | session_ended, any other      | any    | no             | guest                |
 * | 409    | retry                         | any    | any            | again, in a moment   |
 * | 0, any other |                         | any    | any            | try_later            |
 *
 * Whoever was not signed in here and whose cookie did not come is a guest: to them, "you were signed out" is no news
 * and perhaps not true.
 *
 * @param {import("./request.js").Answer} answer
 * @param {{silent: boolean, signedInHere: boolean}} asked
 * @returns {Decision}
 */
export function decideRefresh({ status, body, retryAfter }, { silent, signedInHere }) {
  const code = body?.error?.code;
  if (status === 200 && hasToken(body)) return { outcome: "refreshed", refreshed: refreshedBy(body) };
  if (status === 204 && silent) return { outcome: "guest" };
  if (status === 401 && code === "session_ended") return ended(body.error.reason, signedInHere);
  if (status === 409 && code === "retry") return { outcome: "again" };
  return { outcome: "try_later", retryAfter };
}

/** @returns {Decision} */
function ended(reason, signedInHere) {
  const known = END_REASONS.includes(reason) ? reason : "unknown";
  return known === "unknown" && !signedInHere ? { outcome: "guest" } : { outcome: "ended", reason: known };
}

function hasToken(body) {
  const { token, expiresIn } = tokenIn(body);
  return typeof token === "string" && token !== "" && typeof expiresIn === "number" && expiresIn > 0;
}

/**
 * @param {any} body of a 200: a refresh's `{token, expires_in}`, or a sign-in payload
 * @returns {Refreshed}
 */
export function refreshedBy(body) {
  return { ...tokenIn(body), payload: body.user ? body : null };
}

function tokenIn(body) {
  return { token: body?.auth_token ?? body?.token, expiresIn: body?.auth_token_expires_in ?? body?.expires_in };
}
