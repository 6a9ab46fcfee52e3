// <connection-mark>: whether this page is live.
import { connection } from "../connection.js";
import { Part } from "./part.js";

const WORDS = {
  live: "Live",
  connecting: "Connecting",
  reconnecting: "Reconnecting",
  unreachable: "Reconnecting",
  offline: "Offline",
  stopped: "Not live",
  elsewhere: "Not live",
};

class ConnectionMark extends Part {
  arrive(signal) {
    this.setAttribute("role", "status");
    connection.addEventListener("change", () => this.#show(connection.state), { signal });
    // Before anybody is signed in there is nothing to connect: it is unseen until then, and keeps the room it needs.
    this.#show(connection.state === "stopped" ? "connecting" : connection.state);
  }

  #show(state) {
    this.dataset.state = state;
    this.textContent = WORDS[state];
  }
}

customElements.define("connection-mark", ConnectionMark);
