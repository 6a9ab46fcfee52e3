// <theme-toggle>: one button that goes through auto, day and night, for guests and users alike.
import { look, THEMES } from "../look.js";
import { icon, make, Part } from "./part.js";
import { toast } from "./toast-list.js";

const NAMES = { auto: "like the system", day: "day", night: "night" };

class ThemeToggle extends Part {
  arrive(signal) {
    const button = make("button", { class: "icon-button", type: "button" });
    this.replaceChildren(button);
    button.addEventListener("click", () => this.#next());
    look.addEventListener("change", () => this.#show(button), { signal });
    this.#show(button);
  }

  #show(button) {
    const label = `Theme: ${NAMES[look.theme]}`;
    button.setAttribute("aria-label", label);
    button.title = label;
    button.replaceChildren(icon(look.theme));
  }

  async #next() {
    const theme = THEMES[(THEMES.indexOf(look.theme) + 1) % THEMES.length];
    try {
      await look.choose({ theme });
    } catch (trouble) {
      toast(`Your theme is kept in this browser only. ${trouble.message}`);
    }
  }
}

customElements.define("theme-toggle", ThemeToggle);
