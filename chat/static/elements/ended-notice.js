// <ended-notice>: why one was signed out, on the page where one signs in again. It describes the heading, which has the
// focus when this page is gone to, and is a live region for who is here already: both are how it is heard.
import { ending } from "../ending.js";
import { endingSentence } from "../words.js";
import { make, Part } from "./part.js";

class EndedNotice extends Part {
  arrive(signal) {
    ending.addEventListener("change", () => this.#show(), { signal });
    this.#show();
  }

  #show() {
    const { reason } = ending;
    this.replaceChildren(...(reason ? [make("p", {}, endingSentence(reason))] : []));
    if (reason) ending.tell();
  }
}

customElements.define("ended-notice", EndedNotice);
