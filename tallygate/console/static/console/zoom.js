// Dragging over a chart zooms in, a click opens a bucket. By keyboard the dates above and the links in the table do the same.
(() => {
  "use strict";

  const CLICK = 5; // px that a hand moves while it clicks
  const TIME = ["frame", "since", "since_time", "until", "until_time", "minutes", "per", "page"];

  function go(since_s, until_s) {
    const query = new URLSearchParams(location.search);
    for (const name of TIME) query.delete(name);
    query.set("frame", "custom");
    query.set("since", iso(since_s));
    query.set("until", iso(until_s));
    location.assign(`?${query}`);
  }

  function iso(seconds) {
    return new Date(seconds * 1000).toISOString().replace(".000", "");
  }

  function follow(element, chart, data) {
    const frame = document.createElement("div");
    frame.className = "brush";
    frame.hidden = true;
    element.append(frame);
    let start = null;

    const indexAt = (x) => {
      const [index] = chart.convertFromPixel({ gridIndex: 0 }, [x, 0]);
      return Math.min(Math.max(Math.round(index), 0), data.labels.length - 1);
    };

    function show(left, right) {
      frame.style.left = `${Math.min(left, right)}px`;
      frame.style.width = `${Math.abs(right - left)}px`;
      frame.hidden = false;
    }

    function cancel() {
      start = null;
      frame.hidden = true;
    }

    const zr = chart.getZr();
    zr.on("mousedown", (event) => {
      if (event.event.button !== 0 || !chart.containPixel("grid", [event.offsetX, event.offsetY])) return;
      start = event.offsetX;
      event.event.preventDefault(); // no text is selected meanwhile
    });
    zr.on("mousemove", (event) => {
      if (start !== null && Math.abs(event.offsetX - start) >= CLICK) show(start, event.offsetX);
    });
    zr.on("mouseup", (event) => {
      if (start === null) return;
      const [from, to] = [start, event.offsetX].sort((one, other) => one - other);
      cancel();
      const [first, last] = [indexAt(from), indexAt(to)];
      if (to - from < CLICK || first === last) {
        if (data.drills[first]) location.assign(data.drills[first]);
      } else if (data.edges.length) {
        go(data.edges[first], data.edges[last + 1] - 1);
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") cancel();
    });
  }

  document.addEventListener("tallygate:drawn", (event) => {
    const { chart, data } = event.detail;
    if (data.drills.length && matchMedia("(pointer: fine)").matches) follow(event.target, chart, data);
  });
})();
