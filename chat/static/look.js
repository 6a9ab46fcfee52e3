// Theme and size: what is seen now, what this browser remembers for the next first paint, and what the profile says.
import { me } from "./me.js";

const root = document.documentElement;
export const THEMES = ["auto", "day", "night"];

class Look extends EventTarget {
  get theme() {
    return root.dataset.theme;
  }

  get magnification() {
    return Number(root.style.getPropertyValue("--magnification")) || 1;
  }

  /** Shows it at once and keeps it in this browser (theme.js reads it before the next first paint). */
  wear({ theme = this.theme, magnification = this.magnification }) {
    if (theme === this.theme && magnification === this.magnification) return;
    root.dataset.theme = theme;
    root.style.setProperty("--magnification", String(magnification));
    remember("theme", theme);
    remember("magnification", magnification);
    tintFrame();
    this.dispatchEvent(new Event("change"));
  }

  /** Wears it, and keeps it in the profile of whoever is signed in. Throws SessionError. */
  async choose(look) {
    this.wear(look);
    if (me.user) await me.change(look);
  }
}

export const look = new Look();

/** The profile rules while somebody is signed in, and another tab's choice is ours. */
export function followLook() {
  const follow = () => me.user && look.wear(me.user);
  me.addEventListener("change", follow);
  follow();
  tintFrame();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tintFrame);
  addEventListener("storage", (event) => {
    if (event.key === "latchstring.theme" && THEMES.includes(event.newValue)) look.wear({ theme: event.newValue });
    if (event.key === "latchstring.magnification") look.wear({ magnification: Number(event.newValue) || 1 });
  });
}

/** The browser's own frame takes the colour of the page, which need not be that of the system. */
function tintFrame() {
  const ground = getComputedStyle(root).backgroundColor;
  for (const meta of document.querySelectorAll('meta[name="theme-color"]')) meta.content = ground;
}

function remember(name, value) {
  try {
    localStorage.setItem(`latchstring.${name}`, String(value));
  } catch {
    // Storage is full or switched off: the look lasts as long as this page.
  }
}
