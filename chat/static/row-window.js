// A long list of which only the rows around the eye are in the page. What one looks at stays where it is, whatever
// is added, taken away or measured anew around it; and who stands at the bottom stays there.
import { RowHeights } from "./row-heights.js";

/** How far beyond the visible part rows are drawn, in pixels: a flick of the wheel finds them ready. */
const MARGIN = 700;
/** Nothing but rounding lies between here and the bottom. */
const AT_BOTTOM = 2;
/** Who is so near to the bottom when news comes goes along with it. */
const NEAR_BOTTOM = 40;
/** Each drawing teaches heights, and they may show that more rows have their place in view. */
const MOST_PASSES = 6;

export class RowWindow {
  #scroller;
  #above = document.createElement("div");
  #below = document.createElement("div");
  #list;
  #draw;
  #heights = new RowHeights();
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  #sizes;
  #width = 0;
  #lastTop = 0;
  /** What was in view when all was in its place: when something has another size, it is too late to ask. */
  #held = [];
  isAtBottom = true;

  /**
   * @param {{scroller: HTMLElement, list: HTMLElement, draw: (key: string, row: HTMLElement | undefined) => HTMLElement}} parts
   *   `draw` makes a row, or brings the one there is up to date
   */
  constructor({ scroller, list, draw }) {
    this.#scroller = scroller;
    this.#list = list;
    this.#draw = draw;
    list.replaceChildren(this.#above, this.#below);
    this.#sizes = new ResizeObserver(() => this.place());
  }

  /** Begins to follow the scroller, until the signal. */
  start(signal) {
    this.#sizes.observe(this.#scroller);
    this.#scroller.addEventListener("scroll", () => this.#scrolled(), { signal, passive: true });
    signal.addEventListener("abort", () => this.#sizes.disconnect());
  }

  /** Shows these rows, in this order. */
  show(keys) {
    if (this.toGo < NEAR_BOTTOM) this.isAtBottom = true;
    this.#heights.take(keys);
    this.#settle(this.#heldHere(), true);
  }

  /** Something has another size, or the eye is elsewhere. */
  place() {
    if (this.#scroller.clientWidth !== this.#width) {
      this.#width = this.#scroller.clientWidth;
      this.#heights.forget();
    }
    this.#settle(this.#heldHere(), false);
  }

  row(key) {
    return this.#rows.get(key);
  }

  /** How far it is to the bottom. */
  get toGo() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  toBottom() {
    this.isAtBottom = true;
    this.#settle([], false);
  }

  /** Brings a row to the upper edge, or as near to it as what follows lets it come. */
  toTop(key) {
    const place = this.#heights.placeOf(key);
    if (place < 0) return;
    this.isAtBottom = false;
    this.#scroller.scrollTop = this.#offset + this.#heights.top(place);
    this.#settle([{ key, from: 0 }], false);
    this.#scrolled();
  }

  /** Brings a row into view, by the shortest way. Returns it. */
  reveal(key) {
    const place = this.#heights.placeOf(key);
    if (place < 0) return undefined;
    if (!this.#rows.has(key)) {
      const middle = this.#heights.top(place) - this.#scroller.clientHeight / 2;
      this.isAtBottom = false;
      this.#scroller.scrollTop = this.#offset + middle;
      this.#settle([{ key, from: this.#scroller.clientHeight / 2 }], false);
    }
    this.#rows.get(key)?.scrollIntoView({ block: "nearest" });
    this.#scrolled();
    return this.#rows.get(key);
  }

  #scrolled() {
    // Who was at the bottom leaves it by going up. It may also have moved away below: then it is gone after.
    const wentUp = this.#scroller.scrollTop < this.#lastTop - 1;
    this.isAtBottom = this.toGo < AT_BOTTOM || (this.isAtBottom && !wentUp);
    this.#settle(this.#anchors(), false);
  }

  /** Who has scrolled since, and whose event is still to come, is not taken back to where they were. */
  #heldHere() {
    const moved = this.#scroller.scrollTop - this.#lastTop;
    return moved ? this.#held.map(({ key, from }) => ({ key, from: from - moved })) : this.#held;
  }

