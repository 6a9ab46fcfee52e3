// What the tests drive in a page: the chat's modules without its pages.
import { ask, session, socket } from "/static/latch.js";
import { followLive } from "/static/live.js";
import * as cipher from "/static/talk/cipher.js";
import { conversations } from "/static/talk/conversations.js";
import { draftOf, keepDraft } from "/static/talk/drafts.js";
import { Entry } from "/static/talk/entry.js";
import * as keys from "/static/talk/keys.js";
import { Log } from "/static/talk/log.js";
import { openRoom } from "/static/talk/room.js";

const heard = [];

/** The room that most tests look at. */
function enter(id) {
  window.room = openRoom(id);
  room.addEventListener("message", ({ detail }) => heard.push(detail.text));
}

function shown() {
  return room.entries.map(({ text, state, trouble, isMine, isEdited, isDeleted, readBy, senderName }) => {
    return { text, state, trouble, isMine, isEdited, isDeleted, readBy, senderName };
  });
}

/** As a person who reads: texts, with what is not as it should be behind them. */
function texts() {
  return room.entries.map(({ text, state, isDeleted }) => {
    if (isDeleted) return "(deleted)";
    return (text ?? "(unreadable)") + (state === "sent" ? "" : ` (${state})`);
  });
}

Object.assign(window, { ask, session, socket, conversations, draftOf, keepDraft, Entry, Log, openRoom });
Object.assign(window, { cipher, keys, heard, enter, shown, texts });

followLive();
await session.start();
window.ready = true;
