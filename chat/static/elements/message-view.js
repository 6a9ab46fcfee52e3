// <message-view>: what was said in a room. Only the rows around the eye are in the page (see row-window.js).
import { connection } from "../connection.js";
import { RowWindow } from "../row-window.js";
import { conversations } from "../talk/conversations.js";
import { act, deedOf } from "./message-deeds.js";
import { focusEditor, messageEditor } from "./message-editor.js";
import { HistoryHead } from "./message-history.js";
import { firstUnread, receipt } from "./message-reading.js";
import { fillRow, standing } from "./message-row.js";
import { icon, make, Part } from "./part.js";

class MessageView extends Part {
  /** @type {import("../talk/room.js").Room} given before it enters the page */
  room;
  /** As they were when last shown: the room's own list may be further already. */
  #shown = [];
  #entries = new Map();
  #places = new Map();
  #order = [];
  #standings = new WeakMap();
  /** Where the arrow keys are; null is at the newest. */
  #current = null;
  #editing = null;
  #unseen = 0;
  /** Where what was unread when this was opened begins; undefined until that is known, null where nothing was. */
  #firstNew;
  #isDue = false;

  arrive(signal) {
    this.history = new HistoryHead(this.room, () => this.#soon());
    this.list = make("div", { class: "messages-list", role: "feed", "aria-label": "Messages" });
    this.scroller = make("div", { class: "messages", tabindex: "-1" }, this.history.element, this.list);
    this.jump = make("button", { class: "jump button button-small", type: "button", hidden: true });
    this.replaceChildren(this.scroller, this.jump);
    this.window = new RowWindow({ scroller: this.scroller, list: this.list, draw: (key, row) => this.#draw(key, row) });
    this.window.start(signal);
    this.#listen(signal);
    this.#show();
  }

  #listen(signal) {
    const { room, scroller, list } = this;
    room.addEventListener("change", () => this.#soon(), { signal });
    conversations.addEventListener("change", () => this.#firstNew === undefined && this.#soon(), { signal });
    connection.addEventListener("change", () => this.room.status === "joining" && this.#soon(), { signal });
    room.addEventListener("message", () => this.#heard(), { signal });
    document.addEventListener("visibilitychange", () => this.#looked(), { signal });
    scroller.addEventListener("scroll", () => this.#looked(), { signal, passive: true });
    scroller.addEventListener("keydown", (event) => this.#pressed(event));
    list.addEventListener("click", (event) => this.#act(event));
    list.addEventListener("focusin", (event) => {
      this.#moveTo(event.target.closest("article").dataset.key);
      if (event.target.matches("article")) afterNextFrame(() => this.#showActs(event.target));
    });
    this.jump.addEventListener("click", () => this.toNewest({ focus: true }));
  }

  /** Once a frame at most, however many changes there are. */
  #soon() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      if (this.isConnected) this.#show();
    });
  }

  #show() {
    const { entries, status } = this.room;
    this.#shown = [...entries];
    this.#entries = new Map(entries.map((entry) => [entry.key, entry]));
    this.#order = [...this.#entries.keys()];
    this.#places = new Map(this.#order.map((key, place) => [key, place]));
    this.list.setAttribute("aria-busy", String(status === "joining"));
    this.history.show();
    const isFound = this.#findFirstNew();
    this.window.show(this.#order);
    if (isFound) this.window.toTop(this.#firstNew);
    this.#looked();
  }

  /** Once, and before anything is read. @returns {boolean} whether there is something new */
  #findFirstNew() {
    if (this.#firstNew !== undefined || this.room.status !== "ready" || !conversations.ready) return false;
    const unread = this.room.summary?.unread ?? 0;
    const first = firstUnread(this.#shown, unread);
    if (unread && !first && this.history.more()) return false; // it is on an earlier page, which is on its way
    this.#firstNew = first?.key ?? null;
    return this.#firstNew !== null;
  }

  #draw(key, row = make("article", { class: "row", "data-key": key })) {
    const place = this.#places.get(key);
    row.setAttribute("aria-posinset", String(place + 1));
    row.setAttribute("aria-setsize", this.room.hasOlder ? "-1" : String(this.#order.length));
    row.tabIndex = key === this.#focusable ? 0 : -1;
    const [previous, entry, next] = [-1, 0, 1].map((step) => this.#shown[place + step]);
    const isFirstNew = key === this.#firstNew;
    const about = { isGroup: !this.room.summary?.isPrivate, readBy: receipt(this.#shown, place), isFirstNew };
    const now = standing(entry, previous, next, about);
    if (this.#standings.get(row) === now) return row;
    this.#standings.set(row, now);
    this.#fill(row, now);
    return row;
  }

  #fill(row, now) {
    const held = row !== document.activeElement && row.contains(document.activeElement) && document.activeElement;
    fillRow(row, JSON.parse(now));
    if (row.dataset.key === this.#editing?.key) this.#putEditor(row);
    if (held) (row.contains(held) ? held : row).focus({ preventScroll: true });
  }

  /** Somebody looks, here: what is at the bottom is read, and what lies above the top is asked for. */
  #looked() {
    if (document.hidden) return;
    if (this.window.isAtBottom) this.#unseen = 0;
    const isKnown = this.room.status === "ready" && this.#firstNew !== undefined;
    if (this.window.isAtBottom && isKnown && this.room.summary?.unread) this.room.read();
    this.#showJump();
    this.history.look(this.scroller);
  }

  #heard() {
    if (!this.window.isAtBottom || document.hidden) this.#unseen++;
    this.#soon();
  }

  #showJump() {
    const isFar = this.window.toGo > this.scroller.clientHeight / 2;
    this.jump.hidden = !(isFar || this.#unseen);
    const words = this.#unseen ? `${this.#unseen} new` : "Newest";
    if (this.jump.textContent === words) return;
    this.jump.replaceChildren(words, icon("down"));
    this.jump.setAttribute("aria-label", this.#unseen ? `Jump to the newest: ${words}` : "Jump to the newest");
  }

  toNewest({ focus = false } = {}) {
    this.#moveTo(null);
    this.window.toBottom();
    this.#looked();
    if (focus) this.window.row(this.#focusable)?.focus({ preventScroll: true });
  }

  get #focusable() {
    return this.#entries.has(this.#current) ? this.#current : this.#order.at(-1);
  }

  /** One row at a time is a stop of the Tab key. */
  #moveTo(key) {
    const left = this.window.row(this.#focusable);
    this.#current = key;
    if (left) left.tabIndex = -1;
    const row = this.window.row(this.#focusable);
    if (row) row.tabIndex = 0;
  }

  /** Where the buttons come below the words, they may come below what is in view. */
  #showActs(row) {
    const acts = row.querySelector(".message-acts");
    const isBelow = acts && getComputedStyle(acts).position === "static";
    if (isBelow && row.offsetHeight < this.scroller.clientHeight) acts.scrollIntoView({ block: "nearest" });
  }

  #pressed(event) {
    if (event.target.closest("form")) return;
    if (deedOf(event)) return this.#act(event);
    const last = this.#order.length - 1;
    const here = this.#places.get(this.#focusable) ?? last;
    const steps = { ArrowUp: here - 1, ArrowDown: here + 1, Home: 0, End: last };
    if (!(event.key in steps) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.window.reveal(this.#order[Math.min(last, Math.max(0, steps[event.key]))])?.focus({ preventScroll: true });
  }

  #act(event) {
    const deed = deedOf(event);
    if (!deed) return;
    event.preventDefault();
    act(deed, this.#entries.get(event.target.closest("article").dataset.key), this);
  }

  /** @returns {boolean} whether there is one */
  editLastOwn() {
    const key = this.#order.findLast((each) => isEditable(this.#entries.get(each)));
    if (key) this.edit(key);
    return Boolean(key);
  }

  edit(key) {
    if (this.#editing) this.#endEdit();
    const { text, group } = this.#entries.get(key);
    const form = messageEditor({
      text,
      longest: () => this.room.longestText(),
      save: (wanted) => this.room.edit(group, wanted),
      done: () => this.#endEdit({ focus: true }),
    });
    this.#editing = { key, form };
    const row = this.window.reveal(key);
    this.#putEditor(row);
    focusEditor(form);
    this.window.reveal(key);
  }

  #putEditor(row) {
    row.toggleAttribute("data-editing", true);
    row.querySelector(".bubble-line").replaceChildren(this.#editing.form);
  }

  #endEdit({ focus = false } = {}) {
    const row = this.window.row(this.#editing?.key);
    this.#editing = null;
    if (!row) return;
    row.removeAttribute("data-editing");
    this.#fill(row, this.#standings.get(row));
    if (focus) this.dispatchEvent(new Event("edited", { bubbles: true }));
  }
}

/** When the rows have been measured anew, and put in their places. */
function afterNextFrame(act) {
  requestAnimationFrame(() => requestAnimationFrame(act));
}

function isEditable(entry) {
  return entry.isMine && entry.state === "sent" && entry.group && entry.text !== null && !entry.isDeleted;
}

customElements.define("message-view", MessageView);
