// What a session's calls throw. It holds what the server said, for people and for programs, and never a token.

/** A refusal of the server, or its silence. */
export class SessionError extends Error {
  /**
   * `status` is the HTTP status, 0 where no answer came. `code` is the contract's error code, or one of ours:
   * `unavailable` (no answer, or one that says nothing: try again later) and `signed_out` (nobody is signed in here).
   * `retryAfter` is in seconds, null where the server named none.
   *
   * @param {{status: number, code: string, message?: string, reason?: string | null,
   *   fields?: {path: string, message: string}[], retryAfter?: number | null}} said
   */
  constructor({ status, code, message, reason = null, fields = [], retryAfter = null }) {
    super(message ?? "The server did not answer. Nothing was lost; please try again.");
    this.name = "SessionError";
    this.status = status;
    this.code = code;
    this.reason = reason;
    this.fields = fields;
    this.retryAfter = retryAfter;
  }
}

/**
 * @param {import("./request.js").Answer} answer one that is no success
 */
export function errorOf({ status, body, retryAfter }) {
  const { code = "unavailable", message, reason, fields } = body?.error ?? {};
  // A success without what was asked for is somebody else's page (a captive portal's): no answer of the server.
  return new SessionError({ status: status < 400 ? 0 : status, code, message, reason, fields, retryAfter });
}

/** @param {import("./refresh-outcome.js").Outcome} outcome one that leaves a call without a token to send */
export function errorFor(outcome) {
  if (outcome.outcome === "try_later") {
    return new SessionError({ status: 0, code: "unavailable", retryAfter: outcome.retryAfter });
  }
  return signedOutError(outcome.outcome === "ended" ? outcome.reason : null);
}

/**
 * Nobody is signed in here (any more).
 *
 * @param {string | null} reason
 */
function signedOutError(reason = null) {
  const message = "Nobody is signed in here.";
  return new SessionError({ status: 401, code: reason ? "session_ended" : "signed_out", message, reason });
}
