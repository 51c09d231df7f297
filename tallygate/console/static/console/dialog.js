// Questions open over the page that they are about, and what was done is said in a corner.
(() => {
  "use strict";

  const SHOWN_MS = 8000;
  const dialog = document.getElementById("dialog");

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === dialog && !dialog.open) dialog.showModal();
  });

  dialog.addEventListener("click", (event) => {
    const link = event.target.closest("[data-close]");
    if (!link && event.target !== dialog) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => dialog.replaceChildren());

  function dismissLater(toast) {
    toast.dataset.timed = "";
    let timer = setTimeout(() => toast.remove(), SHOWN_MS);
    toast.addEventListener("mouseenter", () => clearTimeout(timer));
    toast.addEventListener("mouseleave", () => (timer = setTimeout(() => toast.remove(), SHOWN_MS)));
    toast.querySelector("[data-dismiss]").addEventListener("click", () => toast.remove());
  }

  // What stands in a live region from the start is not read: it is put in once more.
  const toasts = document.getElementById("toasts");
  const first = [...toasts.children];
  toasts.replaceChildren();
  requestAnimationFrame(() => {
    toasts.append(...first);
    first.forEach(dismissLater);
  });
  document.addEventListener("htmx:afterSettle", () => {
    toasts.querySelectorAll("[data-toast]:not([data-timed])").forEach(dismissLater);
  });
})();
