// What can be done with a message, beside it: seen when it is pointed at or focused, reached with Tab.
import { icon, make } from "./part.js";

/** Each button names its deed in `data-act`; whoever holds the row acts on it. */
export function messageActions(message) {
  const acts = actsOf(message);
  const buttons = acts.map(([act, label, drawing]) =>
    make("button", { class: "icon-button", type: "button", "data-act": act, "aria-label": label, title: label }, icon(drawing)),
  );
  return make("div", { class: "message-acts" }, ...buttons);
}

/** What did not go out is not lost: always in sight. */
export function rescue({ state }) {
  if (state !== "failed") return [];
  const again = { class: "button button-small", type: "button", "data-act": "retry" };
  const away = { class: "button button-quiet button-small", type: "button", "data-act": "discard" };
  return [make("div", { class: "message-rescue" }, make("button", away, "Discard"), make("button", again, "Try again"))];
}

function actsOf({ isMine, isDeleted, state, text, group }) {
  if (isDeleted) return [];
  const acts = text === null ? [] : [["copy", "Copy the text", "copy"]];
  if (isMine && state === "waiting") acts.push(["discard", "Discard", "trash"]);
  if (!isMine || state !== "sent" || !group) return acts;
  if (text !== null) acts.push(["edit", "Edit", "pencil"]);
  return [...acts, ["delete", "Delete", "trash"]];
}
