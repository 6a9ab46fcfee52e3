// Why something in a conversation did not work, as people read it.

const REFUSALS = {
  not_found: "This conversation is not there, or you are no longer in it.",
  wrong_recipients: "Who is in this conversation has just changed. Please try again.",
  invalid_message: "The server does not take this message.",
  invalid_key: "The server does not take the key that this browser made.",
  private_conversation: "That is not possible in a conversation of two.",
  invalid_token: "You have to be signed in for this. It is tried again as soon as you are.",
  unavailable: "The server is busy. Please try again in a moment.",
  invalid_request: "The server does not take this.",
};

/** @param {any} error a PushError, or whatever else was thrown */
export function sentenceOf(error) {
  if (error.code === "closed") return "This conversation is not open any more.";
  if (error.code !== "refused") return error.message;
  return REFUSALS[error.response] ?? REFUSALS.invalid_request;
}

/** The same error, in words for people. */
export function explained(error) {
  return Object.assign(new Error(sentenceOf(error), { cause: error }), { code: error.response ?? error.code });
}
