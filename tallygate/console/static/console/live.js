// What changes by itself is asked for again and again, as long as somebody looks at the page.
(() => {
  "use strict";

  const EVERY_MS = 2000;

  function tick() {
    if (document.visibilityState !== "visible") return;
    for (const part of document.querySelectorAll("[data-live]")) {
      part.dispatchEvent(new CustomEvent("tallygate:tick"));
    }
  }

  setInterval(tick, EVERY_MS);
  document.addEventListener("visibilitychange", tick);
})();
