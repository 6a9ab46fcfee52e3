// <service-notice>: says so when the server cannot be reached, and when it can again. Nobody is signed out by that.
import { session } from "../latch.js";
import { make, Part, until } from "./part.js";

class ServiceNotice extends Part {
  arrive(signal) {
    this.setAttribute("role", "status");
    until(
      signal,
      session.on("try_later", () =>
        this.#say("The server cannot be reached just now. Nothing is lost; we keep trying."),
      ),
    );
    for (const event of ["signed_in", "renewed", "change"])
      until(
        signal,
        session.on(event, () => this.#clear()),
      );
    addEventListener("offline", () => this.#say("You are offline. This page goes on as soon as the network is back."), {
      signal,
    });
    addEventListener("online", () => this.#clear(), { signal });
  }

  #say(text) {
    this.replaceChildren(make("p", {}, text));
  }

  #clear() {
    this.replaceChildren();
  }
}

customElements.define("service-notice", ServiceNotice);
