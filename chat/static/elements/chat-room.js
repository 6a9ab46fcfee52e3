// <chat-room>: the conversation that the address names, whole; or why there is none.
import { connection } from "../connection.js";
import { session } from "../latch.js";
import { conversationOf } from "../places.js";
import { titled } from "../page-title.js";
import { conversations } from "../talk/conversations.js";
import { openRoom } from "../talk/room.js";
import "./message-announcer.js";
import "./message-composer.js";
import "./message-view.js";
import "./room-header.js";
import { make, Part, until } from "./part.js";

const NOTHING = {
  lobby: { title: "", words: "Choose a conversation, or begin a new one.", back: false },
  not_found: { title: "Not here", words: "There is no such conversation, or it is not yours.", back: true },
  left: { title: "No longer yours", words: "You are not in this conversation any more.", back: true },
};

class ChatRoom extends Part {
  #room = null;
  #closed = new AbortController();
  /** The id of the conversation; null in the lobby, undefined before anything. */
  #shows;
  #whose = null;

  arrive(signal) {
    this.#whose = null;
    this.mark ??= this.querySelector(".mark");
    document.addEventListener("page-shown", () => this.#follow(), { signal });
    conversations.addEventListener("new_conversation", (event) => this.#invited(event), { signal });
    // After everybody else has heard of it: the conversations have to know whose they are.
    const whenKnown = () => queueMicrotask(() => signal.aborted || this.#begin());
    until(signal, session.on("change", whenKnown));
    signal.addEventListener("abort", () => this.#close());
    this.#begin();
  }

  /** The page has just come, or whose it is has just been found out. */
  #begin() {
    const userId = session.state.status === "signed_in" ? session.state.user.id : null;
    this.closest(".talk").toggleAttribute("data-in-room", conversationOf(location.pathname) !== null);
    if (userId === this.#whose) return;
    this.#whose = userId;
    this.#shows = undefined;
    if (userId) this.#follow({ isFirst: true });
    else this.#close();
  }

  #follow({ isFirst = false } = {}) {
    const id = conversationOf(location.pathname);
    this.closest(".talk").toggleAttribute("data-in-room", id !== null);
    if (!this.#whose) return;
    // What was not there, or not ours any more, may be so by now: whoever asks for it again is answered anew.
    if (this.#shows === id && (this.#room || id === null)) return this.#name();
    this.#shows = id;
    this.#close();
    if (id === null) return this.#showNothing("lobby");
    this.#open(id);
    if (!isFirst) this.#enter();
  }

  /** Back in it, or in it at last, while its page says that there is nothing. The focus stays where it is. */
  #invited({ detail }) {
    if (detail.id === this.#shows && !this.#room) this.#open(detail.id);
  }

  #open(id) {
    this.#closed = new AbortController();
    const room = (this.#room = openRoom(id));
    const given = { room, conversation: id };
    const [head, view, composer, log] = ["room-header", "message-view", "message-composer", "message-announcer"].map(
      (name) => Object.assign(document.createElement(name), given),
    );
    for (const source of [room, conversations]) {
      source.addEventListener("change", () => this.#changed(), { signal: this.#closed.signal });
    }
    composer.addEventListener("wrote", () => {
      view.toNewest();
      connection.nudge();
    });
    composer.addEventListener("edit-last", () => view.editLastOwn());
    view.addEventListener("edited", () => composer.focusField());
    this.replaceChildren(head, view, composer, log);
    this.#changed();
  }

  #changed() {
    const { status } = this.#room;
    if (status === "not_found" || status === "left") this.#showNothing(status);
    else this.#name();
  }

  #close() {
    this.#closed.abort();
    this.#room?.close();
    this.#room = null;
  }

  /** By a click or a key: where one writes is where one wants to be; on a small screen, where one reads. */
  #enter() {
    const isWide = this.closest(".talk").querySelector(".side").offsetWidth > 1;
    if (isWide) this.querySelector("message-composer")?.focusField();
    else this.querySelector("h2")?.focus({ preventScroll: true });
  }

  #showNothing(which) {
    const { title, words, back } = NOTHING[which];
    this.#close();
    const heading = title ? [make("h2", { tabindex: "-1" }, title)] : [];
    const link = back ? [make("a", { class: "button button-quiet", href: "/chat" }, "All conversations")] : [];
    this.replaceChildren(make("div", { class: "room-none" }, this.mark, ...heading, make("p", {}, words), ...link));
    titled(title || "Chat");
  }

  #name() {
    const title = this.#room?.summary?.title;
    if (title) titled(title);
  }
}

customElements.define("chat-room", ChatRoom);
