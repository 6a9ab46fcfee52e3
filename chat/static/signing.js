// What happens to the page when somebody signs in or out, here or elsewhere.
import { safeNext } from "/latchstring/guard.js";
import { setBusy } from "./forms.js";
import { session } from "./latch.js";
import { isPublic } from "./places.js";
import { goTo } from "./router.js";
import { toast } from "./elements/toast-list.js";
import { endingSentence } from "./words.js";

/** Shows the session's state from now on: which parts of a page are there, and which page. */
export function followSession() {
  const show = () => (document.documentElement.dataset.session = session.state.status);
  session.on("change", show);
  session.on("change", goOnFromLogin);
  session.on("ended", ({ reason }) => leave(reason));
  show();
}

/** Somebody who is signed in has nothing to do on the login page, however it came about. */
export function goOnFromLogin() {
  if (session.state.status !== "signed_in" || location.pathname !== "/login") return;
  const next = safeNext(new URLSearchParams(location.search).get("next"));
  goTo(next && next !== "/" ? next : "/chat", { replace: true });
}

export async function signOut(button) {
  await leaving(button, () => session.signOut());
}

export async function signOutEverywhere(button) {
  await leaving(button, () => session.signOutEverywhere());
}

async function leaving(button, act) {
  setBusy(button, true);
  try {
    await act();
  } catch {
    toast("You could not be signed out: the server did not answer. Please try again.");
  } finally {
    setBusy(button, false);
  }
}

function leave(reason) {
  toast(endingSentence(reason));
  if (isPublic(location.pathname)) return;
  const here = location.pathname + location.search;
  goTo(reason === "signed_out" ? "/" : `/login?next=${encodeURIComponent(here)}`, { replace: true });
}