  /** What is in view now, and how far below the upper edge each begins. */
  #anchors() {
    if (this.isAtBottom) return [];
    const { top: edge, bottom } = this.#scroller.getBoundingClientRect();
    return [...this.#rows]
      .map(([key, row]) => ({ key, box: row.getBoundingClientRect() }))
      .filter(({ box }) => box.bottom > edge && box.top < bottom)
      .map(({ key, box }) => ({ key, from: box.top - edge }))
      // What begins in view is held before what reaches into it: that one may get shorter, and be gone.
      .sort((one, other) => Number(one.from < 0) - Number(other.from < 0) || one.from - other.from);
  }

  #settle(kept, isNews) {
    for (let pass = 0; pass < MOST_PASSES; pass++) {
      const learnt = this.#fill(isNews && pass === 0);
      const moved = this.#hold(kept);
      if (!learnt && !moved) break;
    }
    this.#held = this.#anchors();
  }

  /** Draws the rows around the eye, and takes the others out. @returns {boolean} whether heights were other than thought */
  #fill(isNews) {
    const { first, last } = this.#range();
    const wanted = new Set();
    for (let place = first; place < last; place++) wanted.add(this.#heights.keyAt(place));
    for (const [key, row] of this.#rows) if (!wanted.has(key)) this.#drop(key, row);
    let after = this.#above;
    let drew = false;
    for (const key of wanted) {
      const old = this.#rows.get(key);
      const row = old && !isNews ? old : this.#draw(key, old);
      if (!old) this.#enter(key, row);
      drew ||= !old;
      if (after.nextSibling !== row) after.after(row);
      after = row;
    }
    const learnt = this.#measure();
    this.#above.style.height = `${this.#heights.top(first)}px`;
    this.#below.style.height = `${this.#heights.total - this.#heights.top(last)}px`;
    return drew || learnt;
  }

  #range() {
    const count = this.#heights.count;
    if (!count) return { first: 0, last: 0 };
    const height = this.#scroller.clientHeight;
    const view = this.isAtBottom ? this.#heights.total - height : this.#scroller.scrollTop - this.#offset;
    const first = this.#heights.placeAt(view - MARGIN);
    return { first, last: Math.min(count, this.#heights.placeAt(view + height + MARGIN) + 1) };
  }

  #enter(key, row) {
    this.#rows.set(key, row);
    this.#sizes.observe(row);
  }

  #drop(key, row) {
    this.#rows.delete(key);
    this.#sizes.unobserve(row);
    // Who was on it is not thrown out of the page: the list itself takes the focus.
    if (row.contains(document.activeElement)) this.#scroller.focus({ preventScroll: true });
    row.remove();
  }

  #measure() {
    let learnt = false;
    for (const [key, row] of this.#rows) {
      const height = row.getBoundingClientRect().height;
      if (height && this.#heights.learn(key, height)) learnt = true;
    }
    return learnt;
  }

  /** Puts what was in view back to where it was. @returns {boolean} whether that moved anything */
  #hold(kept) {
    const before = this.#scroller.scrollTop;
    if (this.isAtBottom) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    } else {
      const anchor = kept.find(({ key }) => this.#heights.placeOf(key) >= 0);
      if (anchor) {
        const top = this.#offset + this.#heights.top(this.#heights.placeOf(anchor.key)) - anchor.from;
        // Less than a pixel is rounding, and to correct it would never end.
        if (Math.abs(top - before) >= 1) this.#scroller.scrollTop = top;
      }
    }
    this.#lastTop = this.#scroller.scrollTop;
    return Math.abs(this.#lastTop - before) >= 1;
  }

  /** What stands above the rows inside the scroller. */
  get #offset() {
    return this.#list.offsetTop;
  }
}
