// A question before something that cannot be taken back: the browser's own dialog keeps the focus and knows Escape.
import { make } from "./part.js";

/**
 * Resolves to whether the answer was yes. With an aborted `signal`, what was asked about is gone: it was not.
 *
 * @param {{title: string, words: any, yes: string, no?: string}} question
 * @param {AbortSignal} [signal]
 * @param {(show: (question: {title: string, words: any, yes: string}) => void) => void} [follow] is given what shows the
 *   question as it has become meanwhile
 */
export function confirmed({ title, words, yes, no: stay = "Cancel" }, signal, follow) {
  const heading = make("h2", { id: "confirm-title" }, title);
  const said = make("p", { role: follow && "status" }, ...[words].flat());
  const no = make("button", { class: "button button-quiet", type: "submit", value: "no" }, stay);
  const sure = make("button", { class: "button button-danger", type: "submit", value: "yes" }, yes);
  const dialog = make(
    "dialog",
    { "aria-labelledby": "confirm-title" },
    make(
      "form",
      { method: "dialog" },
      heading,
      said,
      make("div", { class: "actions" }, no, sure),
    ),
  );
  signal?.addEventListener("abort", () => dialog.close("no"), { once: true });
  document.body.append(dialog);
  dialog.showModal();
  follow?.((now) => {
    heading.textContent = now.title;
    said.replaceChildren(...[now.words].flat());
    sure.textContent = now.yes;
  });
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
