// <password-form>: changes the password. Every other device is signed out by it, and the page says so.
import { onSubmit } from "../forms.js";
import { ask } from "../latch.js";
import { me } from "../me.js";
import { Part } from "./part.js";
import { toastDone } from "./toast-list.js";

class PasswordForm extends Part {
  arrive(signal) {
    this.form = this.querySelector("form");
    onSubmit(this.form, signal, (values) => this.#send(values));
    // For password managers: whose password this is.
    const fill = () => (this.form.elements.email.value = me.user?.email ?? "");
    me.addEventListener("change", fill, { signal });
    fill();
  }

  async #send({ password, new_password, new_password_confirmation }) {
    const wanted = { password, new_password, new_password_confirmation };
    const fields = Object.keys(wanted).filter((name) => !wanted[name]);
    if (fields.length) throw refusal(fields.map((path) => ({ path, message: "Please fill this in." })));
    if (new_password !== new_password_confirmation) {
      throw refusal([{ path: "new_password_confirmation", message: "This is not the same as the new password." }]);
    }
    await this.#ask(wanted);
    this.form.reset();
    toastDone("Your password is changed, and your other devices are signed out.");
    this.dispatchEvent(new Event("devices-changed", { bubbles: true }));
  }

  async #ask(wanted) {
    try {
      await ask("PATCH", "/api/password", wanted);
    } catch (trouble) {
      // Here the only credential that can be wrong is the current password: say it beside that field.
      if (trouble.code === "invalid_credentials") {
        throw refusal([{ path: "password", message: "This is not your current password." }]);
      }
      throw trouble;
    }
  }
}

function refusal(fields) {
  return { status: 400, message: fields[0].message, fields };
}

customElements.define("password-form", PasswordForm);
