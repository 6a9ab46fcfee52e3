// A picker for several people, and who was picked, as little labels that can be taken away again.
import { named } from "../faces.js";
import { icon, make } from "./part.js";
import "./people-picker.js";

/**
 * @param {Iterable<string>} members ids of people who are in it already, and are not to be chosen
 * @returns {{elements: HTMLElement[], ids: () => string[], onChange: (told: () => void) => void}}
 */
export function chosenPeople(members = []) {
  const people = new Map();
  const labels = make("ul", { class: "chosen", role: "list", "aria-label": "Chosen people" });
  const picker = document.createElement("people-picker");
  picker.members = new Set(members);
  let tell = () => {};
  const show = () => {
    picker.chosen = new Set(people.keys());
    picker.refresh();
    labels.replaceChildren(...[...people.values()].map((person) => label(person, () => toggle(person))));
    tell();
  };
  const toggle = (person) => {
    if (!people.delete(person.id)) people.set(person.id, person);
    show();
    if (document.activeElement === document.body) picker.field.focus();
  };
  picker.addEventListener("pick", ({ detail }) => toggle(detail));
  return { elements: [labels, picker], ids: () => [...people.keys()], onChange: (told) => (tell = told) };
}

function label({ name }, away) {
  const button = make("button", { type: "button", class: "chosen-away", "aria-label": `Take ${name} out again` }, icon("close"));
  button.addEventListener("click", away);
  return make("li", {}, named(name), button);
}
