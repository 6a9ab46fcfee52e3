// <presence-count>: how many people are here.
import { online } from "../live.js";
import { make, Part } from "./part.js";

class PresenceCount extends Part {
  arrive(signal) {
    online.addEventListener("change", () => this.#show(), { signal });
    this.#show();
  }

  #show() {
    const here = online.list().length;
    this.replaceChildren(...(here ? [make("span", { class: "badge" }, String(here))] : []));
  }
}

customElements.define("presence-count", PresenceCount);
