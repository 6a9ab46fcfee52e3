// <toast-list>: short messages about what happened elsewhere, and that what one did is done. All that lies under one can
// be clicked through it. They wait while they are focused, or their button is pointed at.
import { icon, make, Part } from "./part.js";

const SHOWN_MS = 10_000;
/** Of one's own doing one knows already: it is enough to see that it worked. */
const DONE_MS = 4_000;
const MOST = 2;

class ToastList extends Part {
  arrive() {
    // There from the start, so that screen readers hear what is added later.
    this.setAttribute("role", "status");
    this.setAttribute("aria-label", "Messages");
  }

  show(text, shownMs) {
    for (const old of [...this.children]) if (old.firstChild.textContent === text) old.remove();
    const close = make(
      "button",
      { class: "icon-button", type: "button", "aria-label": "Close this message" },
      icon("close"),
    );
    const toast = make("div", { class: "toast" }, make("span", {}, text), close);
    this.#closeBy(close, toast);
    this.append(toast);
    while (this.children.length > MOST) this.firstChild.remove();
    this.#expire(toast, shownMs);
  }

  /** Who came to the button from somewhere on the page is back there when it is gone. */
  #closeBy(button, toast) {
    let from = null;
    button.addEventListener("focus", ({ relatedTarget }) => (from = relatedTarget));
    button.addEventListener("click", () => {
      toast.remove();
      if (from?.isConnected) from.focus({ preventScroll: true });
    });
  }

  #expire(toast, shownMs) {
    let timer;
    const stop = () => clearTimeout(timer);
    const start = () => {
      stop(); // pointer and focus may leave one after the other
      timer = setTimeout(() => toast.remove(), shownMs);
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
  document.querySelector("toast-list").show(text, SHOWN_MS);
}

/** Shows for a moment that something one asked for is done. */
export function toastDone(text) {
  document.querySelector("toast-list").show(text, DONE_MS);
}
