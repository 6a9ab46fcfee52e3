// A new conversation: with one person, by a click on them; or with several, under a name.
import { clearTroubles, onSubmit, setBusy, showTroubles } from "../forms.js";
import { connection } from "../connection.js";
import { goTo } from "../router.js";
import { conversations } from "../talk/conversations.js";
import { chosenPeople } from "./chosen-people.js";
import { openModal } from "./modal.js";
import { nameField } from "./name-dialog.js";
import { make } from "./part.js";

export function newChatDialog() {
  const body = make("div", { class: "new-chat" });
  const kinds = switchOf((kind) => show(kind));
  const dialog = openModal({ title: "New chat", kind: "modal-people" }, kinds, body);
  const closed = new AbortController();
  dialog.addEventListener("close", () => closed.abort());
  const enter = (id) => enterChat(id, dialog);
  const show = (kind) => {
    const form = kind === "group" ? groupForm(enter, closed.signal) : privateForm(enter);
    body.replaceChildren(form);
    return form;
  };
  show("private").querySelector("input").focus();
}

/** Into it, to write: on a small screen too, and also where it is open already. */
function enterChat(id, dialog) {
  const write = () => document.querySelector("message-composer")?.focusField();
  if (location.pathname === `/chat/${id}`) {
    dialog.close();
    write();
  } else {
    document.addEventListener("page-shown", write, { once: true });
    goTo(`/chat/${id}`);
  }
}

function switchOf(changed) {
  const choice = (value, words, checked) => {
    const radio = make("input", { type: "radio", name: "kind", value, checked });
    radio.addEventListener("change", () => changed(value));
    return make("label", {}, radio, make("span", {}, words));
  };
  const legend = make("legend", { class: "visually-hidden" }, "With whom?");
  const choices = [choice("private", "One person", true), choice("group", "A group", false)];
  return make("fieldset", {}, legend, make("div", { class: "switch" }, ...choices));
}

function privateForm(enter) {
  const picker = document.createElement("people-picker");
  picker.chosen = null;
  const trouble = troubleLine();
  const wait = waitLine();
  const form = make("form", { novalidate: true }, make("div", { class: "modal-parts" }, trouble, wait, picker));
  form.addEventListener("submit", (event) => event.preventDefault());
  picker.addEventListener("pick", async ({ detail, target }) => {
    const button = target.list.querySelector(`[data-person="${CSS.escape(detail.id)}"]`);
    if (form.querySelector(".found-person[aria-busy]")) return; // one at a time
    clearTroubles(form);
    setBusy(button, true);
    wait.textContent = waitWords();
    try {
      enter(await conversations.startPrivate(detail.id));
    } catch (error) {
      showTroubles(form, error);
    } finally {
      setBusy(button, false);
      wait.textContent = "";
    }
  });
  return form;
}

function groupForm(enter, signal) {
  const chosen = chosenPeople();
  const button = make("button", { class: "button", type: "submit", "data-progress": true }, "Start the group");
  const name = nameField({ hint: "Without one, it is called by its people." });
  const wait = waitLine();
  const parts = make("div", { class: "modal-parts" }, troubleLine(), wait, ...chosen.elements, name);
  const form = make("form", { novalidate: true }, parts, make("div", { class: "actions" }, button));
  chosen.onChange(() => clearTroubles(form));
  const idOf = clientIds();
  onSubmit(form, signal, async ({ alias }) => {
    const ids = chosen.ids();
    if (!ids.length) throw { status: 400, message: "Please choose somebody first." };
    const name = alias.trim() || null;
    wait.textContent = waitWords();
    try {
      enter(await conversations.startGroup(ids, name, idOf([ids, name])));
    } finally {
      wait.textContent = "";
    }
  });
  return form;
}

/** One for each wish: who presses again because no answer came means the same group, and after a change another. */
function clientIds() {
  const made = new Map();
  return (wish) => {
    const words = JSON.stringify(wish);
    if (!made.has(words)) made.set(words, crypto.randomUUID());
    return made.get(words);
  };
}

/** What is said while it is begun, from the first moment. */
function waitLine() {
  return make("p", { class: "hint new-chat-wait", role: "status" });
}

function waitWords() {
  if (connection.state === "live") return "It is being begun …";
  return "There is no connection just now: it is begun as soon as there is one …";
}

function troubleLine() {
  return make("p", { class: "form-trouble", role: "alert", "data-trouble": true });
}
