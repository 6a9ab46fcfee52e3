// <room-header>: whose conversation this is, who is here, who types, and what can be done with it.
import { named, namesOf, typingWords } from "../faces.js";
import { online } from "../live.js";
import { conversations } from "../talk/conversations.js";
import { conversationFace, whereabouts } from "./conversation-row.js";
import { make, icon, Part } from "./part.js";
import { roomMenu } from "./room-menu.js";

class RoomHeader extends Part {
  /** @type {import("../talk/room.js").Room} given before it enters the page */
  room;

  #signal;

  arrive(signal) {
    this.#signal = signal;
    const back = make("a", { class: "icon-button room-back", href: "/chat", "aria-label": "All conversations" }, icon("back"));
    this.face = make("span", { class: "face" });
    this.heading = make("h2", { class: "room-title", tabindex: "-1" });
    this.facts = make("p", { class: "room-facts" });
    this.menu = make("div", { class: "room-menu" });
    this.replaceChildren(back, this.face, make("div", { class: "room-words" }, this.heading, this.facts), this.menu);
    // Its name and its people are told by the list of conversations, the rest by the room.
    for (const source of [this.room, conversations, online]) {
      source.addEventListener("change", () => this.#show(), { signal });
    }
    this.#show();
  }

  #show() {
    const { summary } = this.room;
    if (!summary) return;
    const { here } = online;
    const facts = this.#facts(summary, here);
    const state = JSON.stringify([summary.title, summary.people, summary.isKnown, facts.map(textOf), here && [...here]]);
    if (this.dataset.shows === state) return; // what is pointed at or focused stays
    this.dataset.shows = state;
    this.heading.replaceChildren(named(summary.title));
    this.face.replaceChildren(conversationFace(summary, here));
    this.facts.replaceChildren(...facts);
    if (!this.menu.firstChild && !summary.isPrivate) this.menu.append(...roomMenu(this.room, this.#signal));
  }

  #facts(summary, here) {
    if (this.room.typing.length) return typingWords(this.room.typing);
    if (!summary.isKnown) return ["\u00a0"]; // keeps its line
    const [other] = summary.people;
    if (summary.isPrivate) return [other ? whereabouts(other, here) : ""];
    if (!other) return ["Only you"];
    return namesOf(["You", ...summary.people.map(({ name }) => name)], 5);
  }
}

function textOf(piece) {
  return piece.textContent ?? piece;
}

customElements.define("room-header", RoomHeader);
