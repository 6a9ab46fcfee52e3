// What stands above the first message: whether there is more, whether it is on its way, or that this is the beginning.
import { connection } from "../connection.js";
import { make } from "./part.js";

/** Earlier messages are asked for when less than so many screens of known ones remain above. */
const AHEAD = 1.5;

const COMING = "Messages are on their way …";
const WAITING = "Messages come as soon as there is a connection.";

export class HistoryHead {
  element = make("div", { class: "messages-head" });
  #room;
  #done;
  #isAsking = false;
  #hasFailed = false;

  /** @param {() => void} done when some came, or none */
  constructor(room, done) {
    this.#room = room;
    this.#done = done;
  }

  show() {
    if (this.#hasFailed) return;
    const words = this.#words();
    if (this.element.textContent !== words) this.element.textContent = words;
  }

  /** Asks for more where the eye is near the top of what is known. */
  look(scroller) {
    if (scroller.scrollTop < scroller.clientHeight * AHEAD) this.more();
  }

  /** @returns {boolean} whether more is on its way, or will be */
  more() {
    if (this.#hasFailed || !this.#room.hasOlder) return false;
    this.#ask();
    return true;
  }

  async #ask() {
    if (this.#isAsking || !this.#room.hasOlder || this.#room.status !== "ready") return;
    this.#isAsking = true;
    try {
      await this.#room.loadOlder();
    } catch {
      this.#offerAgain();
    }
    this.#isAsking = false;
    this.#done();
  }

  #offerAgain() {
    this.#hasFailed = true;
    const again = make("button", { class: "button button-quiet button-small", type: "button" }, "Try again");
    again.addEventListener("click", () => {
      this.#hasFailed = false;
      this.show();
      this.#ask();
    });
    this.element.replaceChildren("Earlier messages did not come. ", again);
  }

  #words() {
    const { status, hasOlder, entries } = this.#room;
    // Its key comes with the connection alone: there is no reading before that.
    if (status === "joining") return connection.state === "live" ? COMING : WAITING;
    if (status !== "ready") return "";
    if (hasOlder) return "Earlier messages are on their way …";
    return entries.length ? "This is where it began." : "Nothing has been said yet.";
  }
}
