// What has been read: receipts, told once per reader at the newest of one's messages that they have read; and where in a
// conversation that is opened the part begins that one has not.

/**
 * Who has read this one and none of one's own after it; at the newest of one's own also where nobody has.
 *
 * @param {import("../talk/room.js").Entry[]} entries
 * @param {number} place which of them
 * @returns {string[] | null} null where nothing is to be told
 */
export function receipt(entries, place) {
  const entry = entries[place];
  if (!counts(entry)) return null;
  const next = nextAfter(entries, place);
  if (!next) return entry.readBy;
  const told = new Set(next.readBy);
  const names = entry.readBy.filter((name) => !told.has(name));
  return names.length ? names : null;
}

function nextAfter(entries, place) {
  for (let at = place + 1; at < entries.length; at++) if (counts(entries[at])) return entries[at];
  return null;
}

function counts({ isMine, isDeleted, state }) {
  return isMine && !isDeleted && state === "sent";
}

/**
 * The first of so many unread messages of others.
 *
 * @param {import("../talk/room.js").Entry[]} entries
 * @param {number} unread
 * @returns {import("../talk/room.js").Entry | null} null where it is not loaded, or nothing is unread
 */
export function firstUnread(entries, unread) {
  let left = unread;
  for (let place = entries.length - 1; left > 0 && place >= 0; place--) {
    if (!entries[place].isMine && --left === 0) return entries[place];
  }
  return null;
}
