// A name for a group, asked for.
import { onSubmit } from "../forms.js";
import { make } from "./part.js";
import { openModal } from "./modal.js";

const LONGEST_NAME = 80;

/**
 * @param {{title: string, hint: string, value: string, save: (name: string) => Promise<void>, signal: AbortSignal}} asked
 */
export function nameDialog({ title, hint, value, save, signal }) {
  const form = make("form", { novalidate: true }, trouble(), nameField({ value, hint }), saveButton());
  const dialog = openModal({ title, signal }, form);
  const closed = new AbortController();
  dialog.addEventListener("close", () => closed.abort());
  onSubmit(form, closed.signal, async ({ alias }) => {
    await save(alias.trim());
    dialog.close();
  });
  form.elements.alias.select();
}

/** The field for it, as the forms here have them. */
export function nameField({ value = "", hint = "", label = "Name of the group" }) {
  return make(
    "div",
    { class: "field", "data-field": "alias" },
    make("label", { for: "alias" }, label, " ", make("span", { class: "optional" }, "optional")),
    make("input", { id: "alias", name: "alias", value, maxlength: LONGEST_NAME, autocomplete: "off", dir: "auto", "aria-describedby": "alias-hint alias-trouble" }),
    make("p", { class: "hint", id: "alias-hint" }, hint),
    make("p", { class: "field-trouble", id: "alias-trouble", "data-field-trouble": true }),
  );
}

function trouble() {
  return make("p", { class: "form-trouble", role: "alert", "data-trouble": true });
}

function saveButton() {
  const button = make("button", { class: "button", type: "submit", "data-progress": true }, "Save");
  return make("div", { class: "actions" }, button);
}
