// <secret-field>: a password input with a button that shows what is typed.
import { make, Part } from "./part.js";

class SecretField extends Part {
  arrive(signal) {
    const input = this.querySelector("input");
    const button =
      this.querySelector("button") ??
      make(
        "button",
        { type: "button", "aria-pressed": "false", "aria-controls": input.id, "aria-label": "Show what is typed" },
        "Show",
      );
    this.append(button);
    const show = (shown) => {
      input.type = shown ? "text" : "password";
      button.setAttribute("aria-pressed", String(shown));
      button.textContent = shown ? "Hide" : "Show";
      button.setAttribute("aria-label", shown ? "Hide what is typed" : "Show what is typed");
    };
    button.addEventListener("click", () => show(input.type === "password"), { signal });
    // A browser offers to remember a password only from a password field, and nobody wants it left on the screen.
    input.form.addEventListener("submit", () => show(false), { signal, capture: true });
  }
}

customElements.define("secret-field", SecretField);
