// <forgot-form>: asks for a mail with which to choose a new password. What it says afterwards is the same for every
// address: nobody learns here who has an account.
import { onSubmit } from "../forms.js";
import { askOpenly } from "../mailed-token.js";
import { Part } from "./part.js";
import { showStep } from "./steps.js";

class ForgotForm extends Part {
  arrive(signal) {
    onSubmit(this.querySelector("form"), signal, (values) => this.#send(values.email.trim()));
  }

  async #send(email) {
    if (!email) {
      const message = "Please type your e-mail address.";
      throw { status: 400, message, fields: [{ path: "email", message }] };
    }
    await askOpenly("/auth/password/request", { email });
    this.querySelector("[data-address]").textContent = email;
    showStep(this, "asked");
  }
}

customElements.define("forgot-form", ForgotForm);
