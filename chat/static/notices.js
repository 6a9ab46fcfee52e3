// Desktop notifications: only where they were asked for, only while nobody looks at this window. They tell from whom,
// and not what: a text that was sealed all the way here is not handed to the system's own list of notifications.
import { goTo } from "./router.js";
import { conversations } from "./talk/conversations.js";

const KEPT = "latchstring.notices";
/** Another window, perhaps in view, has a moment to read it first. */
const PATIENCE_MS = 1_500;

const shown = new Map();
let known = new Map();

class Notices extends EventTarget {
  /** @returns {"impossible" | "refused" | "off" | "on"} */
  get state() {
    if (!("Notification" in globalThis) || !isSecureContext) return "impossible";
    if (Notification.permission === "denied") return "refused";
    return Notification.permission === "granted" && isWanted() ? "on" : "off";
  }

  /** Only ever from a click: browsers hold a page that asks by itself in low esteem, and so do people. */
  async turnOn() {
    want(true);
    if (Notification.permission === "default") await Notification.requestPermission();
    this.dispatchEvent(new Event("change"));
  }

  turnOff() {
    want(false);
    this.dispatchEvent(new Event("change"));
  }
}

export const notices = new Notices();

export function followNotices() {
  known = counts();
  conversations.addEventListener("change", look);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const notice of shown.values()) notice.close();
    shown.clear();
  });
}

function look() {
  const before = known;
  known = counts();
  if (!document.hidden || notices.state !== "on") return;
  // What one sees for the first time is no news: the whole list comes at once after a sign-in.
  const more = [...known].filter(([id, unread]) => before.has(id) && unread > before.get(id));
  for (const [id] of more) setTimeout(() => tell(id), PATIENCE_MS);
}

function tell(id) {
  const summary = conversations.get(id);
  if (!document.hidden || !summary?.unread) return;
  const body = summary.unread === 1 ? "A new message" : `${summary.unread} new messages`;
  // One per conversation: the newer takes the place of the older.
  const notice = new Notification(summary.title, { body, tag: `latchstring-${id}`, icon: "/static/touch-icon.png" });
  shown.set(id, notice);
  notice.addEventListener("click", () => {
    window.focus();
    goTo(`/chat/${id}`);
  });
}

function counts() {
  return new Map(conversations.list().map(({ id, unread }) => [id, unread]));
}

function isWanted() {
  try {
    return localStorage.getItem(KEPT) !== "off";
  } catch {
    return true; // storage is switched off: the browser's own answer counts
  }
}

function want(wanted) {
  try {
    localStorage.setItem(KEPT, wanted ? "on" : "off");
  } catch {
    // As above.
  }
}
