// More people for a group.
import { clearTroubles, onSubmit } from "../forms.js";
import { chosenPeople } from "./chosen-people.js";
import { openModal } from "./modal.js";
import { make } from "./part.js";

export function inviteDialog(room, signal) {
  const chosen = chosenPeople(room.summary.people.map(({ id }) => id));
  const trouble = make("p", { class: "form-trouble", role: "alert", "data-trouble": true });
  const button = make("button", { class: "button", type: "submit", "data-progress": true }, "Invite");
  const hint = make("p", { class: "hint" }, "They can read what is said from now on, not what was said before.");
  const parts = make("div", { class: "modal-parts" }, trouble, ...chosen.elements, hint);
  const form = make("form", { novalidate: true }, parts, make("div", { class: "actions" }, button));
  chosen.onChange(() => clearTroubles(form));
  const dialog = openModal({ title: "Invite people", kind: "modal-people", signal }, form);
  const closed = new AbortController();
  dialog.addEventListener("close", () => closed.abort());
  onSubmit(form, closed.signal, async () => {
    const ids = chosen.ids();
    if (!ids.length) throw { status: 400, message: "Please choose somebody first." };
    await room.invite(ids);
    dialog.close();
  });
  chosen.elements[1].field.focus();
}
