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
    const described = describe(method, body, token);
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimer(abort, timeout);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    const received = await receive(base + path, { ...described, signal: controller.signal });
    clearTimer(timer);
    signal?.removeEventListener("abort", abort);
    return received === null ? NO_ANSWER : answerOf(received);
  };

  /** @returns {Promise<{response: Response, text: string} | null>} null where no whole answer came */
  async function receive(address, init) {
    try {
      const response = await fetch(address, init);
      return { response, text: await response.text() };
    } catch {
      // Nothing of ours runs in here. fetch has many words for "no" (TypeError, AbortError, each browser's own), and they
      // all mean that the way is closed, or that we closed it.
      return null;
    }
  }
}

/**
 * Throws where the body is nothing that JSON can say: the caller's mistake, and no trouble on the way.
 *
 * @returns {RequestInit}
 */
function describe(method, body, token) {
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

/** @param {Answer} answer one that another token may turn into a better one */
export function isTokenRefused({ status, body }) {
  return status === 401 && ["invalid_token", "superseded"].includes(body?.error?.code);
}

/** @returns {Answer} */
function answerOf({ response, text }) {
  return { status: response.status, body: parsed(text), retryAfter: secondsToWait(response) };
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
