// Who is in a conversation: everybody, the asker too.
import { avatar, named } from "../faces.js";
import { online } from "../live.js";
import { me } from "../me.js";
import { conversations } from "../talk/conversations.js";
import { openModal } from "./modal.js";
import { make } from "./part.js";

export function peopleDialog(room, signal) {
  const list = make("ul", { class: "people", role: "list" });
  const dialog = openModal({ title: "People", signal }, list);
  const closed = new AbortController();
  const show = () => list.replaceChildren(...rows(room));
  dialog.addEventListener("close", () => closed.abort());
  for (const source of [conversations, online]) source.addEventListener("change", show, { signal: closed.signal });
  show();
}

function rows(room) {
  const here = new Set(online.list().map(({ id }) => id));
  const { id, display_name: name, email } = me.user;
  const others = room.summary?.people ?? []; // a conversation that has just gone has nobody in it
  return [row({ id, name, email }, here, true), ...others.map((person) => row(person, here, false))];
}

function row({ id, name, email }, here, isMe) {
  const face = make("span", { class: "face", "data-online": here.has(id) }, avatar(id, name));
  const badges = [isMe && "You", !isMe && here.has(id) && "Here now"].filter(Boolean);
  return make(
    "li",
    { class: "person" },
    face,
    make("span", { class: "person-name" }, named(name), ...badges.map((words) => make("span", { class: "badge" }, words))),
    make("span", { class: "person-since" }, email),
  );
}
