// <service-notice>: says so when the server cannot be reached, until it can again. Nobody is signed out by that.
import { connection } from "../connection.js";
import { make, Part } from "./part.js";

const WORDS = {
  unreachable: "The server cannot be reached just now. Nothing is lost; we keep trying.",
  offline: "You are offline. This page goes on as soon as the network is back.",
};

class ServiceNotice extends Part {
  arrive(signal) {
    this.setAttribute("role", "status");
    connection.addEventListener("change", () => this.#show(), { signal });
    this.#show();
  }

  #show() {
    const words = WORDS[connection.state];
    this.replaceChildren(...(words ? [make("p", {}, words)] : []));
  }
}

customElements.define("service-notice", ServiceNotice);
