// The token of a mailed link, as take-token.js has taken it out of the address, and the calls that it is good for.
import { SessionError } from "/latchstring/session.js";

const PATIENCE_MS = 15_000;

/** Hands over the token that the page came with, if any, and each that comes while the page is there. */
export function onMailedToken(signal, take) {
  const hand = () => {
    const token = window.mailedToken;
    delete window.mailedToken;
    if (token) take(token);
  };
  addEventListener("mailed-token", hand, { signal });
  hand();
}

/** A code as it was pasted, perhaps with the line it stood in. */
export function readCode(text) {
  return text.match(/[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/)?.[0] ?? text.trim();
}

/** One call that needs nobody to be signed in. Returns the body, if there is one; throws SessionError. */
export async function askOpenly(path, body) {
  const answer = await post(path, body);
  if (answer.status < 300) return answer.body;
  throw new SessionError({ code: "unavailable", ...answer.body?.error, ...answer });
}

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      // A redirect is somebody else's answer (a captive portal's).
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await response.text();
    const retryAfter = Number(response.headers.get("Retry-After")) || null;
    return { status: response.status, body: text ? JSON.parse(text) : null, retryAfter };
  } catch {
    return { status: 0, body: null, retryAfter: null };
  }
}
