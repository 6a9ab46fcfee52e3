// <lost-page>: what stands in the place of a page that could not be loaded. It is tried again by itself, now and then and
// as soon as there is a connection again, and by a button.
import { connection } from "../connection.js";
import { setBusy } from "../forms.js";
import { make, Part } from "./part.js";

/** A network that has just come back often fails once more; later on, so often as one can stand to wait. */
const WAITS_MS = [2_000, 4_000, 8_000, 15_000];

class LostPage extends Part {
  #tries = 0;
  #timer;

  arrive(signal) {
    this.button.addEventListener("click", () => this.tryAgain(), { signal });
    addEventListener("online", () => this.#come(), { signal });
    connection.addEventListener("change", () => connection.state === "live" && this.#come(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#later();
  }

  get button() {
    return this.querySelector("button");
  }

  /** The network is back, or the server: nobody has to press anything. */
  #come() {
    this.#tries = 0;
    this.tryAgain();
  }

  /** Where it works, this page is gone afterwards; where it does not, `missed` is called. */
  async tryAgain() {
    if (this.button.getAttribute("aria-busy") === "true") return;
    clearTimeout(this.#timer);
    setBusy(this.button, true);
    await this.again();
    setBusy(this.button, false);
    if (this.isConnected) this.#later();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.tryAgain(), WAITS_MS[Math.min(this.#tries++, WAITS_MS.length - 1)]);
  }

  /** @param {string} words what happened this time */
  missed(words) {
    const told = this.querySelector("[data-words]");
    const now = `It did not come this time either. ${words}`;
    if (told.textContent !== now) told.textContent = now; // said once, however often it is tried
  }
}

customElements.define("lost-page", LostPage);

/**
 * The whole `main` of such a page.
 *
 * @param {{words: string, again: () => Promise<void>}} options
 */
export function lostPage({ words, again }) {
  const told = make("span", { "data-words": true }, words);
  // Only where that is known: whoever is signed out, or may be, is not told otherwise.
  const calm = make("span", { "data-when": "signed_in" }, " You are still signed in.");
  const part = make(
    "lost-page",
    { class: "trouble" },
    make("h1", { tabindex: "-1" }, "This page could not be loaded"),
    make("p", { class: "lead", role: "status" }, told, calm, " We keep trying."),
    make("p", { class: "actions" }, make("button", { class: "button", type: "button" }, "Try again")),
  );
  part.again = again;
  return make("main", { id: "main", tabindex: "-1", class: "page-trouble", "data-page": "lost" }, part);
}
