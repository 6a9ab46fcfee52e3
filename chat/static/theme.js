// A classic script in <head>, on purpose: it runs before the first paint, so that nobody sees the wrong theme flash by.
(function () {
  "use strict";
  const root = document.documentElement;
  const read = (name) => {
    try {
      return localStorage.getItem("latchstring." + name);
    } catch {
      return null; // storage is switched off: the page follows the system
    }
  };
  const theme = read("theme");
  root.dataset.theme = theme === "day" || theme === "night" ? theme : "auto";
  const magnification = Number(read("magnification"));
  if (magnification >= 0.7 && magnification <= 1.4) {
    root.style.setProperty("--magnification", String(magnification));
  }
})();
