// Partial updates: short URLs, answers that are no part of this page, and a server that is away.
(() => {
  "use strict";

  // Fields left empty are not worth a place in the URL that people share.
  document.addEventListener("htmx:configRequest", (event) => {
    const parameters = event.detail.parameters;
    for (const name of Object.keys(parameters)) {
      if (parameters[name] === "") delete parameters[name];
    }
  });

  // Signed out, not found, broken: the answer is another page, so go there.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig, pathInfo } = event.detail;
    const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const part = requestConfig.elt.closest("[hx-select]")?.getAttribute("hx-select");
    const fits = part ? answer.querySelector(part) : !answer.querySelector("title");
    if (fits) return;
    event.detail.shouldSwap = false;
    location.assign(part ? pathInfo.finalRequestPath : location.href);
  });

  function tellFailure(event) {
    const notice = document.getElementById("unreachable");
    if (notice && event.detail.requestConfig?.elt.closest("[hx-select]")) notice.hidden = false;
  }

  document.addEventListener("htmx:sendError", tellFailure);
  document.addEventListener("htmx:timeout", tellFailure);
  document.addEventListener("htmx:beforeRequest", () => {
    const notice = document.getElementById("unreachable");
    if (notice) notice.hidden = true;
  });

  // Browsers copy only for pages that come over HTTPS or from this machine; else select, to copy by hand.
  async function copy(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      return "Selected";
    }
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const label = button.querySelector("[data-copy-label]");
    label.textContent = await copy(button.closest(".snippet").querySelector("pre"));
    setTimeout(() => (label.textContent = "Copy"), 2000);
  });
})();
