// The one session of this page, with its guard, its socket and its ties to the other tabs.
import { createGuard } from "/latchstring/guard.js";
import { createSession } from "/latchstring/session.js";
import { createSocket } from "/latchstring/socket.js";
import { createTabs } from "/latchstring/tabs.js";
import { isPublic } from "./places.js";

export const tabs = createTabs({ name: "latchstring" });
export const session = createSession({ tabs });
export const guard = createGuard({
  session,
  isPublic,
  loginPath: (next) => `/login?next=${encodeURIComponent(next)}`,
});
export const socket = createSocket({
  url: document.querySelector('meta[name="socket-url"]').content,
  session,
});

/** A refusal of the server, or its silence (status 0), as something to show. */
export class Trouble extends Error {
  constructor(status, { code = "unavailable", message, fields = [] } = {}) {
    super(message ?? "The server did not answer. Nothing was lost; please try again.");
    Object.assign(this, { status, code, fields });
  }
}

/** One call of the API as whoever is signed in. Returns the body; throws Trouble. */
export async function ask(method, path, body) {
  let answer;
  try {
    answer = await session.call(method, path, body);
  } catch (error) {
    throw new Trouble(error.status ?? 0, error.status ? error : {});
  }
  if (answer.status >= 400) throw new Trouble(answer.status, answer.body?.error);
  return answer.body;
}
