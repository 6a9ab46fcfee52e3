// What a join or a push throws. Its message never holds what was pushed.

const SENTENCES = {
  refused: "The server refused this.",
  timeout: "The server did not answer in time; it may have acted, or not.",
  connection_lost: "The connection was lost before the answer; the server may have acted, or not.",
  closed: "This channel is not joined (any more).",
};

export class PushError extends Error {
  /**
   * @param {"refused" | "timeout" | "connection_lost" | "closed"} code
   * @param {{response?: unknown, cause?: unknown}} [details] `response` is the server's, where it refused
   */
  constructor(code, { response = null, cause } = {}) {
    super(SENTENCES[code], { cause });
    this.name = "PushError";
    this.code = code;
    this.response = response;
  }
}
