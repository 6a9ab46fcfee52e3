// What happens to the page when somebody signs in or out, here or elsewhere.
import { safeNext } from "/latchstring/guard.js";
import { ending } from "./ending.js";
import { setBusy } from "./forms.js";
import { session } from "./latch.js";
import { isPublic, loginPath } from "./places.js";
import { goTo } from "./router.js";
import { toast } from "./elements/toast-list.js";
import { mayLeaveUnsent } from "./elements/unsent-dialog.js";
import { endingSentence } from "./words.js";

let wasSignedIn = false;

/** Shows how the session stands from now on: which parts of a page are there, and which page. */
export function followSession() {
  session.on("change", follow);
  document.addEventListener("page-shown", arrived);
  arrived();
  follow();
}

/** Another page, perhaps from the one where one signs in. */
function arrived() {
  if (location.pathname !== "/login") ending.leave();
  goOnFromLogin();
}

export async function signOut(button) {
  await leaving(button, () => session.signOut());
}

export async function signOutEverywhere(button) {
  await leaving(button, () => session.signOutEverywhere());
}

async function leaving(button, act) {
  if (!(await mayLeaveUnsent())) return;
  setBusy(button, true);
  try {
    await act();
  } catch {
    toast("You could not be signed out: the server did not answer. Please try again.");
  } finally {
    setBusy(button, false);
  }
}

function follow() {
  const { status, endedReason } = session.state;
  document.documentElement.dataset.session = status;
  if (status === "signed_out") leave(endedReason);
  if (status === "signed_in") ending.forget();
  if (status !== "unknown") wasSignedIn = status === "signed_in";
  if (wasSignedIn) goOnFromLogin();
}

/** Somebody who is signed in has nothing to do on the login page, however it came about. */
function goOnFromLogin() {
  if (session.state.status !== "signed_in" || location.pathname !== "/login") return;
  const next = safeNext(new URLSearchParams(location.search).get("next"));
  goTo(next && next !== "/" ? next : "/chat", { replace: true });
}

/** @param {string | null} reason null for a guest, who was never signed in and is told nothing of the kind */
function leave(reason) {
  const byOwnHand = reason === "signed_out";
  const stays = isPublic(location.pathname);
  const isNews = !reason || byOwnHand || ending.remember(reason);
  // The login page says it itself, for as long as it takes to sign in: nothing is said twice.
  const isSaid = !byOwnHand && (!stays || location.pathname === "/login");
  if (reason && isNews && !isSaid && (wasSignedIn || !byOwnHand)) toast(endingSentence(reason));
  if (stays) return;
  goTo(byOwnHand && wasSignedIn ? "/" : loginPath(location.pathname + location.search), { replace: true });
}
