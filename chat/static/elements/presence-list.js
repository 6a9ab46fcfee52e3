// <presence-list>: who is online, live.
import { avatar, named } from "../faces.js";
import { setBusy } from "../forms.js";
import { online } from "../live.js";
import { me } from "../me.js";
import { goTo } from "../router.js";
import { acquaintances } from "../talk/acquaintances.js";
import { conversations } from "../talk/conversations.js";
import { ago, inFull, readTime } from "../words.js";
import { icon, make, Part } from "./part.js";
import { replaceWhatChanged } from "./replace-changed.js";
import { toast } from "./toast-list.js";

const REFRESH_WORDS_MS = 30_000;

class PresenceList extends Part {
  arrive(signal) {
    this.count = make("p", { class: "people-count", role: "status" });
    this.list = make("ul", { class: "people", role: "list", tabindex: "0", "aria-label": "People who are online" });
    this.replaceChildren(this.count, this.list);
    for (const source of [online, me, acquaintances]) source.addEventListener("change", () => this.#show(), { signal });
    const timer = setInterval(() => this.#show(), REFRESH_WORDS_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#show();
  }

  #show() {
    const here = peopleHere();
    this.count.textContent = online.isKnown ? this.#summary(here) : "Finding out who is here …";
    replaceWhatChanged(this.list, here.map(row));
  }

  #summary(here) {
    const others = here.filter((person) => person.id !== me.user?.id).length;
    const hidden = me.user?.hidden ? " You are hidden." : "";
    if (others === 0) return `Nobody else just now.${hidden}`;
    return `${others === 1 ? "One other person" : `${others} other people`} online.${hidden}`;
  }
}

/** By the names that the one who looks knows: what presence tells, it tells everybody, and strangers too. */
function peopleHere() {
  const people = online.list().map((person) => ({ ...person, name: acquaintances.betterName(person.id, person.name) }));
  return people.sort((one, other) => one.name.localeCompare(other.name));
}

function row({ id, name, since }) {
  const came = readTime(since);
  const you = id === me.user?.id ? make("span", { class: "badge" }, "You") : "";
  return make(
    "li",
    { class: "person", "data-user": id },
    avatar(id, name),
    make("span", { class: "person-name" }, named(name), you),
    make("span", { class: "person-since", title: inFull(came) }, `came ${ago(came)}`),
    ...(id === me.user?.id ? [] : [writeTo({ id, name })]),
  );
}

function writeTo({ id, name }) {
  const label = `Write to ${name}`;
  const button = make("button", { class: "icon-button", type: "button", "aria-label": label, title: label }, icon("send"));
  button.addEventListener("click", async () => {
    setBusy(button, true);
    try {
      goTo(`/chat/${await conversations.startPrivate(id)}`);
    } catch (trouble) {
      toast(trouble.message);
    } finally {
      setBusy(button, false);
    }
  });
  return button;
}

customElements.define("presence-list", PresenceList);
