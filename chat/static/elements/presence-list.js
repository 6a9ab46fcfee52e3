// <presence-list>: who is online, live.
import { me } from "../me.js";
import { people } from "../live.js";
import { ago, inFull, readTime } from "../words.js";
import { make, Part } from "./part.js";

const TINTS = 5;
const REFRESH_WORDS_MS = 30_000;

class PresenceList extends Part {
  arrive(signal) {
    this.count = make("p", { class: "people-count", role: "status" });
    this.list = make("ul", { class: "people", role: "list", tabindex: "0", "aria-label": "People who are online" });
    this.replaceChildren(this.count, this.list);
    people.addEventListener("change", () => this.#show(), { signal });
    me.addEventListener("change", () => this.#show(), { signal });
    const timer = setInterval(() => this.#show(), REFRESH_WORDS_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#show();
  }

  #show() {
    const here = people.list();
    this.count.textContent = people.synced || here.length ? this.#summary(here) : "Finding out who is here …";
    this.list.replaceChildren(...here.map(row));
  }

  #summary(here) {
    const others = here.filter((person) => person.id !== me.user?.id).length;
    const hidden = me.user?.hidden ? " You are hidden." : "";
    if (others === 0) return `Nobody else just now.${hidden}`;
    return `${others === 1 ? "One other person" : `${others} other people`} online.${hidden}`;
  }
}

function row({ id, name, since }) {
  const came = readTime(since);
  const you = id === me.user?.id ? make("span", { class: "badge" }, "You") : "";
  return make(
    "li",
    { class: "person", "data-user": id },
    make("span", { class: "avatar", "aria-hidden": "true", "data-tint": tint(id) }, initial(name)),
    make("span", { class: "person-name" }, name, you),
    make("span", { class: "person-since", title: inFull(came) }, `came ${ago(came)}`),
  );
}

function initial(name) {
  return [...name.trim()][0]?.toLocaleUpperCase() ?? "?";
}

function tint(id) {
  let mixed = 0;
  for (const character of id) mixed = (Math.imul(mixed, 31) + character.codePointAt(0)) >>> 0;
  return mixed % TINTS;
}

customElements.define("presence-list", PresenceList);
