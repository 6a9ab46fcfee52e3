// Sentences and times, as people read them.

const ENDINGS = {
  signed_out: "You are signed out.",
  signed_out_elsewhere: "You were signed out from another device.",
  idle: "You were signed out because this browser was not used for a while.",
  expired: "Your sign-in reached the end of its life. Please sign in again.",
  replayed:
    "An old key of this sign-in was used again, perhaps by somebody else, so it was ended. If in doubt, change " +
    "your password.",
  password_changed: "Your password was changed, so you were signed out here.",
  account_closed: "This account is closed.",
  unknown: "Please sign in again.",
};

/** Why a sign-in is over, as a sentence. */
export function endingSentence(reason) {
  return ENDINGS[reason] ?? ENDINGS.unknown;
}

/** A time of the contract (`2026-01-31 12:00:00.123456Z`, or with a T) as a Date. */
export function readTime(text) {
  // Browsers agree on three digits of a second only.
  return new Date(text.replace(" ", "T").replace(/(\.\d{3})\d+/, "$1"));
}

const STEPS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** How long ago, in the largest unit that fits. What seems to lie ahead (clocks differ) is now. */
export function ago(date, now = Date.now()) {
  const seconds = Math.max(0, (now - date.getTime()) / 1000);
  const step = STEPS.find(([, length]) => seconds >= length);
  return step ? relative.format(-Math.floor(seconds / step[1]), step[0]) : "just now";
}

/** Date and time in full. */
export function inFull(date) {
  return absolute.format(date);
}

/** A wait of so many seconds, as one says it. */
export function waitSentence(seconds) {
  if (!(seconds > 0)) return "Please try again in a moment.";
  if (seconds < 90) return `Please try again in ${Math.ceil(seconds)} seconds.`;
  return `Please try again in about ${Math.ceil(seconds / 60)} minutes.`;
}
