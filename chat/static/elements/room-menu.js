// What can be done with a group, behind one button: its people, its name, more people, and the way out.
import { goTo } from "../router.js";
import { confirmed } from "./confirm-dialog.js";
import { inviteDialog } from "./invite-dialog.js";
import { icon, make } from "./part.js";
import { peopleDialog } from "./people-dialog.js";
import { nameDialog } from "./name-dialog.js";
import { toast } from "./toast-list.js";

/**
 * @param {import("../talk/room.js").Room} room
 * @param {AbortSignal} signal closes whatever dialog is open
 * @returns {HTMLElement[]} the button and what it opens
 */
export function roomMenu(room, signal) {
  const button = make("button", {
    class: "icon-button",
    type: "button",
    "aria-label": "This group",
    "aria-expanded": "false",
    "aria-haspopup": "menu",
  }, icon("more"));
  const items = [
    item("People", () => peopleDialog(room, signal)),
    item("Invite", () => inviteDialog(room, signal)),
    item("Rename", () => rename(room, signal)),
    item("Leave", () => leave(room, signal)),
  ];
  const menu = make("div", { class: "menu", popover: "auto", role: "menu", "aria-label": "This group" }, ...items);
  button.popoverTargetElement = menu;
  menu.addEventListener("toggle", (event) => opened(event, button, menu));
  menu.addEventListener("keydown", (event) => walk(event, items));
  // Before the item acts: a dialog gives the focus back to where it was, and the item is not in sight by then.
  menu.addEventListener("click", (event) => event.target.closest("[role=menuitem]") && leaveMenu(button, menu), true);
  return [button, menu];
}

function item(words, act) {
  const each = make("button", { class: "menu-item", type: "button", role: "menuitem", tabindex: "-1" }, words);
  each.addEventListener("click", act);
  return each;
}

function opened({ newState }, button, menu) {
  button.setAttribute("aria-expanded", String(newState === "open"));
  if (newState !== "open") return;
  const { bottom, right } = button.getBoundingClientRect();
  menu.style.top = `${bottom + 4}px`;
  menu.style.left = `${right - menu.offsetWidth}px`;
  menu.firstChild.focus();
}

function leaveMenu(button, menu) {
  menu.hidePopover();
  button.focus();
}

function walk(event, items) {
  const here = items.indexOf(document.activeElement);
  const steps = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  items.at(steps[event.key] % items.length).focus();
}

function rename(room, signal) {
  return nameDialog({
    signal,
    title: "Rename this group",
    hint: "Everybody in it sees the new name. Without one, it is called by its people.",
    value: room.summary.alias ?? "",
    save: (name) => room.rename(name),
  });
}

const LEAVING = {
  title: "Leave this group?",
  words: "You get nothing more that is said in it. Somebody in it would have to invite you again.",
  yes: "Leave",
};

async function leave(room, signal) {
  if (!(await confirmed(LEAVING, signal))) return;
  try {
    await room.leave();
    goTo("/chat");
  } catch (trouble) {
    toast(`You are still in it. ${trouble.message}`);
  }
}
