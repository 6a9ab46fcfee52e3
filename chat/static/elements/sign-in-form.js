// <sign-in-form>: signing in and registering in one place. Where it leads when done, `signing.js` decides.
import { session } from "../latch.js";
import { look } from "../look.js";
import { clearTroubles, onSubmit } from "../forms.js";
import { placeName } from "../places.js";
import { make, Part } from "./part.js";
import { toast } from "./toast-list.js";

const MODES = {
  login: { title: "Sign in", secret: "current-password", go: "Sign in" },
  register: { title: "Create an account", secret: "new-password", go: "Create one" },
};

class SignInForm extends Part {
  arrive(signal) {
    this.form = this.querySelector("form");
    onSubmit(this.form, signal, (values) => this.#send(values));
    for (const radio of this.form.elements.mode)
      radio.addEventListener("change", () => this.#show(radio.value), { signal });
    this.#show(location.hash === "#register" ? "register" : this.form.elements.mode.value);
  }

  #show(mode) {
    this.dataset.mode = mode;
    this.form.elements.mode.value = mode;
    const { title, secret } = MODES[mode];
    this.form.elements.password.autocomplete = secret;
    this.form.querySelector("[data-progress] [data-label]").textContent = title;
    document.getElementById("sign-in-title").textContent = title;
    document.title = `${title} · Latchstring`;
    clearTroubles(this.form);
    this.#sayWhy();
  }

  /** Somebody who was on the way elsewhere learns why they are here: never that they were signed out. */
  #sayWhy() {
    const next = new URLSearchParams(location.search).get("next");
    const name = placeName(next);
    const why = this.closest(".sign-in").querySelector("[data-why]");
    why.hidden = !name;
    why.textContent = name ? `${MODES[this.dataset.mode].go} to go on to ${name}.` : "";
  }

  async #send({ mode, email, password, display_name, rememberMe }) {
    const troubles = missing({ mode, email, password });
    if (troubles.length) throw { status: 400, message: troubles[0].message, fields: troubles };
    const remember = rememberMe === "on";
    if (mode === "register") await this.#register({ email, password, display_name, rememberMe: remember });
    else await session.signIn({ email: email.trim(), password, rememberMe: remember });
    this.form.elements.password.value = "";
  }

  async #register({ email, password, display_name, rememberMe }) {
    // The page they chose to look at stays as it looks: taken before the new profile's own theme could rule.
    const worn = { theme: look.theme, magnification: look.magnification };
    const name = display_name.trim();
    const who = { email: email.trim(), password, rememberMe, ...(name && { display_name: name }) };
    await session.register(who).catch((trouble) => this.#refused(trouble));
    try {
      await look.choose(worn);
    } catch (trouble) {
      toast(`Your theme is kept in this browser only. ${trouble.message}`);
    }
  }

  #refused(trouble) {
    if (trouble.code !== "email_taken") throw trouble;
    const way = make("a", { href: "/login" }, "Sign in instead");
    way.addEventListener("click", (event) => {
      event.preventDefault(); // what is typed stays: it may be right
      this.#show("login");
      this.form.elements.password.focus();
    });
    throw { status: trouble.status, message: "There is an account with this e-mail address already.", way };
  }
}

function missing({ mode, email, password }) {
  const troubles = [];
  if (!email.trim()) troubles.push({ path: "email", message: "Please type your e-mail address." });
  const wanted = mode === "register" ? "Please choose a password." : "Please type your password.";
  if (!password) troubles.push({ path: "password", message: wanted });
  return troubles;
}

customElements.define("sign-in-form", SignInForm);
