// <chat-room>: the room that the address names. Its words come with the shell; here they follow the address.
import { conversationOf } from "../places.js";
import { Part } from "./part.js";

class ChatRoom extends Part {
  arrive(signal) {
    this.lobby = {
      title: this.querySelector("[data-title]").textContent,
      words: this.querySelector("[data-words]").textContent,
    };
    document.addEventListener("page-shown", () => this.#show(), { signal });
    this.#show();
  }

  #show() {
    const inRoom = conversationOf(location.pathname) !== null;
    const { title, words } = inRoom
      ? { title: "Not here", words: "There is no such conversation, or it is not yours." }
      : this.lobby;
    this.querySelector("[data-title]").textContent = title;
    this.querySelector("[data-words]").textContent = words;
    this.querySelector("[data-back]").hidden = !inRoom;
  }
}

customElements.define("chat-room", ChatRoom);
