// Partial updates: short URLs, answers that are no part of this page, and a server that is away.
(() => {
  "use strict";

  // Fields left empty are not worth a place in the URL that people share.
  document.addEventListener("htmx:configRequest", (event) => {
    const { parameters, headers, verb } = event.detail;
    if (verb === "get") {
      for (const name of Object.keys(parameters)) {
        if (parameters[name] === "") delete parameters[name];
      }
      return;
    }
    // Not the token that the page was made with: whoever signed in again meanwhile has another one.
    const token = csrfToken();
    if (!token) return;
    delete parameters.csrfmiddlewaretoken;
    headers["X-CSRFToken"] = token;
  });

  function csrfToken() {
    return document.cookie.match(/(?:^|; )tallygate_csrf=([^;]+)/)?.[1];
  }

  function notice(id, hidden) {
    const found = document.getElementById(id);
    if (found) found.hidden = hidden;
    return found;
  }

  // What was typed stays where it is, and the person is told what to do.
  function tellNotSaved(answer, url) {
    const shown = notice("not-saved", false);
    if (!shown) return;
    const signedOut = new URL(url, location.href).pathname === "/login" || !csrfToken();
    shown.querySelector("[data-signed-out]").hidden = !signedOut;
    const said = [...answer.querySelectorAll("h1, main p:not(.brand)")].map((each) => each.textContent.trim());
    shown.querySelector("[data-reason]").textContent = signedOut ? "" : said.slice(0, 2).join(". ");
    shown.scrollIntoView({ block: "nearest" });
  }

  // Signed out, not found, broken: the answer is another page, so go there, unless something was to be saved.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig, pathInfo } = event.detail;
    if (xhr.status === 204) return;
    const answer = new DOMParser().parseFromString(xhr.responseText, "text/html");
    const part = requestConfig.elt.getAttribute("hx-select");
    const fits = part ? answer.querySelector(part) : !answer.querySelector("title");
    if (fits) return;
    event.detail.shouldSwap = false;
    if (requestConfig.verb !== "get") tellNotSaved(answer, xhr.responseURL);
    else location.assign(part ? pathInfo.finalRequestPath : location.href);
  });

  function tellFailure(event) {
    const { elt, verb } = event.detail.requestConfig ?? {};
    if (elt?.hasAttribute("hx-select") || (verb && verb !== "get")) notice("unreachable", false);
  }

  document.addEventListener("htmx:sendError", tellFailure);
  document.addEventListener("htmx:timeout", tellFailure);
  document.addEventListener("htmx:beforeRequest", () => {
    notice("unreachable", true);
    notice("not-saved", true);
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
    label.textContent = await copy(button.closest(".snippet, .copyable").querySelector("pre, code"));
    setTimeout(() => (label.textContent = label.dataset.name ?? "Copy"), 2000);
  });
})();
