// Draws every [data-chart] element from the JSON that its page carries. Labels and ticks come ready-made: the page knows no zones.
(() => {
  "use strict";

  const TICK_WIDTH = 64; // px that a label and the space around it take
  const exact = new Intl.NumberFormat("en");
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

  // A custom property may hold light-dark(): only a real property resolves it.
  function colours(element) {
    const probe = document.createElement("span");
    probe.hidden = true;
    element.append(probe);
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const found = {
      now: read("chart-1"),
      area: read("chart-area"),
      before: read("chart-previous"),
      grid: read("chart-grid"),
      text: read("text-muted"),
      strong: read("text"),
      surface: read("surface-raised"),
      border: read("border"),
    };
    probe.remove();
    return found;
  }

  function axisNumber(value) {
    return Math.abs(value) < 1000000 ? exact.format(value) : short.format(value);
  }

  function cell(kind, text, className) {
    const element = document.createElement(kind);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }

  function tipRow(key, name, value, unit) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    const mark = document.createElement("i");
    mark.className = `key ${key}`;
    head.append(mark, name);
    row.append(head, cell("td", `${exact.format(value)} ${unit}`, "number"));
    return row;
  }

  // An element and not a text: the content security policy allows no inline style.
  function tip(data, index) {
    const box = document.createElement("div");
    box.className = "tip";
    box.append(cell("p", data.labels[index]));
    const table = document.createElement("table");
    table.append(tipRow("now", data.name, data.values[index], data.unit));
    const before = data.previous[index];
    if (before !== undefined && before !== null) {
      table.append(tipRow("before", data.previous_name, before, data.unit));
    }
    box.append(table);
    return box;
  }

  // As many of the ticks as fit, always the same distance apart.
  function shownTicks(data, width) {
    const places = [...data.ticks.keys()].filter((index) => data.ticks[index] !== "");
    const step = Math.max(1, Math.ceil((places.length * TICK_WIDTH) / Math.max(width, 1)));
    return new Set(places.filter((_, order) => order % step === 0));
  }

  // What has not ended yet is dashed: its last value may still grow.
  function pieces(data) {
    const end = data.values.length - 1;
    if (!data.unfinished || end < 1) return { done: data.values, open: [] };
    return {
      done: data.values.map((value, index) => (index < end ? value : null)),
      open: data.values.map((value, index) => (index >= end - 1 ? value : null)),
    };
  }

  function line(name, values, colour, style) {
    return {
      name,
      type: "line",
      data: values,
      symbol: "circle",
      symbolSize: 5,
      lineStyle: { color: colour, ...style },
      itemStyle: { color: colour },
    };
  }

  function options(data, colour, width) {
    const few = data.values.length <= 62;
    const shown = shownTicks(data, width);
    const { done, open } = pieces(data);
    const area = { areaStyle: { color: colour.area, origin: 0 }, showSymbol: few };
    const font = getComputedStyle(document.body).fontFamily;
    return {
      animation: false,
      textStyle: { fontFamily: font },
      grid: { left: 12, right: 20, top: 30, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
      tooltip: {
        trigger: "axis",
        confine: true,
        transitionDuration: 0,
        backgroundColor: colour.surface,
        borderColor: colour.border,
        textStyle: { color: colour.strong, fontFamily: font },
        axisPointer: { type: "line", lineStyle: { color: colour.before, type: "solid", width: 1 } },
        formatter: (items) => tip(data, items[0].dataIndex),
      },
      xAxis: {
        type: "category",
        boundaryGap: false,
        data: data.ticks,
        axisLine: { lineStyle: { color: colour.before } },
        axisTick: { show: true, alignWithLabel: true, interval: (index) => shown.has(index) },
        axisLabel: { color: colour.text, fontSize: 11, interval: (index) => shown.has(index) },
      },
      yAxis: {
        type: "value",
        name: data.unit,
        nameTextStyle: { color: colour.text, fontSize: 11, align: "right", padding: [0, 6, 0, 0] },
        min: (range) => Math.min(0, range.min),
        minInterval: 1,
        splitNumber: 4,
        axisLabel: { color: colour.text, fontSize: 11, formatter: axisNumber },
        splitLine: { lineStyle: { color: colour.grid } },
      },
      series: [
        {
          ...line(data.previous_name, data.previous, colour.before, { width: 1.25, type: [4, 4] }),
          showSymbol: false,
          silent: true,
        },
        { ...line(data.name, done, colour.now, { width: 2 }), ...area },
        { ...line(data.name, open, colour.now, { width: 2, type: [2, 3] }), ...area },
      ],
    };
  }

  const drawn = new Map();
  function draw({ chart, data }) {
    chart.setOption(options(data, colours(document.body), chart.getWidth()));
  }

  const sized = new ResizeObserver((entries) => {
    for (const entry of entries) {
      const one = drawn.get(entry.target);
      if (!one || one.chart.getWidth() === entry.target.clientWidth) continue;
      one.chart.resize();
      draw(one);
    }
  });

  function forgetRemoved() {
    for (const [element, { chart }] of drawn) {
      if (element.isConnected) continue;
      sized.unobserve(element);
      chart.dispose();
      drawn.delete(element);
    }
  }

  function drawCharts() {
    forgetRemoved();
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (drawn.has(element)) continue;
      const data = JSON.parse(document.getElementById(element.dataset.chart).textContent);
      element.replaceChildren();
      const chart = echarts.init(element);
      drawn.set(element, { chart, data });
      draw({ chart, data });
      sized.observe(element);
    }
  }

  document.addEventListener("tallygate:theme", () => {
    for (const one of drawn.values()) draw(one);
  });
  document.addEventListener("htmx:afterSettle", drawCharts);
  document.addEventListener("DOMContentLoaded", drawCharts);
})();
