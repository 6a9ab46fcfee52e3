// <notice-switch>: whether the desktop tells of new messages. The browser is asked when it is pressed, and only then.
import { notices } from "../notices.js";
import { icon, make, Part } from "./part.js";

class NoticeSwitch extends Part {
  arrive(signal) {
    this.button = make("button", { class: "notice-button", type: "button" });
    this.replaceChildren(this.button);
    this.button.addEventListener("click", () => this.#press());
    notices.addEventListener("change", () => this.#show(), { signal });
    this.#show();
  }

  #press() {
    if (notices.state === "on") notices.turnOff();
    else if (notices.state === "off") notices.turnOn();
  }

  #show() {
    const { state } = notices;
    this.hidden = state === "impossible";
    if (this.hidden) return;
    this.button.setAttribute("aria-pressed", String(state === "on"));
    this.button.setAttribute("aria-disabled", String(state === "refused"));
    const words = state === "refused" ? "Notifications are blocked in this browser" : "Notify me when I am elsewhere";
    const badge = state === "on" ? [make("span", { class: "badge", "aria-hidden": "true" }, "On")] : [];
    this.button.replaceChildren(icon("bell"), make("span", {}, words), ...badge);
  }
}

customElements.define("notice-switch", NoticeSwitch);
