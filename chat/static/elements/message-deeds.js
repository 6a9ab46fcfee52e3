// What is done with one message: by its buttons, or by keys while it has the focus.
import { confirmed } from "./confirm-dialog.js";
import { toast, toastDone } from "./toast-list.js";

const REMOVE = {
  title: "Delete this message?",
  words: "It goes for everybody in the conversation, and cannot be brought back.",
  yes: "Delete",
};

/** @type {Record<string, (entry: import("../talk/room.js").Entry, view: any) => unknown>} */
const DEEDS = {
  copy: async ({ text }) => {
    await navigator.clipboard.writeText(text);
    toastDone("Copied.");
  },
  edit: ({ key }, view) => view.edit(key),
  delete: async ({ group }, { room }) => (await confirmed(REMOVE)) && (await room.remove(group)),
  retry: ({ key }, { room }) => room.retry(key),
  discard: ({ key }, { room }) => room.discard(key),
};

const KEYS = { Enter: "edit", Delete: "delete" };

/** The deed's button is in the row, so what a row does not offer is not done by keys either. */
export function deedOf(event) {
  if (event.type === "click") return event.target.closest("[data-act]")?.dataset.act;
  const row = event.target;
  const act = row.matches("article") ? KEYS[event.key] : undefined;
  return act && row.querySelector(`[data-act="${act}"]`) ? act : undefined;
}

export async function act(deed, entry, view) {
  try {
    await DEEDS[deed](entry, view);
  } catch (trouble) {
    toast(`That did not work. ${trouble.message}`);
  }
}
