// The title of the window: what the page is called, after the number of messages that are not read yet.
import { conversations } from "./talk/conversations.js";

const MARK = /^\(\d+\+?\) /;

let name = document.title;

export function followTitle() {
  conversations.addEventListener("change", follow);
  document.addEventListener("page-shown", follow);
  follow();
}

/** This page has a name of its own. */
export function titled(words) {
  name = `${words} · Latchstring`;
  show();
}

/** Pages come with a name, and some change it while they are open: what the title says now is what counts. */
function follow() {
  name = document.title.replace(MARK, "");
  show();
}

function show() {
  const { unread } = conversations;
  const title = unread ? `(${unread > 99 ? "99+" : unread}) ${name}` : name;
  if (document.title !== title) document.title = title;
}
