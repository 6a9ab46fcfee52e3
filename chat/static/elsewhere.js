// What the user reads or leaves on another device is told to those who have joined that conversation, and no other topic
// tells it here. So the list is asked for now and then, while there is another device to speak of.
import { conversations } from "./talk/conversations.js";

const EVERY_MS = 10_000;

/**
 * @param {import("./presence.js").Presence} people
 * @param {string} userId
 * @returns {() => void} ends it
 */
export function followElsewhere(people, userId) {
  let wereOthers = false;
  const timer = setInterval(() => {
    // Whoever hides is not seen here either: then there may be others.
    const areOthers = people.socketsOf(userId) !== 1;
    if ((areOthers || wereOthers) && people.synced && !document.hidden) conversations.refresh();
    wereOthers = areOthers;
  }, EVERY_MS);
  return () => clearInterval(timer);
}
