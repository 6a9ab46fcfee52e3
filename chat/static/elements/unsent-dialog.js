// Before a sign-out: what this browser has not sent yet goes with it, for good. Whoever would lose something is asked.
import { count } from "../chat-words.js";
import { named } from "../faces.js";
import { session } from "../latch.js";
import { conversations } from "../talk/conversations.js";
import { countUnsent } from "../talk/outbox.js";
import { confirmed } from "./confirm-dialog.js";

const MOST_NAMED = 3;
/** What is sent meanwhile, here or by another tab, is told by nobody. */
const LOOKED_AGAIN_MS = 300;

const NOTHING_LEFT = { title: "Sign out?", words: "All messages have been sent meanwhile.", yes: "Sign out" };

/** @returns {Promise<boolean>} whether it may be signed out: nothing waits, or it may be thrown away */
export async function mayLeaveUnsent() {
  const { user } = session.state;
  const counts = user ? countUnsent(user.id) : new Map();
  if (!counts.size) return true;
  const over = new AbortController();
  // Signed out from afar meanwhile: there is nothing to ask any more.
  const off = session.on("change", ({ status }) => status === "signed_out" && over.abort());
  let timer;
  try {
    return await confirmed(question(counts), over.signal, (show) => (timer = keepUp(user.id, counts, show)));
  } finally {
    clearInterval(timer);
    off();
  }
}

/** @param {Map<string, number>} counts as they are shown */
function keepUp(userId, counts, show) {
  let shown = JSON.stringify([...counts]);
  return setInterval(() => {
    const now = countUnsent(userId);
    const state = JSON.stringify([...now]);
    if (state === shown) return;
    shown = state;
    show(now.size ? question(now) : NOTHING_LEFT);
  }, LOOKED_AGAIN_MS);
}

function question(counts) {
  const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
  const have = total === 1 ? "message has" : "messages have";
  const them = total === 1 ? "it" : "them";
  return {
    title: "Sign out with messages unsent?",
    words: [`${total} ${have} not been sent: `, ...places(counts), `. Signing out throws ${them} away.`],
    yes: "Sign out anyway",
    no: "Stay",
  };
}

function places(counts) {
  // What a browser keeps is in no order: where most would be lost comes first.
  const shown = [...counts].sort(([, one], [, other]) => other - one).slice(0, MOST_NAMED);
  const left = counts.size - shown.length;
  const pieces = shown.flatMap(([id, number], at) => [
    at ? ", " : "",
    `${number} in “`,
    named(conversations.get(id)?.title ?? "a conversation that is not there any more"),
    "”",
  ]);
  return left ? [...pieces, ` and more in ${count(left, "other", "others")}`] : pieces;
}
