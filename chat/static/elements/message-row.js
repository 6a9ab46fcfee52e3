// One message: whose, when, its text, and how it stands. Texts are text and nothing else; no link is made of them.
import { avatar, named, namesOf } from "../faces.js";
import { clock, dayName, isSameDay } from "../chat-words.js";
import { inFull } from "../words.js";
import { messageActions, rescue } from "./message-actions.js";
import { make } from "./part.js";

/** Messages of one author within so many milliseconds are one run: the name stands once. */
const RUN_MS = 10 * 60_000;

/**
 * All that is drawn of an entry, as one text, so that two can be compared: the entry is the same object all its life.
 *
 * @param {import("../talk/room.js").Entry} entry
 */
export function standing(entry, previous, next, { isGroup, readBy, isFirstNew }) {
  const { senderId, senderName, isMine, text, state, trouble, isEdited, isDeleted, group } = entry;
  return JSON.stringify({
    ...{ senderId, senderName, isMine, text, state, trouble, isEdited, isDeleted, group },
    at: entry.at.getTime(),
    day: !previous || !isSameDay(previous.at, entry.at) ? dayName(entry.at) : null,
    starts: isFirstNew || !continues(previous, entry),
    ends: !next || !continues(entry, next),
    isGroup,
    readBy,
    isFirstNew,
  });
}

/** Fills a row. @param {HTMLElement} row @param {ReturnType<typeof JSON.parse>} message as `standing` told it */
export function fillRow(row, message) {
  row.dataset.mine = String(message.isMine);
  row.dataset.state = message.state;
  row.toggleAttribute("data-starts", message.starts);
  row.toggleAttribute("data-ends", message.ends);
  const words = make("div", { class: "message-words" }, ...author(message), bubble(message), foot(message), ...rescue(message));
  const face = message.isMine || !message.ends ? "" : avatar(message.senderId, message.senderName);
  const body = make("div", { class: "message" }, face, words);
  row.replaceChildren(...dayLine(message), ...newLine(message), body);
}

function continues(previous, entry) {
  return (
    previous?.senderId === entry.senderId &&
    previous.isMine === entry.isMine &&
    isSameDay(previous.at, entry.at) &&
    entry.at - previous.at < RUN_MS
  );
}

function dayLine({ day }) {
  return day ? [make("p", { class: "day" }, make("span", {}, day))] : [];
}

function newLine({ isFirstNew }) {
  return isFirstNew ? [make("p", { class: "day day-new" }, make("span", {}, "New"))] : [];
}

/** Whose it is: seen where a run begins, heard with every message. */
function author({ isMine, senderName, starts, isGroup }) {
  const seen = starts && isGroup && !isMine;
  const name = isMine ? "You" : named(senderName);
  return [make("p", { class: seen ? "message-author" : "unseen" }, name, make("span", { class: "unseen" }, ":"))];
}

function bubble(message) {
  const title = inFull(new Date(message.at));
  return make("div", { class: "bubble-line" }, make("div", { class: "bubble", title }, text(message)), messageActions(message));
}

function text({ text, isDeleted }) {
  if (isDeleted) return make("p", { class: "message-text message-absent" }, "This message was deleted.");
  if (text === null) {
    return make("p", { class: "message-text message-absent" }, "This message cannot be read on this device.");
  }
  return make("p", { class: "message-text", dir: "auto" }, text);
}

/** When it was and how far it came: seen where a run ends or where there is something to say, heard with every one. */
function foot(message) {
  const edited = message.isEdited && !message.isDeleted ? ["edited"] : [];
  const words = [...edited, ...far(message)];
  const seen = message.ends || words.length > 0;
  const date = new Date(message.at);
  const time = make("time", { datetime: date.toISOString() }, clock(date));
  const pieces = [time, ...words].flatMap((piece, at) => (at ? [" · ", piece].flat() : [piece]));
  const trouble = message.state === "failed";
  return make("p", { class: seen ? "message-foot" : "unseen", "data-trouble": trouble }, ...pieces);
}

/** Pieces; those of one sentence are a list of their own. */
function far({ state, trouble, readBy, isGroup }) {
  if (state === "failed") return [`Not sent. ${trouble ?? ""}`.trim()];
  if (state === "waiting") return [trouble ?? "Waiting to be sent."];
  if (state === "sending") return ["Sending …"];
  if (!readBy) return [];
  if (!readBy.length) return ["Sent"];
  return [isGroup ? ["Read by ", ...namesOf(readBy)] : "Read"];
}
