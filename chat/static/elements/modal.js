// A dialog made for one occasion: the browser keeps the focus in it, and it is gone when it closes.
import { icon, make } from "./part.js";

let last = 0;

/**
 * @param {{title: string, kind?: string, signal?: AbortSignal}} options `signal`: what it is about is gone, and so is it
 * @returns {HTMLDialogElement} open, with its title and a way to close it
 */
export function openModal({ title, kind = "", signal }, ...content) {
  const id = `modal-${++last}`;
  const close = make("button", { class: "icon-button", type: "button", "aria-label": "Close" }, icon("close"));
  const head = make("header", { class: "modal-head" }, make("h2", { id }, title), close);
  const dialog = make("dialog", { class: `modal ${kind}`.trim(), "aria-labelledby": id }, head, ...content);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  // Who goes to another page has left the question behind. Before all others hear of the page: a closing dialog gives
  // the focus back to where it was, and what is behind an open one cannot take it.
  document.addEventListener("page-shown", () => dialog.close(), { once: true, capture: true });
  signal?.addEventListener("abort", () => dialog.close(), { once: true });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
