// Where the user is signed in: one list for the page that shows it and for the toast about a device that is new.
import { ask } from "./latch.js";

/**
 * @typedef {{id: string, device: string, address: string, inserted_at: string, last_seen_at: string,
 *   remembered: boolean, current: boolean}} Device
 */

class Devices extends EventTarget {
  /** @type {null | Device[]} null until they are known */
  list = null;
  #asked = 0;

  /** Asks the server. Dispatches `change`, and `arrival` with each device that was not there before. */
  async refresh() {
    const asked = ++this.#asked;
    const { sessions } = await ask("GET", "/api/sessions");
    if (asked !== this.#asked) return; // a younger answer is on its way
    const known = this.list && new Set(this.list.map((device) => device.id));
    this.list = sessions;
    this.dispatchEvent(new Event("change"));
    for (const device of sessions) {
      if (known && !known.has(device.id)) this.dispatchEvent(new CustomEvent("arrival", { detail: device }));
    }
  }

  /** Signs one out. One that has gone already is gone. */
  async signOut(id) {
    try {
      await ask("DELETE", `/api/sessions/${encodeURIComponent(id)}`);
    } catch (trouble) {
      if (trouble.status !== 404) throw trouble;
    }
    this.#without([id]);
  }

  async signOutOthers() {
    for (const device of this.list.filter((other) => !other.current)) await this.signOut(device.id);
  }

  forget() {
    this.#asked++;
    this.list = null;
    this.dispatchEvent(new Event("change"));
  }

  #without(ids) {
    this.#asked++; // an answer on its way may still name them
    this.list = this.list?.filter((device) => !ids.includes(device.id)) ?? null;
    this.dispatchEvent(new Event("change"));
  }
}

export const devices = new Devices();
