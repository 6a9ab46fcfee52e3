// Who is signed in, as the pages show them: the session's user, and what was changed since.
import { ask, session } from "./latch.js";

class Me extends EventTarget {
  /**
   * @type {null | {id: string, email: string, display_name: string, hidden: boolean, theme: string,
   *   magnification: number}}
   */
  user = null;

  constructor() {
    super();
    session.on("change", () => this.#follow(session.state.user));
    this.#follow(session.state.user);
  }

  /** Sends a change of the profile. Throws SessionError, and then nothing has changed. */
  async change(change) {
    this.learn(await ask("PATCH", "/api/profile", change));
  }

  /** Takes over what the server says of us, from whatever way it came. */
  learn(profile) {
    if (!this.user) return;
    this.user = { ...this.user, ...profile };
    this.dispatchEvent(new Event("change"));
  }

  #from = null;

  #follow(user) {
    // The session tells of every change; only another user object of its own is news about the person.
    if (user === this.#from) return;
    this.#from = user;
    this.user = user ? { ...user } : null;
    this.dispatchEvent(new Event("change"));
  }
}

export const me = new Me();
