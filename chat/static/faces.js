// People as they are drawn: initials on a tint of their own, and names that cannot disturb what stands around them.
import { nameParts } from "./chat-words.js";
import { make } from "./elements/part.js";

const TINTS = 5;

/** A tile with initials. It stands beside the name, so screen readers pass it by. */
export function avatar(id, name) {
  return make("span", { class: "avatar", "aria-hidden": "true", "data-tint": tint(id) }, initials(name));
}

/** A name on its own line of reading direction: one that is written from right to left turns nothing else around. */
export function named(name) {
  return make("bdi", {}, name);
}

/** Several names as a list in words: nodes to be put into a sentence. */
export function namesOf(names, most) {
  return nameParts(names, most).map(({ value, isName }) => (isName ? named(value) : value));
}

export function typingWords(names) {
  if (!names.length) return [];
  return [...namesOf(names, 2), names.length === 1 ? " is typing …" : " are typing …"];
}

/** The first letters of the first and the last word; of a name without letters, its first sign. */
export function initials(name) {
  const words = name.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’.-]*/gu);
  if (!words) return [...name.trim()].find((sign) => /\p{Emoji_Presentation}/u.test(sign)) ?? "?";
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends.map((word) => [...word][0].toLocaleUpperCase()).join("");
}

function tint(id) {
  let mixed = 0;
  for (const character of id) mixed = (Math.imul(mixed, 31) + character.codePointAt(0)) >>> 0;
  return mixed % TINTS;
}
