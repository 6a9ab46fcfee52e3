// From page to page without a full load, so that the token stays in memory and no page change spends a refresh.
// The address is the browser's from the moment that a link is followed, so the page has to follow it whatever comes:
// what cannot be loaded is a page that says so and tries again, never the page of before under the new address.
// Without the Navigation API every link is an ordinary page load, and everything still works.
import { guard, session } from "./latch.js";
import { lostPage } from "./elements/lost-page.js";
import { isPage } from "./places.js";
import { shellOf } from "./shells.js";

let opening = new AbortController();

/** Opens the page of the first load, and from then on every one that is asked for. */
export async function startRouter() {
  window.navigation?.addEventListener("navigate", (event) => {
    const url = new URL(event.destination.url);
    if (!event.canIntercept || event.hashChange || event.downloadRequest !== null || event.formData) return;
    if (event.navigationType === "reload" || !isPage(url) || onlyDropsFragment(event, url)) return;
    event.intercept({ focusReset: "manual", handler: () => open(url) });
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

/** As a page does that takes a token out of its own address: there is nothing to load. */
function onlyDropsFragment({ navigationType }, { pathname, search, hash }) {
  const isHere = pathname === location.pathname && search === location.search;
  return navigationType === "replace" && isHere && !hash && location.hash !== "";
}

async function open(url) {
  // Only the next page ends the loading of this one. The browser's own "stop" does not: its address would stay.
  opening.abort();
  opening = new AbortController();
  const { signal } = opening;
  document.querySelector("main").setAttribute("aria-busy", "true");
  const admitted = admit(url, signal);
  // While nobody can know who is here, a page shows that it waits, as it does when it is loaded in full.
  if (session.state.status !== "unknown" && !(await admitted)) return;
  try {
    const shell = await shellOf(url.pathname, signal);
    if (!signal.aborted) show(shell);
  } catch (error) {
    if (!signal.aborted) showLost(url, error);
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
  const main = document.querySelector("main");
  const next = shell.querySelector("main");
  document.title = shell.title;
  if (main.dataset.page !== next.dataset.page || main.dataset.page !== "chat") {
    replaceMain(document.importNode(next, true));
  }
  arrived();
}

let lost = null;

function showLost(url, { message }) {
  document.title = "Not loaded · Latchstring";
  if (lost?.main.isConnected && lost.address === url.href) {
    lost.main.firstChild.missed(message);
  } else {
    lost = { address: url.href, main: lostPage({ words: message, again: () => open(url) }) };
    replaceMain(lost.main);
  }
  arrived();
}

function replaceMain(next) {
  document.querySelector("main").replaceWith(next);
  focusOn(next);
}

function arrived() {
  document.querySelector("main").removeAttribute("aria-busy");
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
