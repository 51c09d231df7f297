// Rows are put into another order by dragging their grips; the buttons beside them do the same.
(() => {
  "use strict";

  let dragged = null;
  const rowOf = (target) => target.closest?.("tr[data-position]");

  document.addEventListener("pointerdown", (event) => {
    const grip = event.target.closest("[data-grip]");
    if (grip) rowOf(grip).draggable = true; // only by the grip, so that text can be selected
  });
  document.addEventListener("pointerup", () => {
    for (const row of document.querySelectorAll("tr[draggable]")) row.removeAttribute("draggable");
  });

  document.addEventListener("dragstart", (event) => {
    dragged = rowOf(event.target);
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.position);
  });

  document.addEventListener("dragover", (event) => {
    const over = rowOf(event.target);
    if (!dragged || !over) return;
    event.preventDefault();
    unmark();
    const below = Number(over.dataset.position) > Number(dragged.dataset.position);
    if (over !== dragged) over.dataset.drop = below ? "below" : "above";
  });

  document.addEventListener("drop", (event) => {
    const over = rowOf(event.target);
    if (!dragged || !over) return;
    event.preventDefault();
    if (over !== dragged) {
      const button = dragged.querySelector("[data-drop]");
      button.value = over.dataset.position;
      button.click();
    }
  });

  document.addEventListener("dragend", () => {
    dragged?.removeAttribute("draggable");
    dragged = null;
    unmark();
  });

  function unmark() {
    for (const row of document.querySelectorAll("tr[data-drop]")) delete row.dataset.drop;
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest(".mover [aria-disabled=true]")) event.preventDefault();
  }, true);
})();
