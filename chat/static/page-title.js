// The title of the window: what the page is called, after the number of messages that are not read yet.
import { conversations } from "./talk/conversations.js";

const MARK = /^\(\d+\+?\) /;

let name = document.title;

export function followTitle() {
  conversations.addEventListener("change", show);
  document.addEventListener("page-shown", () => {
    name = document.title.replace(MARK, "");
    show();
  });
  show();
}

/** This page has a name of its own. */
export function titled(words) {
  name = `${words} · Latchstring`;
  show();
}

function show() {
  const { unread } = conversations;
  // Some pages name themselves while they are open.
  if (!document.title.endsWith(name)) name = document.title.replace(MARK, "");
  const title = unread ? `(${unread > 99 ? "99+" : unread}) ${name}` : name;
  if (document.title !== title) document.title = title;
}
