// <device-list>: where the user is signed in, with the way out of each, of the others, and of all.
import { devices } from "../devices.js";
import { setBusy } from "../forms.js";
import { signOut, signOutEverywhere } from "../signing.js";
import { readTime } from "../words.js";
import { confirmed } from "./confirm-dialog.js";
import { deviceName, deviceRow } from "./device-row.js";
import { make, Part } from "./part.js";
import { replaceWhatChanged } from "./replace-changed.js";
import { toast, toastDone } from "./toast-list.js";

const REFRESH_WORDS_MS = 30_000;
const EVERYWHERE = {
  title: "Sign out everywhere?",
  words: "Every device is signed out at once, this one included. You can sign in again with your password.",
  yes: "Sign out everywhere",
};

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
      if (!devices.list) this.#offerAgain(trouble);
    }
  }

  #offerAgain(trouble) {
    const again = make("button", { class: "button button-quiet button-small", type: "button" }, "Try again");
    again.addEventListener("click", () => this.#refresh());
    this.status.replaceChildren(`${trouble.message} `, again);
    this.dataset.known = "";
  }

  #show() {
    if (!devices.list) return;
    this.dataset.known = "";
    const focused = this.contains(document.activeElement) && document.activeElement.dataset.key;
    this.status.textContent = summary(devices.list.length);
    replaceWhatChanged(
      this.list,
      devices.list.toSorted(byUse).map((device) => this.#row(device)),
    );
    replaceWhatChanged(this.foot, this.#ways());
    // The row that had the focus may be new, or gone: nobody falls out of the list.
    if (!focused || this.contains(document.activeElement)) return;
    (this.querySelector(`[data-key="${CSS.escape(focused)}"]`) ?? this.querySelector("button")).focus();
  }

  #row(device) {
    if (device.current) return deviceRow(device, signOut);
    const done = `${deviceName(device)} is signed out.`;
    return deviceRow(device, (button) => attempt(button, () => devices.signOut(device.id), done));
  }

  #ways() {
    const everywhere = way("all", "Sign out everywhere", "button-danger", async (button) => {
      if (await confirmed(EVERYWHERE)) await signOutEverywhere(button);
    });
    if (devices.list.length < 2) return [everywhere];
    const others = way("others", "Sign out all others", "button-quiet", (button) =>
      attempt(button, () => devices.signOutOthers(), "Every other device is signed out."),
    );
    return [others, everywhere];
  }
}

function way(key, words, kind, act) {
  const button = make("button", { class: `button button-small ${kind}`, type: "button", "data-key": key }, words);
  button.addEventListener("click", () => act(button));
  return button;
}

async function attempt(button, act, done) {
  setBusy(button, true);
  try {
    await act();
    toastDone(done);
  } catch (trouble) {
    toast(trouble.message);
  } finally {
    setBusy(button, false);
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
