// <device-list>: where the user is signed in, with the way out of each, of the others, and of all.
import { devices } from "../devices.js";
import { setBusy } from "../forms.js";
import { signOut, signOutEverywhere } from "../signing.js";
import { ago, inFull, readTime } from "../words.js";
import { confirmed } from "./confirm-dialog.js";
import { icon, make, Part } from "./part.js";
import { toast } from "./toast-list.js";

const REFRESH_WORDS_MS = 30_000;

class DeviceList extends Part {
  arrive(signal) {
    this.status = make("p", { class: "hint", role: "status" }, "Looking up your devices …");
    this.list = make("ul", { class: "devices", role: "list" });
    this.foot = make("div", { class: "devices-foot actions" });
    this.replaceChildren(this.status, this.list, this.foot);
    devices.addEventListener("change", () => this.#show(), { signal });
    document.addEventListener("devices-changed", () => this.#refresh(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#refresh(), { signal });
    const timer = setInterval(() => this.#show(), REFRESH_WORDS_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.#show();
    this.#refresh();
  }

  async #refresh() {
    try {
      await devices.refresh();
    } catch (trouble) {
      if (!devices.list) this.#sayAndOfferAgain(trouble);
    }
  }

  #sayAndOfferAgain(trouble) {
    const again = make("button", { class: "button button-quiet button-small", type: "button" }, "Try again");
    again.addEventListener("click", () => this.#refresh());
    this.status.replaceChildren(`${trouble.message} `, again);
  }

  #show() {
    if (!devices.list) return;
    const focused = document.activeElement?.closest?.("device-list [data-key]")?.dataset.key;
    this.status.textContent = summary(devices.list.length);
    const inOrder = devices.list.toSorted(byUse);
    this.list.replaceChildren(...inOrder.map((device) => this.#row(device)));
    this.foot.replaceChildren(...this.#ways());
    if (focused) (this.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? this.querySelector("button"))?.focus();
  }

  #row(device) {
    const seen = readTime(device.last_seen_at);
    const since = readTime(device.inserted_at);
    const name = make("div", { class: "device-name" }, device.device || "Unknown device", device.current ? make("span", { class: "badge" }, "This device") : "");
    const lately = [device.current ? "Here now" : `Last seen ${ago(seen)}`, device.address].filter(Boolean);
    const kept = device.remembered ? "remembered" : "until its browser closes";
    const facts = [lately.join(" · "), `Signed in ${inFull(since)}, ${kept}`].map((fact) => make("div", { class: "device-facts" }, fact));
    const words = make("div", { class: "device-words" }, name, ...facts);
    const phone = /iphone|android|mobile/i.test(device.device);
    return make("li", { class: "device", "data-current": device.current }, icon(phone ? "phone" : "computer"), words, this.#out(device));
  }

  #out(device) {
    const out = make("button", { class: "button button-quiet button-small", type: "button", "data-key": device.id, "aria-label": `Sign out ${device.current ? "this device" : device.device}` }, "Sign out");
    out.addEventListener("click", () => (device.current ? signOut(out) : this.#try(out, () => devices.signOut(device.id), `${device.device} is signed out.`)));
    return out;
  }

  #ways() {
    const others = make("button", { class: "button button-quiet button-small", type: "button", "data-key": "others" }, "Sign out all others");
    others.addEventListener("click", () => this.#try(others, () => devices.signOutOthers(), "Every other device is signed out."));
    const all = make("button", { class: "button button-danger button-small", type: "button", "data-key": "all" }, "Sign out everywhere");
    all.addEventListener("click", async () => {
      const sure = { title: "Sign out everywhere?", words: "Every device is signed out at once, this one included. You can sign in again with your password.", yes: "Sign out everywhere" };
      if (await confirmed(sure)) await signOutEverywhere(all);
    });
    return devices.list.length > 1 ? [others, all] : [all];
  }

  async #try(button, act, done) {
    setBusy(button, true);
    try {
      await act();
      toast(done);
    } catch (trouble) {
      toast(trouble.message);
    } finally {
      setBusy(button, false);
    }
  }
}

/** This one first, then the most recently seen. */
function byUse(one, other) {
  return other.current - one.current || readTime(other.last_seen_at) - readTime(one.last_seen_at);
}

function summary(count) {
  return count === 1 ? "You are signed in on this device only." : `You are signed in on ${count} devices.`;
}

customElements.define("device-list", DeviceList);
