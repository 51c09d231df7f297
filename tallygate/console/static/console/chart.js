// Draws every [data-chart] element from the JSON that its page carries. Labels and ticks come ready-made: the page knows no zones.
(() => {
  "use strict";

  const TICK_WIDTH = 64; // px that a label and the space around it take
  const MARK_WIDTH = 140; // px that the name of a moment takes
  const MARK_LETTERS = 18;
  const MANY = 100; // places from which on bars would be hairlines
  const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
  const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

  // A custom property may hold light-dark(): only a real property resolves it.
  function reader(element) {
    const probe = document.createElement("span");
    probe.hidden = true;
    element.append(probe);
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    return { read, done: () => probe.remove() };
  }

  function colours(data) {
    const { read, done } = reader(document.body);
    const found = {
      curves: data.curves.map((curve) => read(curve.colour)),
      area: read("chart-area"),
      before: read("chart-previous"),
      grid: read("chart-grid"),
      text: read("text-muted"),
      strong: read("text"),
      surface: read("surface-raised"),
      paper: read("surface"),
      border: read("border"),
    };
    done();
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

  function tipRow(mark, name, value, unit) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    if (mark) head.append(mark);
    head.append(cell("bdi", name.length > 48 ? `${name.slice(0, 47)}…` : name));
    row.append(head, cell("td", `${exact.format(value)} ${unit}`, "number"));
    return row;
  }

  function mark(className, colour) {
    const element = document.createElement("i");
    element.className = className;
    if (colour) element.dataset.colour = colour;
    return element;
  }

  const isThere = (value) => value !== undefined && value !== null;

  // An element and not a text: the content security policy allows no inline style.
  function tip(data, index) {
    const box = document.createElement("div");
    box.className = "tip";
    box.append(cell("p", data.labels[index]));
    const table = document.createElement("table");
    const stacked = data.form === "stack";
    const shown = stacked ? [...data.curves].reverse() : data.curves;
    let total = 0;
    for (const curve of shown) {
      const value = curve.values[index];
      if (!isThere(value)) continue;
      total += value;
      if (value === 0 && shown.length > 4) continue;
      table.append(tipRow(mark("key", curve.colour), curve.name, value, data.unit));
      const before = curve.previous[index];
      if (isThere(before)) table.append(tipRow(mark(data.form === "line" ? "key before" : "key", "chart-previous"), data.previous_name, before, data.unit));
    }
    if (stacked && data.curves.length > 1) table.append(tipRow(null, "Total", total, data.unit));
    box.append(table);
    for (const { title } of (data.marks ?? []).filter((mark) => mark.index === index)) {
      box.append(cell("p", `\u2691 ${title}`, "mark"));
    }
    return box;
  }

  // As many of the ticks as fit, always the same distance apart.
  function shownTicks(data, width) {
    const places = [...data.ticks.keys()].filter((index) => data.ticks[index] !== "");
    const step = Math.max(1, Math.ceil((places.length * TICK_WIDTH) / Math.max(width, 1)));
    return new Set(places.filter((_, order) => order % step === 0));
  }

  // What has not ended yet is dashed: its last value may still grow.
  function pieces(values, unfinished) {
    const end = values.length - 1;
    if (!unfinished || end < 1) return { done: values, open: [] };
    return {
      done: values.map((value, index) => (index < end ? value : null)),
      open: values.map((value, index) => (index >= end - 1 ? value : null)),
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

  function lines(data, colour) {
    const [curve] = data.curves;
    const { done, open } = pieces(curve.values, data.unfinished);
    const style = { areaStyle: { color: colour.area, origin: 0 }, showSymbol: data.labels.length <= 62 };
    return [
      {
        ...line(data.previous_name, curve.previous, colour.before, { width: 1.25, type: [4, 4] }),
        showSymbol: false,
        silent: true,
      },
      { ...line(curve.name, done, colour.curves[0], { width: 2 }), ...style },
      { ...line(curve.name, open, colour.curves[0], { width: 2, type: [2, 3] }), ...style },
    ];
  }

  function bar(name, values, colour) {
    return { name, type: "bar", data: values, itemStyle: { color: colour }, barMaxWidth: 48 };
  }

  function stacked(data, colour) {
    const many = data.labels.length > MANY;
    const last = data.labels.length - 1;
    return data.curves.map((curve, order) => {
      const own = colour.curves[order];
      if (many) {
        return {
          ...line(curve.name, curve.values, own, { width: 0 }),
          stack: "all",
          step: "middle",
          showSymbol: false,
          areaStyle: { color: own, opacity: 1, origin: 0 },
        };
      }
      const values = curve.values.map((value, index) =>
        data.unfinished && index === last ? { value, itemStyle: { opacity: 0.55 } } : value,
      );
      return { ...bar(curve.name, values, own), stack: "all", barCategoryGap: "20%" };
    });
  }

  function bars(data, colour) {
    const [curve] = data.curves;
    const before = curve.previous.length ? [bar(data.previous_name, curve.previous, colour.before)] : [];
    return [...before, bar(curve.name, curve.values, colour.curves[0])];
  }

  // What remains is known up to now; what will remain, and what would if use were even, are guesses.
  function burn(data, colour) {
    const styles = { remaining: { width: 2 }, projected: { width: 2, type: [2, 3] }, even: { width: 1.25, type: [4, 4] } };
    return data.curves.map((curve, order) => ({
      ...line(curve.name, curve.values, colour.curves[order], styles[curve.key]),
      showSymbol: false,
      ...(curve.key === "remaining" ? { areaStyle: { color: colour.area, origin: 0 } } : {}),
    }));
  }

  const FORMS = { line: lines, stack: stacked, bars, burn };

  function options(data, colour, width) {
    const shown = shownTicks(data, width);
    const font = getComputedStyle(document.body).fontFamily;
    const between = data.form === "line" || data.form === "burn" || (data.form === "stack" && data.labels.length > MANY);
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
        boundaryGap: !between,
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
        minInterval: data.form === "bars" ? 0 : 1,
        splitNumber: 4,
        axisLabel: { color: colour.text, fontSize: 11, formatter: axisNumber },
        splitLine: { lineStyle: { color: colour.grid } },
      },
      series: marked(FORMS[data.form](data, colour), data, colour, width),
    };
  }

  // Moments as upright lines. Where there is room each has its name above; what a place has, its tip tells in any case.
  function marked(series, data, colour, width) {
    const marks = data.marks ?? [];
    if (!marks.length || !series.length) return series;
    const titles = new Map();
    for (const { index, title } of marks) titles.set(index, [...(titles.get(index) ?? []), title]);
    const named = titles.size * MARK_WIDTH <= width;
    const lines = [...titles].map(([index, all]) => ({ xAxis: index, name: all.join(", ") }));
    const markLine = {
      silent: true,
      animation: false,
      symbol: "none",
      lineStyle: { color: colour.text, type: "solid", width: 1, opacity: 0.7 },
      label: {
        show: named,
        position: "end",
        color: colour.text,
        fontSize: 11,
        formatter: ({ name }) => (name.length > MARK_LETTERS ? `${name.slice(0, MARK_LETTERS - 1)}…` : name),
      },
      data: lines,
    };
    const last = series.length - 1;
    return series.map((each, order) => (order === last ? { ...each, markLine } : each));
  }

  const drawn = new Map();
  function draw({ chart, data }) {
    chart.setOption(options(data, colours(data), chart.getWidth()));
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
      element.dispatchEvent(new CustomEvent("tallygate:drawn", { bubbles: true, detail: { chart, data } }));
    }
  }

  document.addEventListener("tallygate:theme", () => {
    for (const one of drawn.values()) draw(one);
  });
  document.addEventListener("htmx:afterSettle", drawCharts);
  document.addEventListener("DOMContentLoaded", drawCharts);

  // The chart as a picture that needs no page around it: with title, window, zone and legend.
  const PICTURE = { width: 1200, height: 600 };

  function picture(data, renderer) {
    const box = document.createElement("div");
    const chart = echarts.init(box, null, { renderer, ...PICTURE });
    const colour = colours(data);
    const option = options(data, colour, PICTURE.width);
    const names = [...new Set(option.series.filter((each) => each.data.length).map((each) => each.name))];
    chart.setOption({
      ...option,
      backgroundColor: colour.paper,
      title: {
        text: data.title,
        subtext: data.subtitle,
        left: 24,
        top: 16,
        textStyle: { color: colour.strong, fontSize: 18 },
        subtextStyle: { color: colour.text, fontSize: 12 },
      },
      legend: { data: names, left: 24, right: 24, top: 72, itemGap: 16, textStyle: { color: colour.text } },
      grid: { ...option.grid, left: 24, right: 32, top: 132, bottom: 20 },
    });
    const url =
      renderer === "svg"
        ? URL.createObjectURL(new Blob([chart.renderToSVGString()], { type: "image/svg+xml" }))
        : chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: colour.paper });
    chart.dispose();
    return url;
  }

  function save(url, name) {
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  }

  // Pictures are made by the browser, of a chart that is there.
  function offerPictures() {
    for (const button of document.querySelectorAll("[data-image]")) {
      button.hidden = !button.closest(".card").querySelector("[data-chart]");
    }
  }
  document.addEventListener("DOMContentLoaded", offerPictures);
  document.addEventListener("htmx:afterSettle", offerPictures);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-image]");
    if (!button) return;
    const source = button.closest(".card").querySelector("[data-chart]");
    const { data } = drawn.get(source);
    const kind = button.dataset.image;
    save(picture(data, kind === "svg" ? "svg" : "canvas"), `${data.file}.${kind}`);
  });
})();
