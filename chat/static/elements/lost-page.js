// <lost-page>: what stands in the place of a page that could not be loaded, with the way to try again.
import { setBusy } from "../forms.js";
import { make, Part } from "./part.js";

// A network that has just come back often fails once more.
const WAITS_MS = [2_000, 4_000, 8_000];

class LostPage extends Part {
  #waits = [];
  #timer;

  arrive(signal) {
    this.button.addEventListener("click", () => this.tryAgain(), { signal });
    addEventListener("online", () => this.#come(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  get button() {
    return this.querySelector("button");
  }

  /** Where it works, this page is gone afterwards; where it does not, `missed` is called. */
  async tryAgain() {
    if (this.button.getAttribute("aria-busy") === "true") return;
    clearTimeout(this.#timer);
    setBusy(this.button, true);
    await this.again();
    setBusy(this.button, false);
  }

  /** @param {string} words what happened this time */
  missed(words) {
    this.querySelector("[role=status]").textContent = `It did not come this time either. ${words}`;
    if (this.#waits.length) this.#timer = setTimeout(() => this.tryAgain(), this.#waits.shift());
  }

  /** The network is back: nobody has to press anything. */
  #come() {
    this.#waits = [...WAITS_MS];
    this.tryAgain();
  }
}

customElements.define("lost-page", LostPage);

/**
 * The whole `main` of such a page.
 *
 * @param {{words: string, again: () => Promise<void>}} options
 */
export function lostPage({ words, again }) {
  const part = make(
    "lost-page",
    { class: "trouble" },
    make("h1", { tabindex: "-1" }, "This page could not be loaded"),
    make("p", { class: "lead", role: "status" }, `${words} Nothing is lost, and nobody was signed out.`),
    make("p", { class: "actions" }, make("button", { class: "button", type: "button" }, "Try again")),
  );
  part.again = again;
  return make("main", { id: "main", tabindex: "-1", class: "page-trouble", "data-page": "lost" }, part);
}
