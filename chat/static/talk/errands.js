// What is to be done in conversations that nobody looks at: texts written before a reload are sent, and where others
// wait for a key of ours, it is made and announced. One conversation after the other, in the background.
import { session } from "../latch.js";
import { conversations } from "./conversations.js";
import { keep, kept } from "./kept.js";
import { conversationsWithUnsent } from "./outbox.js";
import { openRoom } from "./room.js";

const VISITED_AT_START = 20;

let visits = new AbortController();

export function beginErrands() {
  visits = new AbortController();
  const { signal } = visits;
  const userId = session.state.user.id;
  for (const id of conversationsWithUnsent(userId)) visit(id, signal, ({ entries }) => !entries.some(isUnsent));
  const listen = (type, hear) => conversations.addEventListener(type, hear, { signal });
  listen("new_conversation", ({ detail }) => announce(detail.id, userId, signal));
  listen("change", () => conversations.ready && announceAll(userId, signal));
}

export function endErrands() {
  visits.abort();
}

function isUnsent({ state }) {
  return state === "sending" || state === "waiting";
}

let announcing = null;

/** At the start, once: conversations that others may have begun while we were away. */
function announceAll(userId, signal) {
  if (announcing === signal) return;
  announcing = signal;
  const unknown = conversations.list().filter(({ id, unread }) => unread === 0 && !isAnnounced(userId, id));
  let last = Promise.resolve();
  for (const { id } of unknown.slice(0, VISITED_AT_START)) last = last.then(() => announce(id, userId, signal));
}

async function announce(id, userId, signal) {
  if (signal.aborted || isAnnounced(userId, id)) return;
  await visit(id, signal, ({ hasOwnKey }) => hasOwnKey);
  if (!signal.aborted) keep(userId, `announced.${id}`, "yes");
}

function isAnnounced(userId, id) {
  return kept(userId, `announced.${id}`) !== null;
}

/** Holds a room until nothing is left to do in it, or there is no room. */
function visit(id, signal, isDone) {
  const room = openRoom(id);
  return new Promise((resolve) => {
    const look = () => {
      if (!signal.aborted && room.status === "joining") return;
      if (!signal.aborted && room.status === "ready" && !isDone(room)) return;
      room.removeEventListener("change", look);
      signal.removeEventListener("abort", look);
      room.close();
      resolve(undefined);
    };
    room.addEventListener("change", look);
    signal.addEventListener("abort", look);
    look();
  });
}
