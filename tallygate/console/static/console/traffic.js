// The form above the chart: asks anew when a choice is made, and shows the dates when they are wanted.
(() => {
  "use strict";

  const form = document.getElementById("question");
  const custom = document.getElementById("custom");
  const per = document.getElementById("per");

  function showDates(wanted) {
    custom.hidden = !wanted;
    custom.disabled = !wanted;
  }

  form.addEventListener("change", (event) => {
    if (custom.contains(event.target)) return; // the dates wait for the button
    if (event.target.name === "frame") {
      per.value = ""; // what suits 12 months does not suit 24 hours
      showDates(event.target.value === "custom");
      if (event.target.value === "custom") return;
    }
    if (!form.reportValidity()) return;
    form.dispatchEvent(new CustomEvent("tallygate:ask"));
  });

  // The browser may have kept older choices in the fields when it came back to this page.
  window.addEventListener("pageshow", () => {
    showDates(form.elements.frame.value === "custom");
  });

  const report = () => document.getElementById("report");
  document.addEventListener("htmx:beforeRequest", () => report()?.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterRequest", () => report()?.setAttribute("aria-busy", "false"));

  // The switcher's links keep the time frame that is being looked at.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#product-options a");
    if (!link) return;
    const state = new URLSearchParams(location.search);
    state.delete("metric");
    link.search = state.toString();
  });
})();
