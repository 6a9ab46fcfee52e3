// <message-announcer>: a log that is heard, not seen. It gets what others say while one is here, and no history.
import { make, Part } from "./part.js";

const KEPT = 20;

class MessageAnnouncer extends Part {
  /** @type {Map<import("../talk/room.js").Entry, HTMLElement>} */
  #lines = new Map();
  /** @type {import("../talk/room.js").Room} given before it enters the page */
  room;

  arrive(signal) {
    // There, and empty, before anything is said: only then do screen readers hear it.
    this.setAttribute("role", "log");
    this.setAttribute("aria-live", "polite");
    this.setAttribute("aria-label", "New messages");
    this.room.addEventListener("message", ({ detail }) => this.#say(detail), { signal });
    this.room.addEventListener("change", () => this.#forget(), { signal });
  }

  #say(entry) {
    const line = make("p", {}, `${entry.senderName}: ${entry.text ?? "a message that cannot be read on this device"}`);
    this.#lines.set(entry, line);
    this.append(line);
    const [oldest] = this.#lines.keys();
    if (this.#lines.size > KEPT) this.#drop(oldest);
  }

  /** What was deleted is not left lying here. */
  #forget() {
    for (const entry of this.#lines.keys()) if (entry.isDeleted) this.#drop(entry);
  }

  #drop(entry) {
    this.#lines.get(entry)?.remove();
    this.#lines.delete(entry);
  }
}

customElements.define("message-announcer", MessageAnnouncer);
