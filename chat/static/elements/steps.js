// Pages of a few steps: one is shown, and its heading is where a reader goes on.

/** Shows the step of that name in an element whose children with `data-step` are the steps. */
export function showStep(element, name, { focus = true } = {}) {
  for (const step of element.querySelectorAll("[data-step]")) step.hidden = step.dataset.step !== name;
  if (focus) element.querySelector(`[data-step="${name}"] :is(h1, [data-first])`).focus();
}
