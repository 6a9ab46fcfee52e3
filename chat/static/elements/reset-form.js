// <reset-form>: a new password for whoever has the mail: the code, by link or typed; whose it is; and the password.
import { clearTroubles, onSubmit, showTroubles } from "../forms.js";
import { askOpenly, onMailedToken, readCode } from "../mailed-token.js";
import { Part } from "./part.js";
import { showStep } from "./steps.js";

class ResetForm extends Part {
  #token = "";

  arrive(signal) {
    [this.codeForm, this.passwordForm] = this.querySelectorAll("form");
    onSubmit(this.codeForm, signal, ({ token }) => this.#check(readCode(token)));
    onSubmit(this.passwordForm, signal, (values) => this.#send(values));
    onMailedToken(signal, (token) => this.#checkLink(token));
  }

  /** Somebody came by the link: it is looked at without a word from them. */
  async #checkLink(token) {
    showStep(this, "checking", { focus: false });
    try {
      await this.#check(token);
    } catch (trouble) {
      this.#back(trouble, token);
    }
  }

  async #check(token) {
    if (!token) throw refusal("token", "Please paste the code from the mail.");
    const { user } = await askOpenly("/auth/password/confirm", { token });
    this.#token = token;
    this.codeForm.reset();
    clearTroubles(this.codeForm);
    // For the eye, for password managers, and for the meter, which knows one's own words.
    this.querySelector("[data-whose]").textContent = user.email;
    this.passwordForm.elements.email.value = user.email;
    showStep(this, "password");
  }

  async #send({ new_password, new_password_confirmation }) {
    if (!new_password) throw refusal("new_password", "Please fill this in.");
    if (new_password !== new_password_confirmation) {
      throw refusal("new_password_confirmation", "This is not the same as the new password.");
    }
    try {
      await askOpenly("/auth/password/reset", { token: this.#token, new_password, new_password_confirmation });
    } catch (trouble) {
      if (trouble.code !== "invalid_token") throw trouble;
      return this.#back(trouble, "");
    }
    this.#token = "";
    this.passwordForm.reset();
    showStep(this, "done");
  }

  /** To the first step, with what went wrong. A code that may still be good is kept, to be tried again. */
  #back(trouble, token) {
    showStep(this, "code", { focus: false });
    this.codeForm.elements.token.value = trouble.code === "invalid_token" ? "" : token;
    showTroubles(this.codeForm, trouble);
  }
}

function refusal(path, message) {
  return { status: 400, message, fields: [{ path, message }] };
}

customElements.define("reset-form", ResetForm);
