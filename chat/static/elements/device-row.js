// One device in the list of devices: what it is, when it was here, and the way out.
import { ago, inFull, readTime } from "../words.js";
import { icon, make } from "./part.js";

// An open page renews its key every 25 to 28 minutes, and is seen no oftener than that.
const LATELY_MS = 30 * 60_000;

/** What a device is called. Old clients may not have said. */
export function deviceName(device) {
  return device.device || "Unknown device";
}

/**
 * @param {import("../devices.js").Device} device
 * @param {(button: HTMLButtonElement) => void} onOut when its button is pressed
 */
export function deviceRow(device, onOut) {
  const looks = /iphone|\bios\b|ipad|android|mobile/i.test(device.device) ? "phone" : "computer";
  const words = make("div", { class: "device-words" }, title(device), ...facts(device));
  return make("li", { class: "device", "data-current": device.current }, icon(looks), words, wayOut(device, onOut));
}

function title(device) {
  const badge = device.current ? [make("span", { class: "badge" }, "This device")] : [];
  return make("div", { class: "device-name" }, deviceName(device), ...badge);
}

function facts(device) {
  const since = `Signed in ${inFull(readTime(device.inserted_at))}`;
  const kept = device.remembered ? "remembered" : "until its browser closes";
  return [[seen(device), device.address].filter(Boolean).join(" · "), `${since}, ${kept}`].map((fact) =>
    make("div", { class: "device-facts" }, fact),
  );
}

function seen({ current, last_seen_at }) {
  if (current) return "Here now";
  const when = readTime(last_seen_at);
  return Date.now() - when < LATELY_MS ? "Active in the last half hour" : `Last seen ${ago(when)}`;
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
