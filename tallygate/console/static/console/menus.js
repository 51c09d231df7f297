// Menus close on Escape and on a click elsewhere; the sidebar slides in on narrow screens.
(() => {
  "use strict";

  function openMenus() {
    return document.querySelectorAll("details[data-menu][open]");
  }

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("focusin", (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  for (const menu of document.querySelectorAll("details[data-menu]")) {
    menu.addEventListener("toggle", () => {
      if (menu.open) menu.querySelector("input[type=search]")?.focus();
    });
  }

  const shell = document.getElementById("shell");
  const toggle = document.querySelector("[data-nav-toggle]");
  const sidebar = document.getElementById("sidebar");

  function setNav(open) {
    if (open) shell.dataset.nav = "open";
    else delete shell.dataset.nav;
    toggle.setAttribute("aria-expanded", String(open));
  }

  toggle.addEventListener("click", () => {
    setNav(true);
    sidebar.querySelector("a").focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shell.dataset.nav) {
      setNav(false);
      toggle.focus();
    }
  });

  document.addEventListener("click", (event) => {
    if (shell.dataset.nav && !sidebar.contains(event.target) && !toggle.contains(event.target)) {
      setNav(false);
    }
  });

  sidebar.addEventListener("focusout", (event) => {
    if (shell.dataset.nav && event.relatedTarget && !sidebar.contains(event.relatedTarget)) {
      setNav(false);
    }
  });
})();
