// <message-announcer>: a log that is heard, not seen. It gets what others say while one is here, and no history.
import { make, Part } from "./part.js";

const KEPT = 20;

class MessageAnnouncer extends Part {
  /** @type {import("../talk/room.js").Room} given before it enters the page */
  room;

  arrive(signal) {
    // There, and empty, before anything is said: only then do screen readers hear it.
    this.setAttribute("role", "log");
    this.setAttribute("aria-live", "polite");
    this.setAttribute("aria-label", "New messages");
    this.room.addEventListener("message", ({ detail }) => this.#say(detail), { signal });
  }

  #say({ senderName, text }) {
    this.append(make("p", {}, `${senderName}: ${text ?? "a message that cannot be read on this device"}`));
    if (this.children.length > KEPT) this.firstChild.remove();
  }
}

customElements.define("message-announcer", MessageAnnouncer);
