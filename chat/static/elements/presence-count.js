// <presence-count>: how many people are here.
import { people } from "../live.js";
import { make, Part } from "./part.js";

class PresenceCount extends Part {
  arrive(signal) {
    people.addEventListener("change", () => this.#show(), { signal });
    this.#show();
  }

  #show() {
    const here = people.list().length;
    this.replaceChildren(...(here ? [make("span", { class: "badge" }, String(here))] : []));
  }
}

customElements.define("presence-count", PresenceCount);
