// Forms: one submission at a time, progress on the button, and each trouble beside the field it is about.
import { address } from "./address.js";
import { waitSentence } from "./words.js";

/** Runs `send(values)` when the form is submitted. What it throws is shown in the form. */
export function onSubmit(form, signal, send) {
  form.addEventListener(
    "submit",
    async (event) => {
      event.preventDefault();
      const button = form.querySelector("[data-progress]");
      if (button.getAttribute("aria-busy") === "true") return;
      clearTroubles(form);
      // aria-disabled, not disabled: the focus must not fall off the button.
      setBusy(button, true);
      try {
        await send(Object.fromEntries(new FormData(form)));
      } catch (error) {
        showTroubles(form, error);
      } finally {
        setBusy(button, false);
      }
    },
    { signal },
  );
  form.addEventListener("input", (event) => clearField(event.target), { signal });
}

export function setBusy(button, busy) {
  for (const name of ["aria-busy", "aria-disabled"]) {
    if (busy) button.setAttribute(name, "true");
    else button.removeAttribute(name);
  }
}

/**
 * @param {{status?: number, message: string, fields?: {path: string, message: string}[], retryAfter?: number, way?: Node}} error
 *   `retryAfter` in seconds; `way`: where it goes on from there, a link
 */
export function showTroubles(form, error) {
  const placed = (error.fields ?? []).filter(({ path, message }) => showField(form, path, message));
  const way = error.way ? [" ", error.way] : [];
  if (!placed.length) form.querySelector("[data-trouble]").replaceChildren(sentence(error), ...way);
  const first = form.querySelector('[aria-invalid="true"]');
  first?.focus();
}

export function clearTroubles(form) {
  form.querySelector("[data-trouble]").textContent = "";
  for (const input of form.querySelectorAll('[aria-invalid="true"]')) clearField(input);
}

function showField(form, path, message) {
  const field = form.querySelector(`[data-field="${CSS.escape(path)}"]`);
  if (!field || !field.checkVisibility()) return false;
  field.querySelector("[data-field-trouble]").textContent = message;
  field.querySelector("input").setAttribute("aria-invalid", "true");
  return true;
}

function clearField(input) {
  input.removeAttribute("aria-invalid");
  const trouble = input.closest("[data-field]")?.querySelector("[data-field-trouble]");
  if (trouble) trouble.textContent = "";
}

function sentence(error) {
  // Only where nothing came back: what has answered can be reached, whatever the browser thinks of its network.
  if (!error.status && !navigator.onLine) return "You are offline. Please try again when the network is back.";
  if (error.code === "cross_origin" && !address.isOurs)
    return `${address.words} ${address.home}.`;
  if (error.status === 429) return `That was too many tries. ${waitSentence(error.retryAfter)}`;
  if (!error.status || error.status >= 500) return `The server did not answer. ${waitSentence(error.retryAfter)}`;
  return error.message;
}
