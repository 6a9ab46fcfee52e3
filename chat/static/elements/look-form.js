// <look-form>: theme and size, worn at once and kept in the profile.
import { look } from "../look.js";
import { Part } from "./part.js";
import { toast } from "./toast-list.js";

class LookForm extends Part {
  arrive(signal) {
    const slider = this.querySelector("[name=magnification]");
    for (const radio of this.querySelectorAll("[name=theme]")) {
      radio.addEventListener("change", () => this.#choose({ theme: radio.value }), { signal });
    }
    slider.addEventListener("input", () => this.#say(slider.value), { signal });
    // Worn when let go of, not while it is dragged: the slider would grow away under the pointer.
    slider.addEventListener("change", () => this.#choose({ magnification: Number(slider.value) }), { signal });
    look.addEventListener("change", () => this.#fill(slider), { signal });
    this.#fill(slider);
  }

  #fill(slider) {
    for (const radio of this.querySelectorAll("[name=theme]")) radio.checked = radio.value === look.theme;
    slider.value = String(look.magnification);
    this.#say(slider.value);
  }

  #say(value) {
    const percent = `${Math.round(Number(value) * 100)} %`;
    this.querySelector("output").value = percent;
    this.querySelector("[name=magnification]").setAttribute("aria-valuetext", percent);
  }

  async #choose(choice) {
    try {
      await look.choose(choice);
    } catch (trouble) {
      toast(`This is kept in this browser only. ${trouble.message}`);
    }
  }
}

customElements.define("look-form", LookForm);
