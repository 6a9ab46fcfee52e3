// <password-meter for="input id" min-length="15">: how good a new password looks, and why.
import { judge } from "../password-strength.js";
import { me } from "../me.js";
import { make, Part } from "./part.js";

class PasswordMeter extends Part {
  arrive(signal) {
    const bar = make("div", { class: "meter-bar", "aria-hidden": "true" }, ...[1, 2, 3, 4].map(() => make("i")));
    const words = make("p", {});
    this.replaceChildren(bar, words);
    const input = document.getElementById(this.getAttribute("for"));
    const show = () =>
      this.#show(words, judge(input.value, { minLength: this.#minLength, own: this.#own(input.form) }));
    input.form.addEventListener("input", show, { signal });
    input.form.addEventListener("reset", () => setTimeout(show), { signal });
    // Spoken when one leaves the field (it describes the input) and after a pause, not at each key.
    words.setAttribute("aria-live", "off");
    show();
  }

  get #minLength() {
    return Number(this.getAttribute("min-length"));
  }

  #own(form) {
    const typed = [form.elements.email?.value, form.elements.display_name?.value];
    const known = [me.user?.email, me.user?.display_name];
    const texts = [...typed, ...known].filter(Boolean);
    return texts.flatMap((text) => [text, text.split("@")[0]]);
  }

  #show(words, { level, word, why }) {
    this.dataset.level = String(level);
    words.replaceChildren(...(word ? [make("span", { class: "meter-word" }, word), " "] : []), why);
  }
}

customElements.define("password-meter", PasswordMeter);
