// How much may be written, in words. The wire counts bytes and people count letters, hence "about".
import { count } from "../chat-words.js";
import { sizeOf } from "../talk/cipher.js";

const SAY_BELOW = 300;

/** Why a text cannot be sent, or an empty text. */
export function lengthTrouble(text, longest) {
  const over = sizeOf(text) - longest;
  return over > 0 ? `This is too long by about ${count(over, "letter", "letters")}.` : "";
}

/** How much room is left, once it begins to matter. */
export function roomLeft(text, longest) {
  const left = longest - sizeOf(text);
  return left >= 0 && left < SAY_BELOW ? `About ${count(left, "letter", "letters")} left.` : "";
}
