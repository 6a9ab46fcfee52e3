// <lost-page>: what stands in the place of a page that could not be loaded, with the way to try again.
import { setBusy } from "../forms.js";
import { make, Part } from "./part.js";

class LostPage extends Part {
  arrive(signal) {
    // When the network is back, nobody has to press anything.
    addEventListener("online", () => this.tryAgain(), { signal });
  }

  async tryAgain() {
    const button = this.querySelector("button");
    if (button.getAttribute("aria-busy") === "true") return;
    setBusy(button, true);
    // Whatever comes of it takes the place of this page, or of one like it.
    await this.again();
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
    make("p", { class: "lead" }, `${words} Nothing is lost, and nobody was signed out.`),
    make("p", { class: "actions" }, make("button", { class: "button", type: "button" }, "Try again")),
  );
  part.again = again;
  part.querySelector("button").addEventListener("click", () => part.tryAgain());
  return make("main", { id: "main", tabindex: "-1", class: "page-trouble", "data-page": "lost" }, part);
}
