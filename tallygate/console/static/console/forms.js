// Forms: what is wrong is marked and found, and nobody leaves by accident what they typed.
(() => {
  "use strict";

  function mark(message) {
    const control = document.getElementById(message.id.replace(/_said$/, ""));
    if (!control?.matches(".input, .select, .checkbox")) return;
    if (message.textContent.trim()) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.matches?.(".said")) mark(event.target);
  });

  // After a form came back with errors: their list is read, and leads to the fields.
  document.addEventListener("htmx:afterSettle", () => {
    document.querySelector("[data-errors]:not([data-seen])")?.focus();
    for (const list of document.querySelectorAll("[data-errors]")) list.dataset.seen = "";
  });

  // Fields that matter only while another has a certain value; never hidden with an error in them.
  function showWhatMatters() {
    for (const field of document.querySelectorAll("[data-when]")) {
      const [name, value] = field.dataset.when.split("=");
      const other = field.closest("form").elements[name];
      field.hidden = other.value !== value && !field.querySelector("[aria-invalid]");
    }
  }
  document.addEventListener("DOMContentLoaded", showWhatMatters);
  document.addEventListener("htmx:afterSettle", showWhatMatters);
  document.addEventListener("change", (event) => {
    if (event.target.form) showWhatMatters();
  });

  const changed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) changed.add(form.id);
  });
  document.addEventListener("submit", () => changed.clear());
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (requestConfig.elt.matches("form[data-guard]") && xhr.status >= 400) changed.add(requestConfig.elt.id);
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed.size) event.preventDefault();
  });
})();
