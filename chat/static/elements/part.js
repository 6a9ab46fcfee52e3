// What every element here has in common, and how they make others: from names and text, never from markup.

/** A custom element that listens only while it is in the page: whatever it starts in `arrive` ends with `signal`. */
export class Part extends HTMLElement {
  #gone = new AbortController();

  connectedCallback() {
    this.#gone = new AbortController();
    this.arrive(this.#gone.signal);
  }

  disconnectedCallback() {
    this.#gone.abort();
  }

  /** @param {AbortSignal} _signal */
  arrive(_signal) {}
}

/** Keeps what an `on(…)` returned until the signal ends it. */
export function until(signal, unsubscribe) {
  signal.addEventListener("abort", unsubscribe, { once: true });
}

/** An element with attributes and children; strings become text. `true` is an attribute without value. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

const ICONS = {
  day: [
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8",
    "M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  ],
  night: ["M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5"],
  auto: ["M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17", "M12 3.5a8.5 8.5 0 0 1 0 17z"],
  back: ["M14.5 5.5L8 12l6.5 6.5"],
  bell: ["M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 2H5zM10 21h4"],
  clock: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.5l3 2"],
  close: ["M6 6l12 12M18 6L6 18"],
  copy: ["M9 8.5h10.5V20H9zM5 15.5H4.5V4H15v1"],
  down: ["M12 5v13M6.5 12.5L12 18l5.5-5.5"],
  more: ["M5.5 12h.01M12 12h.01M18.5 12h.01"],
  pencil: ["M4.5 19.5l.8-4L16 4.8l3.2 3.2L8.5 18.7zM13.8 7l3.2 3.2"],
  plus: ["M12 5v14M5 12h14"],
  send: ["M4.5 12L4 4.5 20.5 12 4 19.5zM4.5 12h8"],
  trash: ["M4.5 6.5h15M9.5 6.5v-2h5v2M6.5 6.5l1 13.5h9l1-13.5M10.3 10.5v6M13.7 10.5v6"],
  computer: ["M4 5h16v10.5H4zM2 19.5h20"],
  phone: [
    "M8 2.5h8a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.5zM11 18.5h2",
  ],
};

const SOLID = new Set([ICONS.auto[1]]);

/** A drawing beside words, or inside something that has a name of its own: hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const line of ICONS[name]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", line);
    if (SOLID.has(line)) path.setAttribute("class", "solid");
    svg.append(path);
  }
  return svg;
}
