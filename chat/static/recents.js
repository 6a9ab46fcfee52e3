// The pages one was at last, newest first, kept in the profile. Told when one has stayed a little, not at every step.
import { ask } from "./latch.js";
import { me } from "./me.js";

const STAYED_MS = 3_000;
const KEPT = 10;
const WORTH = /^\/(chat(\/[0-9a-f-]{36})?|account)$/;

let timer;

export function followRecents() {
  document.addEventListener("page-shown", arrived);
  arrived();
}

function arrived() {
  clearTimeout(timer);
  const path = location.pathname;
  if (WORTH.test(path)) timer = setTimeout(() => tell(path), STAYED_MS);
}

async function tell(path) {
  const held = me.user?.recents;
  if (!held || held[0] === path) return;
  const recents = [path, ...held.filter((other) => other !== path)].slice(0, KEPT);
  try {
    me.learn(await ask("POST", "/api/recents", { recents }));
  } catch {
    // A convenience: the next page tells it again.
  }
}
