// A classic script in <head>, on purpose: a mailed token is out of the address bar, and of what the tab's history
// keeps, before anything is drawn. It came as the fragment, which no browser sends to any server.
(function () {
  "use strict";
  const take = () => {
    const found = /^#token=([A-Za-z0-9_-]+)$/.exec(location.hash);
    if (!found) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    window.mailedToken = found[1];
    window.dispatchEvent(new Event("mailed-token"));
  };
  take();
  // A link that is pasted into the address bar of the page that it leads to loads nothing.
  window.addEventListener("hashchange", take);
})();
