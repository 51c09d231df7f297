// The form above a report: asks anew when a choice is made, and shows the fields that belong to the chosen time frame.
(() => {
  "use strict";

  const tab = document.querySelector("#tabs [aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - tab.parentElement.offsetLeft;

  const form = document.getElementById("question");
  if (!form) return;
  const per = document.getElementById("per");
  const parts = form.querySelectorAll("[data-frame]");

  function showPart(frame) {
    for (const part of parts) {
      part.hidden = part.dataset.frame !== frame;
      part.disabled = part.hidden;
    }
  }

  form.addEventListener("change", (event) => {
    if (event.target.closest('[data-frame="custom"]')) return; // the dates wait for the button
    if (event.target.name === "frame") {
      if (per) per.value = ""; // what suits 12 months does not suit 24 hours
      showPart(event.target.value);
      if (event.target.value === "custom") return;
    }
    if (!form.reportValidity()) return;
    form.dispatchEvent(new CustomEvent("tallygate:ask"));
  });

  // The browser may have kept older choices in the fields when it came back to this page.
  window.addEventListener("pageshow", () => showPart(form.elements.frame?.value));

  // What every page with a default need not tell in its URL.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== form) return;
    for (const name of ["top", "minutes"]) {
      const field = form.elements[name];
      if (field && event.detail.parameters[name] === field.dataset.default) delete event.detail.parameters[name];
    }
  });

  // Six hundred zones are fetched when somebody wants another one.
  const zone = document.getElementById("timezone");
  zone?.addEventListener("focus", async () => {
    const list = document.getElementById("zones");
    if (list.childElementCount) return;
    const answer = await fetch(zone.dataset.zones);
    if (!answer.ok) return;
    const names = (await answer.text()).split("\n");
    list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
  });

  const report = () => document.getElementById("report");
  document.addEventListener("htmx:beforeRequest", () => report()?.setAttribute("aria-busy", "true"));
  document.addEventListener("htmx:afterRequest", () => report()?.setAttribute("aria-busy", "false"));

  // The switcher's links keep the time frame that is being looked at.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#product-options a");
    if (!link) return;
    const state = new URLSearchParams(location.search);
    for (const name of ["metric", "page", "class"]) state.delete(name);
    link.search = state.toString();
  });
})();
