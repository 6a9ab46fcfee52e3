// <service-notice>: says so when the server cannot be reached, until it can again. Nobody is signed out by that.
import { address } from "../address.js";
import { connection } from "../connection.js";
import { make, Part } from "./part.js";

/** Most connections that are lost are back by then: a band that comes and goes would be more trouble than they. */
const PATIENCE_MS = 5_000;

const LOST = "There is no connection to the conversations just now. Nothing is lost; we keep trying.";
const WORDS = {
  elsewhere: address.words,
  unreachable: "The server cannot be reached just now. Nothing is lost; we keep trying.",
  offline: "You are offline. This page goes on as soon as the network is back.",
};

class ServiceNotice extends Part {
  #timer;
  #isLate = false;

  arrive(signal) {
    this.setAttribute("role", "status");
    connection.addEventListener("change", () => this.#follow(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#follow();
  }

  #follow() {
    const isWaiting = ["connecting", "reconnecting"].includes(connection.state);
    if (!isWaiting) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#isLate = false;
    } else {
      // From one try to the next it is the same wait.
      this.#timer ??= setTimeout(() => {
        this.#isLate = true;
        this.#show();
      }, PATIENCE_MS);
    }
    this.#show();
  }

  #show() {
    const words = WORDS[connection.state] ?? (this.#isLate ? LOST : "");
    if (this.dataset.says === words) return; // the button that is about to be pressed stays
    this.dataset.says = words;
    this.replaceChildren(...(words ? [make("p", {}, words, ...this.#ways())] : []));
  }

  #ways() {
    const { state } = connection;
    if (state === "offline") return [];
    if (state === "elsewhere") return [" ", make("a", { href: address.there }, address.home), "."];
    const now = make("button", { class: "button button-quiet button-small", type: "button" }, "Try now");
    now.addEventListener("click", () => connection.tryNow());
    return [" ", now];
  }
}

customElements.define("service-notice", ServiceNotice);
