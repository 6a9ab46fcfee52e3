// One conversation in the list of them: a link, with what one wants to know before following it.
import { avatar, named, namesOf, typingWords } from "../faces.js";
import { count, shortWhen } from "../chat-words.js";
import { inFull } from "../words.js";
import { make } from "./part.js";

/** More than the server counts. */
const MOST_COUNTED = 99;

/** @param {import("../talk/summary.js").Summary} summary @param {Set<string> | null} online ids of people, where they are known @param {string} draft */
export function conversationRow(summary, online, draft) {
  const link = make(
    "a",
    { class: "conversation", href: `/chat/${summary.id}`, "data-unread": summary.unread > 0 },
    conversationFace(summary, online),
    make("span", { class: "conversation-title" }, named(summary.title)),
    when(summary),
    make("span", { class: "conversation-facts" }, ...facts(summary, online, draft)),
    ...unread(summary),
  );
  return make("li", { "data-id": summary.id }, link);
}

/** The other's initials with a dot while they are here; for a group, two of its people, or its name's. */
export function conversationFace({ id, isPrivate, alias, title, people, isKnown }, online) {
  const [other] = people;
  // No initials of nobody: those of a name that is known, or a sign that there will be some.
  if (!isKnown) return make("span", { class: "face" }, alias === null ? unknownAvatar() : avatar(id, alias));
  if (isPrivate && other) {
    return make("span", { class: "face", "data-online": online?.has(other.id) ?? false }, avatar(other.id, other.name));
  }
  if (people.length < 2) return make("span", { class: "face" }, avatar(id, title));
  return make("span", { class: "face face-two" }, ...people.slice(0, 2).map((person) => avatar(person.id, person.name)));
}

/** Of whom it is not known yet who they are. */
function unknownAvatar() {
  return make("span", { class: "avatar", "aria-hidden": "true", "data-unknown": true }, "…");
}

function when({ updatedAt }) {
  const attributes = { class: "conversation-when", datetime: updatedAt.toISOString(), title: inFull(updatedAt) };
  return make("time", attributes, shortWhen(updatedAt));
}

function facts({ typing, isPrivate, alias, people, isKnown }, online, draft) {
  if (typing.length) return [make("span", { class: "typing" }, ...typingWords(typing))];
  if (draft) return [make("span", { class: "draft" }, "Draft"), ": ", named(draft)];
  if (!isKnown) return ["\u00a0"]; // nothing false; it keeps its line
  if (!people.length) return ["Only you"];
  if (isPrivate) return [whereabouts(people[0], online)];
  // Without a name of its own it is called by its people, who need not be said twice.
  if (alias === null) return [`Group of ${people.length + 1}`];
  return namesOf(people.map(({ name }) => name));
}

/** Never an address: to begin a conversation with somebody is no reason to have theirs before one's eyes. */
export function whereabouts({ id }, online) {
  if (!online) return "\u00a0"; // keeps its line while it is not known
  return online.has(id) ? "Here now" : "Away";
}

function unread({ unread }) {
  if (!unread) return [];
  const shown = unread > MOST_COUNTED ? `${MOST_COUNTED}+` : String(unread);
  const heard = make("span", { class: "unseen" }, ` ${count(unread, "unread message", "unread messages")}`);
  return [make("span", { class: "unread" }, make("span", { "aria-hidden": "true" }, shown), heard)];
}
