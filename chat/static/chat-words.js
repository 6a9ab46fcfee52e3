// Days, times and lists of names, as a chat writes them.

const time = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const oldDate = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const oldDay = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });
const list = new Intl.ListFormat(undefined, { type: "conjunction" });

/** The time of day. */
export function clock(date) {
  return time.format(date);
}

/** A day as the line between two days says it. */
export function dayName(date, now = new Date()) {
  const days = daysBetween(date, now);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  return (date.getFullYear() === now.getFullYear() ? day : oldDay).format(date);
}

/** The shortest that still says when it was: for lists. */
export function shortWhen(date, now = new Date()) {
  const days = daysBetween(date, now);
  if (days <= 0) return clock(date);
  if (days < 7) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? shortDate : oldDate).format(date);
}

export function isSameDay(one, other) {
  return one.toDateString() === other.toDateString();
}

/** "Ada, Grace, and 2 others", in pieces: names are marked, so that each can be isolated from what stands around it. */
export function nameParts(names, most = 3) {
  const shown = names.length > most + 1 ? names.slice(0, most) : names;
  const left = names.length - shown.length;
  const texts = left ? [...shown, `${left} others`] : shown;
  let at = 0;
  return list.formatToParts(texts).map(({ type, value }) => ({
    value,
    isName: type === "element" && at++ < shown.length,
  }));
}

/** The same as one text, for places that hold no elements. */
export function nameList(names, most = 3) {
  return nameParts(names, most)
    .map(({ value }) => value)
    .join("");
}

export function count(number, one, many) {
  return number === 1 ? `1 ${one}` : `${number} ${many}`;
}

function daysBetween(date, now) {
  const midnight = (each) => new Date(each.getFullYear(), each.getMonth(), each.getDate());
  return Math.round((midnight(now) - midnight(date)) / 86_400_000);
}
