// Where this site is at home, as its server has it. Elsewhere the browser shows the same pages, and the server takes
// nothing from them: somebody who is on the way to it has to be told, since no waiting helps.

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

class Address {
  /** @param {string} ours the public origin, and then others whose pages may open the socket @param {Location} here */
  constructor(ours, here, isSecure) {
    const [home, ...others] = ours.split(" ").filter(Boolean).map((each) => new URL(each).origin);
    this.home = home ?? here.origin;
    // Only on https, and on this machine, do browsers tell a server that its own page has asked.
    this.isOurs = here.origin === this.home || (isSecure && others.includes(here.origin));
  }

  /** Why nothing works here, as words that `home` follows. */
  get words() {
    const isOfOneMachine = LOOPBACK.includes(new URL(this.home).hostname) && !LOOPBACK.includes(location.hostname);
    const way = isOfOneMachine ? "On the machine that it runs on, it is at" : "Open it at";
    return `This chat takes nobody in at this address. ${way}`;
  }

  /** The page that is open, where it is at home. */
  get there() {
    return new URL(location.pathname + location.hash, this.home).href;
  }
}

export const address = new Address(
  document.querySelector('meta[name="origins"]')?.content ?? "",
  location,
  globalThis.isSecureContext,
);
