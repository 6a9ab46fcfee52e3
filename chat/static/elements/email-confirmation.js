// <email-confirmation>: whether one's address is confirmed, and the way to confirm it.
import { onSubmit } from "../forms.js";
import { ask } from "../latch.js";
import { me } from "../me.js";
import { inFull, readTime } from "../words.js";
import { Part } from "./part.js";

class EmailConfirmation extends Part {
  arrive(signal) {
    this.words = this.querySelector("[data-words]");
    onSubmit(this.querySelector("form"), signal, () => this.#send());
    me.addEventListener("change", () => this.#show(), { signal });
    this.#show();
  }

  async #send() {
    await ask("POST", "/api/token/email_confirm");
    this.words.textContent = `A mail is on its way to ${me.user.email}. Open the link in it.`;
  }

  #show() {
    const at = me.user?.confirmed_at ?? null;
    // Other news about the person takes nobody's "a mail is on its way" away.
    const state = `${me.user?.email} ${at}`;
    if (this.dataset.shows === state) return;
    this.dataset.shows = state;
    this.words.textContent = at ? `Confirmed on ${inFull(readTime(at))}.` : "Not confirmed yet.";
    this.querySelector("button").hidden = at !== null;
  }
}

customElements.define("email-confirmation", EmailConfirmation);
