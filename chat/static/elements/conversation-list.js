// <conversation-list>: all conversations, newest activity first. One stop of the Tab key; the arrows go through it.
import { shortWhen } from "../chat-words.js";
import { online } from "../live.js";
import { conversationOf } from "../places.js";
import { conversations } from "../talk/conversations.js";
import { draftOf } from "../talk/drafts.js";
import { conversationRow } from "./conversation-row.js";
import { make, Part } from "./part.js";

const REFRESH_WORDS_MS = 60_000;
/** More of a text than one line holds. */
const DRAFT_SHOWN = 80;

class ConversationList extends Part {
  /** @type {Map<string, {row: HTMLElement, looks: string}>} */
  #rows = new Map();

  arrive(signal) {
    this.#rows.clear();
    this.list = make("ul", { class: "conversations", role: "list", "aria-label": "Conversations" });
    this.empty = make("p", { class: "hint conversations-none", hidden: true }, "No conversations yet. Begin one with “New chat”.");
    this.replaceChildren(this.empty, this.list);
    for (const source of [conversations, online]) source.addEventListener("change", () => this.#show(), { signal });
    document.addEventListener("page-shown", () => this.#show(), { signal });
    this.list.addEventListener("keydown", (event) => this.#pressed(event));
    this.list.addEventListener("focusin", (event) => this.#stopAt(event.target.closest("a")));
    const timer = setInterval(() => this.#show(), REFRESH_WORDS_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#show();
  }

  /** Puts the focus on a conversation, or on the first. */
  focusOn(id) {
    (this.#rows.get(id)?.row.firstChild ?? this.list.querySelector("a"))?.focus();
  }

  #show() {
    const { here } = online;
    const summaries = conversations.list();
    const focused = this.list.contains(document.activeElement) ? document.activeElement.closest("li").dataset.id : null;
    const rows = summaries.map((summary) => this.#row(summary, here));
    const there = new Set(summaries.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!there.has(id)) this.#rows.delete(id);
    this.#arrange(rows);
    this.empty.hidden = !conversations.ready || rows.length > 0;
    this.#markOpen();
    if (focused && !this.list.contains(document.activeElement)) this.focusOn(focused);
  }

  /** What looks as it did stays the element that it was: a click on it is not lost. */
  #row(summary, here) {
    // In the open conversation one sees what one writes.
    const draft = summary.id === conversationOf(location.pathname) ? "" : draftOf(summary.id).slice(0, DRAFT_SHOWN);
    const looks = looksOf(summary, here, draft);
    const held = this.#rows.get(summary.id);
    if (held?.looks === looks) return held.row;
    const row = conversationRow(summary, here, draft);
    this.#rows.set(summary.id, { row, looks });
    return row;
  }

  #arrange(rows) {
    const wanted = new Set(rows);
    for (const old of [...this.list.children]) if (!wanted.has(old)) old.remove();
    rows.forEach((row, at) => this.list.children[at] === row || this.list.insertBefore(row, this.list.children[at] ?? null));
  }

  #markOpen() {
    const open = conversationOf(location.pathname);
    const stop = this.#rows.get(this.stop) ?? this.#rows.get(open);
    for (const [id, { row }] of this.#rows) {
      if (id === open) row.firstChild.setAttribute("aria-current", "page");
      else row.firstChild.removeAttribute("aria-current");
      row.firstChild.tabIndex = -1;
    }
    const link = (stop?.row ?? this.list.firstChild)?.firstChild;
    if (link) link.tabIndex = 0;
  }

  #stopAt(link) {
    this.stop = link.closest("li").dataset.id;
    this.#markOpen();
  }

  #pressed(event) {
    const links = [...this.list.querySelectorAll("a")];
    const here = links.indexOf(document.activeElement);
    const steps = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    links[steps[event.key]]?.focus();
  }
}

function looksOf({ title, alias, isKnown, people: others, unread, typing, updatedAt }, here, draft) {
  const persons = others.map(({ id, name }) => [id, name, here?.has(id)]);
  return JSON.stringify([title, alias, isKnown, persons, unread, typing, draft, updatedAt.getTime(), shortWhen(updatedAt)]);
}

customElements.define("conversation-list", ConversationList);
