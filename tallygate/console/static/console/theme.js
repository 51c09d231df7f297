// Light, dark, or what the system says. Runs before the page is painted, so that nothing flashes.
(() => {
  "use strict";

  const KEY = "tallygate.theme";
  const ORDER = ["system", "light", "dark"];
  const root = document.documentElement;

  function stored() {
    try {
      const theme = localStorage.getItem(KEY);
      return ORDER.includes(theme) ? theme : "system";
    } catch {
      return "system"; // the browser keeps no data for this site
    }
  }

  function store(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // The choice then holds for this page only.
    }
  }

  function apply(theme) {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
  }

  function announce() {
    document.dispatchEvent(new CustomEvent("tallygate:theme"));
  }

  function show(button, theme) {
    const next = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    for (const icon of button.querySelectorAll("[data-theme-icon]")) {
      icon.hidden = icon.dataset.themeIcon !== theme;
    }
    const name = `Theme: ${theme}. Change to ${next}`;
    button.querySelector("[data-theme-name]").textContent = name;
    button.title = name;
  }

  let theme = stored();
  apply(theme);

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-button]")) {
      show(button, theme);
      button.addEventListener("click", () => {
        theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
        store(theme);
        apply(theme);
        show(button, theme);
        announce();
      });
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", announce);
})();
