// <confirm-form>: confirms an e-mail address by a mailed code. It takes a press of the button even where the code came
// by a link: programs that look into mails open links, too, and nobody's address is theirs to confirm.
import { onSubmit } from "../forms.js";
import { ask } from "../latch.js";
import { askOpenly, onMailedToken, readCode } from "../mailed-token.js";
import { me } from "../me.js";
import { Part } from "./part.js";
import { showStep } from "./steps.js";

class ConfirmForm extends Part {
  #token = "";

  arrive(signal) {
    this.form = this.querySelector("form");
    onSubmit(this.form, signal, ({ token }) => this.#send(this.#token || readCode(token)));
    onMailedToken(signal, (token) => this.#have(token));
  }

  #have(token) {
    this.#token = token;
    for (const part of this.querySelectorAll("[data-without-link]")) part.hidden = token !== "";
    for (const part of this.querySelectorAll("[data-with-link]")) part.hidden = token === "";
  }

  async #send(token) {
    if (!token) {
      const message = "Please paste the code from the mail.";
      throw { status: 400, message, fields: [{ path: "token", message }] };
    }
    try {
      await askOpenly("/auth/confirm", { token });
    } catch (trouble) {
      if (trouble.code === "invalid_token") this.#have("");
      throw trouble;
    }
    this.#token = "";
    showStep(this, "done");
    if (me.user) await this.#learn();
  }

  /** Perhaps it was the address of whoever is signed in here. */
  async #learn() {
    try {
      me.learn((await ask("GET", "/api/me")).user);
    } catch {
      // The account page shows it when it is loaded next.
    }
  }
}

customElements.define("confirm-form", ConfirmForm);
