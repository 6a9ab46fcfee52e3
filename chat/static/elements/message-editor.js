// The field in which a message of one's own is written anew, in its own place.
import { setBusy } from "../forms.js";
import { lengthTrouble } from "./message-length.js";
import { make } from "./part.js";

/**
 * @param {{text: string, longest: () => number, save: (text: string) => Promise<void>, done: () => void}} given
 *   `done` when it is over, either way
 */
export function messageEditor({ text, longest, save, done }) {
  const field = make("textarea", { class: "writing", rows: "1", dir: "auto", "aria-label": "Edit your message" });
  field.value = text;
  const trouble = make("p", { class: "field-trouble", role: "alert" });
  const sure = make("button", { class: "button button-small", type: "submit" }, "Save");
  const no = make("button", { class: "button button-quiet button-small", type: "button" }, "Cancel");
  const form = make("form", { class: "message-editor" }, field, trouble, make("div", { class: "actions" }, no, sure));

  async function submit() {
    const wanted = field.value.trim();
    if (!wanted || wanted === text) return done();
    trouble.textContent = lengthTrouble(wanted, longest());
    if (trouble.textContent || sure.getAttribute("aria-busy")) return;
    setBusy(sure, true);
    try {
      await save(wanted);
      done();
    } catch (error) {
      trouble.textContent = `Not saved. ${error.message}`;
    } finally {
      setBusy(sure, false);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") done();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === field) {
      event.preventDefault();
      submit();
    }
  });
  no.addEventListener("click", () => done());
  return form;
}

/** With the cursor behind the last letter, where one goes on. */
export function focusEditor(form) {
  const field = form.querySelector("textarea");
  field.focus({ preventScroll: true });
  field.setSelectionRange(field.value.length, field.value.length);
}
