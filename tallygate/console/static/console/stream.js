// The Live page: what the server tells replaces the minutes and goes on top of the entries.
(() => {
  "use strict";

  const KEPT = 200; // rows of the table, and as many that wait while it is paused
  const AGAIN_MS = 5000;

  const form = document.getElementById("live-form");
  const minutes = document.getElementById("minutes");
  const tail = document.getElementById("tail");
  const empty = document.getElementById("tail-empty");
  const note = document.getElementById("tail-note");
  const pause = document.getElementById("pause");
  const state = document.getElementById("live-state");
  const calm = note.textContent;

  let source = null;
  let again = 0;
  let connectedAt = 0;
  let paused = false;
  let waiting = [];
  let missed = 0;

  function tell(name, text) {
    if (state.dataset.state === name && state.lastElementChild.textContent === text) return;
    state.dataset.state = name;
    state.lastElementChild.textContent = text;
  }

  function query() {
    const given = [...new FormData(form)].filter(([, value]) => value !== "");
    return new URLSearchParams(given).toString();
  }

  function rowsOf(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return [...template.content.children];
  }

  function tellNote() {
    const more = missed ? ` ${missed.toLocaleString("en")} more came than can be shown.` : "";
    const held = paused ? ` Paused: ${waiting.length.toLocaleString("en")} new.` : "";
    note.textContent = calm + more + held;
  }

  function put(rows) {
    for (const row of rows) row.classList.add("fresh");
    tail.prepend(...rows);
    while (tail.children.length > KEPT) tail.lastElementChild.remove();
    empty.hidden = tail.children.length > 0;
  }

  function onEntries(event) {
    const told = JSON.parse(event.data);
    const rows = rowsOf(told.html);
    missed += told.missed;
    if (paused) {
      waiting = [...rows, ...waiting];
      missed += Math.max(waiting.length - KEPT, 0);
      waiting.length = Math.min(waiting.length, KEPT);
    } else put(rows);
    tellNote();
  }

  // A stream ends now and then by itself. Who has signed out meanwhile, or may no longer see this, is told so by the page.
  async function comeBack() {
    disconnect();
    tell("away", "Connecting again…");
    try {
      const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
      if (answer.type === "opaqueredirect" || [403, 404].includes(answer.status)) location.reload();
      else if (document.visibilityState === "visible") {
        again = setTimeout(connect, Math.max(0, AGAIN_MS - (Date.now() - connectedAt)));
      }
    } catch {
      again = setTimeout(comeBack, AGAIN_MS); // the server is away
    }
  }

  function connect() {
    disconnect();
    const asked = query();
    connectedAt = Date.now();
    source = new EventSource(form.dataset.stream + (asked && `?${asked}`));
    source.addEventListener("open", () => tell(paused ? "paused" : "live", paused ? "Paused" : "Live"));
    source.addEventListener("minutes", (event) => (minutes.innerHTML = JSON.parse(event.data).html));
    source.addEventListener("entries", onEntries);
    source.addEventListener("failed", comeBack);
    source.addEventListener("error", comeBack);
  }

  function disconnect() {
    clearTimeout(again);
    source?.close();
    source = null;
  }

  function setPaused(now) {
    paused = now;
    pause.setAttribute("aria-pressed", String(now));
    pause.textContent = now ? "Resume" : "Pause";
    tell(now ? "paused" : "live", now ? "Paused" : "Live");
    if (!now) {
      put(waiting);
      waiting = [];
    }
    tellNote();
  }

  // Another question: what came before is no answer to it.
  let typed = 0;
  function ask() {
    const asked = query();
    history.replaceState(null, "", asked ? `?${asked}` : location.pathname);
    tail.replaceChildren();
    empty.hidden = false;
    waiting = [];
    missed = 0;
    tellNote();
    connect();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(typed);
    ask();
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("select")) ask();
  });
  form.addEventListener("input", (event) => {
    if (!event.target.matches("input")) return;
    clearTimeout(typed);
    typed = setTimeout(ask, 300);
  });
  pause.addEventListener("click", () => setPaused(!paused));

  // Nobody looks at a hidden page.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connect();
    else disconnect();
  });
  window.addEventListener("pagehide", disconnect);
  window.addEventListener("pageshow", (event) => event.persisted && connect());

  pause.hidden = false;
  if (document.visibilityState === "visible") connect();
})();
