// The one session of this page, with its guard, its socket and its ties to the other tabs.
import { createGuard } from "/latchstring/guard.js";
import { createSession, SessionError } from "/latchstring/session.js";
import { createSocket } from "/latchstring/socket.js";
import { createTabs } from "/latchstring/tabs.js";
import { isPublic, loginPath } from "./places.js";

export const session = createSession({ tabs: createTabs({ name: "latchstring" }) });
export const guard = createGuard({ session, isPublic, loginPath });
export const socket = createSocket({
  url: document.querySelector('meta[name="socket-url"]').content,
  session,
});

/** One call of the API as whoever is signed in. Returns the body; throws SessionError for every refusal. */
export async function ask(method, path, body) {
  const answer = await session.call(method, path, body);
  if (answer.status < 400) return answer.body;
  const { status, retryAfter } = answer;
  throw new SessionError({ code: "unavailable", ...answer.body?.error, status, retryAfter });
}
