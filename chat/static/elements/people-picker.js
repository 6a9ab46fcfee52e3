// <people-picker>: people found by part of a name, or by their whole e-mail address. Fires `pick` with a person.
import { avatar, named } from "../faces.js";
import { conversations } from "../talk/conversations.js";
import { make, Part } from "./part.js";

const PAUSE_MS = 200;

class PeoplePicker extends Part {
  /** Ids of those who are chosen already, or cannot be. @type {Set<string>} */
  chosen = new Set();
  absent = new Set();
  #asked = 0;
  #people = [];
  #next = "";
  #timer;

  arrive(signal) {
    this.field = make("input", { id: "people-search", type: "search", autocomplete: "off", spellcheck: "false", dir: "auto", "aria-describedby": "people-found" });
    this.status = make("p", { class: "hint", id: "people-found", role: "status" });
    this.list = make("ul", { class: "found", role: "list", "aria-label": "People found" });
    const label = make("label", { for: "people-search" }, "Find people");
    this.replaceChildren(make("div", { class: "field" }, label, this.field), this.status, this.list);
    this.field.addEventListener("input", () => this.#later());
    this.addEventListener("keydown", (event) => this.#pressed(event));
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#search();
  }

  /** Draws again who is chosen. */
  refresh() {
    for (const button of this.list.querySelectorAll("[data-person]")) mark(button, this.chosen);
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), PAUSE_MS);
  }

  async #search(pageToken = "") {
    const asked = ++this.#asked;
    const text = this.field.value.trim();
    if (!text) return this.#show([], "", "Type part of a name, or a whole e-mail address.");
    try {
      const found = await conversations.searchPeople(text, pageToken);
      if (asked !== this.#asked) return;
      const before = pageToken ? this.#people : [];
      const people = [...before, ...found.people.filter(({ id }) => !this.absent.has(id))];
      this.#show(people, found.next, people.length ? "" : "Nobody by that name or address.");
    } catch (trouble) {
      const [people, next] = pageToken ? [this.#people, pageToken] : [[], ""];
      if (asked === this.#asked) this.#show(people, next, `The search did not work. ${trouble.message}`);
    }
  }

  #show(people, next, words) {
    const before = this.#people.length;
    this.#people = people;
    this.#next = next;
    this.status.textContent = words;
    const more = next ? [make("li", {}, this.#moreButton())] : [];
    const hadFocus = this.list.contains(document.activeElement);
    const rows = people.map((person) => make("li", {}, this.#button(person)));
    this.list.replaceChildren(...rows, ...more);
    // After "More people": on the first who is new, or, where none came, on that button again.
    if (hadFocus) (this.list.querySelectorAll("button")[before] ?? this.field).focus();
  }

  #button(person) {
    const { id, name, email } = person;
    const words = make("span", { class: "found-words" }, named(name), make("span", { class: "person-since" }, email || "e-mail hidden"));
    const button = make("button", { type: "button", class: "found-person", "data-person": id }, avatar(id, name), words);
    mark(button, this.chosen);
    button.addEventListener("click", () => this.dispatchEvent(new CustomEvent("pick", { detail: person })));
    return button;
  }

  #moreButton() {
    const more = make("button", { type: "button", class: "button button-quiet button-small" }, "More people");
    more.addEventListener("click", () => this.#search(this.#next));
    return more;
  }

  #pressed(event) {
    const stops = [this.field, ...this.list.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const here = stops.indexOf(document.activeElement);
    if (step && stops[here + step]) {
      event.preventDefault();
      stops[here + step].focus();
    }
    if (event.key === "Enter" && event.target === this.field) event.preventDefault();
  }
}

/** Where several can be chosen, a button says whether its person is. */
function mark(button, chosen) {
  if (chosen) button.setAttribute("aria-pressed", String(chosen.has(button.dataset.person)));
}

customElements.define("people-picker", PeoplePicker);
