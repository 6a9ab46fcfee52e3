// <chat-side>: the pane beside the conversation: a new one, all of them, and who is here.
import { conversationOf } from "../places.js";
import "./conversation-list.js";
import { newChatDialog } from "./new-chat-dialog.js";
import "./presence-count.js";
import "./notice-switch.js";
import { Part } from "./part.js";

class ChatSide extends Part {
  #before = conversationOf(location.pathname);

  arrive(signal) {
    this.querySelector("[data-new-chat]").addEventListener("click", () => newChatDialog(), { signal });
    document.addEventListener("page-shown", () => this.#follow(), { signal });
  }

  /** Back from a conversation, one is where one left the list. */
  #follow() {
    const left = this.#before;
    this.#before = conversationOf(location.pathname);
    if (left && !this.#before && !document.activeElement.closest("dialog")) {
      this.querySelector("conversation-list").focusOn(left);
    }
  }
}

customElements.define("chat-side", ChatSide);
