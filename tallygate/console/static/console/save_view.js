// What is chosen on a page changes its address without loading it anew: the view that is saved is the one that is seen.
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-save-view]");
    if (link) link.search = new URLSearchParams({ url: location.pathname + location.search }).toString();
  });
})();
