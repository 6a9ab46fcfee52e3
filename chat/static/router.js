// From page to page without a full load, so that the token stays in memory and no page change spends a refresh.
// Without the Navigation API every link is an ordinary page load, and everything still works.
import { guard } from "./latch.js";
import { isPage } from "./places.js";
import { shellOf } from "./shells.js";

/** Opens the page of the first load, and from then on every one that is asked for. `onTrouble` shows a message. */
export async function startRouter(onTrouble) {
  window.navigation?.addEventListener("navigate", (event) => {
    const url = new URL(event.destination.url);
    if (!event.canIntercept || event.hashChange || event.downloadRequest !== null || event.formData) return;
    if (event.navigationType === "reload" || !isPage(url)) return;
    event.intercept({ focusReset: "manual", handler: () => open(url, event.signal, onTrouble) });
  });
  markCurrent();
  await admit(new URL(location.href));
}

/** Goes to one of our pages. */
export function goTo(path, { replace = false } = {}) {
  // Two may send people to the same place at once: the guard, and the end of the session that it heard of.
  if (path === location.pathname + location.search + location.hash) return;
  if (window.navigation) navigation.navigate(path, { history: replace ? "replace" : "auto" }).finished.catch(() => {});
  else if (replace) location.replace(path);
  else location.assign(path);
}

async function open(url, signal, onTrouble) {
  try {
    if (!(await admit(url, signal))) return;
    const shell = await shellOf(url.pathname, signal);
    if (signal.aborted) return;
    show(shell);
  } catch (error) {
    if (error.name === "AbortError") return;
    onTrouble(`That page could not be loaded. ${error.message}`);
  }
}

/** The guard's word on every route. False where it sends people elsewhere. */
async function admit(url, signal) {
  const verdict = await guard.enter(url.pathname + url.search);
  if (signal?.aborted) return false;
  if (verdict.redirect) goTo(verdict.redirect, { replace: true });
  return !verdict.redirect;
}

function show(shell) {
  const old = document.querySelector("main");
  const next = shell.querySelector("main");
  document.title = shell.title;
  if (old.dataset.page !== next.dataset.page || old.dataset.page !== "chat") {
    const main = document.importNode(next, true);
    old.replaceWith(main);
    focusOn(main);
  }
  markCurrent();
  document.dispatchEvent(new Event("page-shown"));
}

/** Where a full load would have put a reader: at the top of what is new. */
function focusOn(main) {
  const heading = main.querySelector("h1");
  (heading?.checkVisibility() ? heading : main).focus({ preventScroll: true });
}

function markCurrent() {
  for (const link of document.querySelectorAll(".site-nav a")) {
    const here = location.pathname === link.pathname || location.pathname.startsWith(`${link.pathname}/`);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}
