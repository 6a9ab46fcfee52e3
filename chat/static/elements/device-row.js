// One device in the list of devices: what it is, when it was here, and the way out.
import { ago, inFull, readTime } from "../words.js";
import { icon, make } from "./part.js";

/** What a device is called. Old clients may not have said. */
export function deviceName(device) {
  return device.device || "Unknown device";
}

/**
 * @param {import("../devices.js").Device} device
 * @param {(button: HTMLButtonElement) => void} onOut when its button is pressed
 */
export function deviceRow(device, onOut) {
  const looks = /iphone|android|mobile/i.test(device.device) ? "phone" : "computer";
  const words = make("div", { class: "device-words" }, title(device), ...facts(device));
  return make("li", { class: "device", "data-current": device.current }, icon(looks), words, wayOut(device, onOut));
}

function title(device) {
  const badge = device.current ? [make("span", { class: "badge" }, "This device")] : [];
  return make("div", { class: "device-name" }, deviceName(device), ...badge);
}

function facts(device) {
  const lately = device.current ? "Here now" : `Last seen ${ago(readTime(device.last_seen_at))}`;
  const since = `Signed in ${inFull(readTime(device.inserted_at))}`;
  const kept = device.remembered ? "remembered" : "until its browser closes";
  return [[lately, device.address].filter(Boolean).join(" · "), `${since}, ${kept}`].map((fact) =>
    make("div", { class: "device-facts" }, fact),
  );
}

function wayOut(device, onOut) {
  const button = make(
    "button",
    {
      class: "button button-quiet button-small",
      type: "button",
      "data-key": device.id,
      "aria-label": `Sign out ${device.current ? "this device" : deviceName(device)}`,
    },
    "Sign out",
  );
  button.addEventListener("click", () => onOut(button));
  return button;
}
