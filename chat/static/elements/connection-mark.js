// <connection-mark>: whether this page is live.
import { socket } from "../latch.js";
import { Part, until } from "./part.js";

const WORDS = { connecting: "Connecting", open: "Live", waiting: "Reconnecting", stopped: "Not live" };

class ConnectionMark extends Part {
  arrive(signal) {
    this.setAttribute("role", "status");
    until(
      signal,
      socket.on("state", (state) => this.#show(state)),
    );
    for (const type of ["online", "offline"]) addEventListener(type, () => this.#show(this.dataset.state), { signal });
    this.#show("connecting");
  }

  #show(state) {
    this.dataset.state = state;
    this.textContent = state !== "open" && !navigator.onLine ? "Offline" : WORDS[state];
  }
}

customElements.define("connection-mark", ConnectionMark);
