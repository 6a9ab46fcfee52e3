// A question before something that cannot be taken back: the browser's own dialog keeps the focus and knows Escape.
import { make } from "./part.js";

/** Resolves to whether the answer was yes. With an aborted `signal`, what was asked about is gone: it was not. */
export function confirmed({ title, words, yes, no: stay = "Cancel" }, signal) {
  const no = make("button", { class: "button button-quiet", type: "submit", value: "no" }, stay);
  const sure = make("button", { class: "button button-danger", type: "submit", value: "yes" }, yes);
  const dialog = make(
    "dialog",
    { "aria-labelledby": "confirm-title" },
    make(
      "form",
      { method: "dialog" },
      make("h2", { id: "confirm-title" }, title),
      make("p", {}, ...[words].flat()),
      make("div", { class: "actions" }, no, sure),
    ),
  );
  signal?.addEventListener("abort", () => dialog.close("no"), { once: true });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
