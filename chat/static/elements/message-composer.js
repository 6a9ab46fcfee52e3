// <message-composer>: where one writes. Enter sends, Shift+Enter breaks the line, and what is begun is kept.
import { namesOf } from "../faces.js";
import { draftOf, keepDraft } from "../talk/drafts.js";
import { lengthTrouble, roomLeft } from "./message-length.js";
import { icon, make, Part } from "./part.js";

/** Fires `wrote` when something is sent, and `edit-last` when the arrow asks for the last message of one's own. */
class MessageComposer extends Part {
  /** @type {import("../talk/room.js").Room} given before it enters the page */
  room;
  /** The room's id, for the draft. */
  conversation;

  arrive(signal) {
    this.keys = make("p", { class: "composer-keys", role: "status" });
    this.trouble = make("p", { class: "composer-trouble", id: "composer-trouble", role: "status" });
    this.field = make("textarea", fieldAttributes());
    this.field.value = draftOf(this.conversation);
    this.button = make("button", { class: "send", type: "submit", "aria-label": "Send" }, icon("send"));
    const line = make("div", { class: "composer-line" }, this.field, this.button);
    this.form = make("form", { class: "composer" }, this.keys, line, this.trouble);
    this.replaceChildren(this.form);
    this.#listen(signal);
    this.#follow();
  }

  #listen(signal) {
    this.room.addEventListener("change", () => this.#follow(), { signal });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.field.addEventListener("input", () => this.#typed());
    this.field.addEventListener("keydown", (event) => this.#pressed(event));
    this.field.addEventListener("blur", () => this.room.stoppedTyping());
  }

  focusField() {
    this.field.focus({ preventScroll: true });
  }

  #typed() {
    keepDraft(this.conversation, this.field.value);
    if (this.field.value.trim()) this.room.typingNow();
    else this.room.stoppedTyping();
    this.#fit();
  }

  #pressed(event) {
    if (event.isComposing) return; // this Enter or arrow belongs to an input method
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    }
    if (event.key === "ArrowUp" && !this.field.value) {
      event.preventDefault();
      this.dispatchEvent(new Event("edit-last", { bubbles: true }));
    }
  }

  #send() {
    const text = this.field.value.trim();
    this.#fit(); // what is in the way is said
    if (!text || lengthTrouble(text, this.room.longestText())) return;
    this.room.send(text);
    this.field.value = "";
    keepDraft(this.conversation, "");
    this.room.stoppedTyping();
    this.#fit();
    this.dispatchEvent(new Event("wrote", { bubbles: true }));
  }

  /** The field is as high as its text, where the style sheet cannot see to that alone; and says how much it takes. */
  #fit() {
    if (!CSS.supports("field-sizing", "content")) {
      this.field.style.height = "auto";
      this.field.style.height = `${this.field.scrollHeight}px`;
    }
    const text = this.field.value.trim();
    const longest = this.room.longestText();
    const trouble = lengthTrouble(text, longest);
    const words = trouble || roomLeft(text, longest);
    if (this.trouble.textContent !== words) this.trouble.textContent = words; // said once, not with each change
    this.trouble.toggleAttribute("data-wrong", Boolean(trouble));
    this.field.setAttribute("aria-invalid", String(Boolean(trouble)));
    this.button.setAttribute("aria-disabled", String(!text || Boolean(trouble)));
  }

  #follow() {
    this.#fit(); // for each member there has to be room for a copy
    const { withoutKeys, withUselessKeys } = this.room;
    const said = JSON.stringify([withoutKeys, withUselessKeys]);
    if (this.keys.dataset.said === said) return;
    this.keys.dataset.said = said;
    this.keys.replaceChildren(...keyWords(withoutKeys, withUselessKeys));
  }
}

function fieldAttributes() {
  return {
    class: "writing",
    rows: "1",
    dir: "auto",
    placeholder: "Write a message",
    "aria-label": "Message",
    "aria-describedby": "composer-trouble",
    enterkeyhint: "send",
  };
}

function keyWords(without, useless) {
  const pieces = [];
  if (without.length) {
    const [verb, they] = without.length === 1 ? ["has", "they have"] : ["have", "all of them have"];
    pieces.push(
      ...namesOf(without),
      ` ${verb} not been here yet to make a key for this conversation. What you write waits in this browser, and is `,
      `sent from it once ${they}.`,
    );
  }
  if (useless.length) pieces.push(pieces.length ? " " : "", ...namesOf(useless), " cannot read what you send: the key is of no use.");
  return pieces;
}

customElements.define("message-composer", MessageComposer);
