// <toast-list>: short messages about what happened elsewhere. They wait while they are pointed at or focused.
import { icon, make, Part } from "./part.js";

const SHOWN_MS = 10_000;

class ToastList extends Part {
  arrive() {
    // There from the start, so that screen readers hear what is added later.
    this.setAttribute("role", "status");
    this.setAttribute("aria-label", "Messages");
  }

  show(text) {
    for (const old of [...this.children]) if (old.firstChild.textContent === text) old.remove();
    const close = make(
      "button",
      { class: "icon-button", type: "button", "aria-label": "Close this message" },
      icon("close"),
    );
    const toast = make("div", { class: "toast" }, make("span", {}, text), close);
    close.addEventListener("click", () => toast.remove());
    this.append(toast);
    this.#expire(toast);
  }

  #expire(toast) {
    let timer;
    const stop = () => clearTimeout(timer);
    const start = () => {
      stop(); // pointer and focus may leave one after the other
      timer = setTimeout(() => toast.remove(), SHOWN_MS);
    };
    // One that comes under a pointer at rest is not pointed at.
    for (const type of ["pointermove", "focusin"]) toast.addEventListener(type, stop);
    for (const type of ["pointerleave", "focusout"]) toast.addEventListener(type, start);
    start();
  }
}

customElements.define("toast-list", ToastList);

/** Shows a message on whatever page is open. */
export function toast(text) {
  document.querySelector("toast-list").show(text);
}
