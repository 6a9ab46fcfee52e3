// One JSON call, as a value: whatever happens on the way (no network, a time-out, a captive portal's page), what comes
// back is an answer. Status 0 means that none came, and then nobody knows whether the server acted.

/** @typedef {{status: number, body: any, retryAfter: number | null}} Answer `retryAfter` in seconds */
/** @typedef {{body?: unknown, token?: string, signal?: AbortSignal, timeout?: number}} Details `timeout` in ms */
/** @typedef {(method: string, path: string, details?: Details) => Promise<Answer>} Request */

/** @type {Answer} */
const NO_ANSWER = Object.freeze({ status: 0, body: null, retryAfter: null });

export const TIMEOUT = 15_000;

/**
 * @param {{base: string, fetch: typeof globalThis.fetch, setTimer: Function, clearTimer: Function}} options
 * @returns {Request}
 */
export function createRequest({ base, fetch, setTimer, clearTimer }) {
  return async function request(method, path, { body, token, signal, timeout = TIMEOUT } = {}) {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimer(abort, timeout);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    try {
      const response = await fetch(base + path, { ...described(method, body, token), signal: controller.signal });
      return { status: response.status, body: parsed(await response.text()), retryAfter: secondsToWait(response) };
    } catch {
      // fetch has one error for everything, and says no more: the way is closed, or we closed it.
      return NO_ANSWER;
    } finally {
      clearTimer(timer);
      signal?.removeEventListener("abort", abort);
    }
  };
}

/** @returns {RequestInit} */
function described(method, body, token) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  return {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
    credentials: "same-origin",
    // A redirect is somebody else's answer (a captive portal's, a proxy's log-in page).
    redirect: "error",
  };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // empty, or a proxy's own page: the status alone counts
  }
}

function secondsToWait(response) {
  const named = response.headers.get("Retry-After");
  // Its other form, a date, would have to be held against this machine's clock, which may be a day off.
  return named !== null && /^\d+$/.test(named) ? Number(named) : null;
}
