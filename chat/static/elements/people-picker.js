// <people-picker>: people found by part of a name, or by their whole e-mail address. Fires `pick` with a person.
import { avatar, named } from "../faces.js";
import { conversations } from "../talk/conversations.js";
import { make, Part } from "./part.js";

const PAUSE_MS = 200;

class PeoplePicker extends Part {
  /** Ids of those who are chosen already. @type {Set<string>} */
  chosen = new Set();
  /** Ids of those who are in it already: found as all others, and not to be chosen. @type {Set<string>} */
  members = new Set();
  #asked = 0;
  #people = [];
  #next = "";
  #timer;

  arrive(signal) {
    // Not of type "search": there the first Escape empties the field, and only a second one closes the dialog.
    this.field = make("input", { id: "people-search", type: "text", enterkeyhint: "search", autocomplete: "off", spellcheck: "false", dir: "auto", "aria-describedby": "people-found" });
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
      const people = [...before, ...found.people];
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
    const rows = people.map((person) => make("li", {}, this.members.has(person.id) ? member(person) : this.#button(person)));
    this.list.replaceChildren(...rows, ...more);
    // After "More people": on the first who is new, or, where none came, on that button again.
    const fresh = [...this.list.children].slice(before).map((row) => row.querySelector("button"));
    if (hadFocus) (fresh.find(Boolean) ?? this.field).focus();
  }

  #button(person) {
    const { id, email } = person;
    const button = make("button", { type: "button", class: "found-person", "data-person": id }, ...looks(person, email || "e-mail hidden"));
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

function member(person) {
  return make("div", { class: "found-person found-member" }, ...looks(person, "Already in this group"));
}

function looks({ id, name }, words) {
  return [avatar(id, name), make("span", { class: "found-words" }, named(name), make("span", { class: "person-since" }, words))];
}

/** Where several can be chosen, a button says whether its person is. */
function mark(button, chosen) {
  if (chosen) button.setAttribute("aria-pressed", String(chosen.has(button.dataset.person)));
}

customElements.define("people-picker", PeoplePicker);
