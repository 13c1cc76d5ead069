"use strict";
// The report page: reads the embedded data, filters runs, and draws them with ECharts. No network, no storage.
(async () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const make = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };
  const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  const number = (x) => {
    if (x === null || x === undefined) return "–";
    if (x === 0) return "0";
    const size = Math.abs(x);
    return (size < 1e-3 || size >= 1e5 ? x.toExponential(2) : Number(x.toPrecision(4)).toString()).replace("-", "−");
  };
  const percent = (x) => (x === null || x === undefined ? "–" : `${(100 * x).toFixed(2)} %`);

  // ---- data -------------------------------------------------------------------------------------------------------
  const { runs, axes, compare } = data;
  const count = runs.id.length;
  const bytes = await unpack($("blob").textContent);
  const points = data.history.epochs.length;
  const view = new DataView(bytes.buffer);
  // A loss is kept as a 16-bit step between the lowest and the highest logarithm; 65535 means none, 65534 not finite.
  const loss = (kind, run, k) => {
    const q = view.getUint16(2 * ((kind * count + run) * points + k), true);
    if (q >= 65534) return null;
    return 10 ** (data.history.low + (q / 65533) * (data.history.high - data.history.low));
  };
  const maps = 4 * count * points;

  async function unpack(text) {
    const packed = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // ---- which runs are shown ---------------------------------------------------------------------------------------
  const hidden = Object.fromEntries(axes.map((axis) => [axis.key, new Set()]));
  let brushed = null;
  const filtered = () => {
    const kept = [];
    for (let i = 0; i < count; i++) if (axes.every((axis) => !hidden[axis.key].has(runs.axis[axis.key][i]))) kept.push(i);
    return kept;
  };
  const shown = () => (brushed ? filtered().filter((i) => brushed.has(i)) : filtered());

  const quantile = (sorted, q) => {
    const at = (sorted.length - 1) * q;
    const low = Math.floor(at);
    const rest = at - low;
    return rest === 0 ? sorted[low] : sorted[low] * (1 - rest) + sorted[low + 1] * rest;
  };
  const quartiles = (values) => {
    const sorted = values.filter((x) => x !== null).sort((a, b) => a - b);
    return sorted.length ? [0.25, 0.5, 0.75].map((q) => quantile(sorted, q)) : null;
  };
  const group = (indices, key) => {
    const groups = new Map();
    const of = runs.axis[key];
    for (const i of indices) {
      const value = of ? of[i] : 0;
      if (!groups.has(value)) groups.set(value, []);
      groups.get(value).push(i);
    }
    return [...groups].sort(([a], [b]) => a - b);
  };

  // ---- look -------------------------------------------------------------------------------------------------------
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  const charts = {};
  const chart = (id) => (charts[id] ??= echarts.init($(id), null, { renderer: "svg" }));
  const frame = () => ({
    animation: false,
    aria: { enabled: true },
    textStyle: { color: css("--fg"), fontFamily: FONT },
    grid: { left: 64, right: 18, top: 34, bottom: 42 },
    legend: { type: "scroll", top: 0, pageTextStyle: { color: css("--soft") }, pageIconColor: css("--fg"), pageIconInactiveColor: css("--line"), textStyle: { color: css("--fg") }, icon: "roundRect", itemHeight: 8, inactiveColor: css("--line") },
    tooltip: { trigger: "axis", confine: true, backgroundColor: css("--bg"), borderColor: css("--line"), textStyle: { color: css("--fg"), fontSize: 12 } },
  });
  const scale = (props) => ({
    nameLocation: "middle", nameGap: 28, nameTextStyle: { color: css("--soft") },
    axisLine: { show: true, onZero: false, lineStyle: { color: css("--soft") } }, axisLabel: { color: css("--soft"), hideOverlap: true },
    splitLine: { lineStyle: { color: css("--line"), width: 0.6 } }, ...props,
  });
  const color = (value) => compare.colors[value % compare.colors.length];
  // ECharts stacks no bands on its logarithmic axis, so a log scale is a linear axis of logarithms with its own labels.
  const SCALES = {
    linear: { to: (x) => x, from: (x) => x, axis: { axisLabel: { formatter: number } } },
    log: { to: (x) => (x > 0 ? Math.log10(x) : null), from: (x) => 10 ** x, axis: { scale: true, minInterval: 1, axisLabel: { formatter: (e) => power(e) } } },
  };
  const power = (e) => (Number.isInteger(e) ? `10${[...String(e)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("")}` : "");
  const vertical = (scaling, name) => scale({ type: "value", name, nameGap: 46, ...scaling.axis, axisLabel: { color: css("--soft"), ...scaling.axis.axisLabel } });

  // Three series a name: the lower quartile, unseen; the rest of the band, stacked on it; the median.
  function banded(name, tint, xs, triples, scaling) {
    const kept = xs.map((x, i) => [x, triples[i]?.map(scaling.to)]).filter(([, t]) => t && t.every((y) => y !== null));
    const part = (id, of, extra) => ({ type: "line", name, id: `${name}/${id}`, data: kept.map(([x, t]) => [x, of(t)]), showSymbol: false, itemStyle: { color: tint }, lineStyle: { color: tint, width: 2, cap: "round", join: "round" }, ...extra });
    const band = { stack: `${name}/band`, stackStrategy: "all", silent: true, lineStyle: { opacity: 0 }, emphasis: { disabled: true }, z: 1 };
    return [
      part("low", (t) => t[0], band),
      part("band", (t) => t[2] - t[0], { ...band, areaStyle: { color: tint, opacity: 0.17, origin: "auto" } }),
      part("median", (t) => t[1], { showSymbol: kept.length < 30, symbolSize: 5, z: 3 }),
    ];
  }
  const tooltip = (label, scaling, from = (x) => x) => (items) => {
    const rows = items.filter((item) => item.seriesId?.endsWith("/median"))
      .map((item) => `${item.marker}${escapeHtml(item.seriesName)} <b>${number(scaling.from(item.value[1]))}</b>`);
    const at = items[0]?.axisValue;
    return [`${escapeHtml(label)} ${escapeHtml(typeof at === "number" ? number(from(at)) : at ?? "")}`, ...rows].join("<br>");
  };

  // ---- charts -----------------------------------------------------------------------------------------------------
  function drawCurves(indices) {
    const scaling = SCALES[$("curves-log").checked ? "log" : "linear"];
    const kind = $("curves-kind").value === "mean" ? 0 : 1;
    const series = group(indices, compare.key).flatMap(([value, members]) => {
      const triples = data.history.epochs.map((_, k) => quartiles(members.map((i) => loss(kind, i, k))));
      return banded(compare.values[value] ?? "all runs", color(value), data.history.epochs, triples, scaling);
    });
    chart("curves").setOption({
      ...frame(), tooltip: { ...frame().tooltip, formatter: tooltip("epoch", scaling) },
      xAxis: scale({ type: "value", name: "epoch", min: 0, max: data.history.epochs.at(-1) }),
      yAxis: vertical(scaling, "loss"), series,
    }, true);
  }

  function drawAxis(indices) {
    const axis = axes.find((a) => a.key === $("axis-key").value);
    if (!axis) return;
    const scaling = SCALES[$("axis-log").checked ? "log" : "linear"];
    const numeric = axis.numbers !== null;
    const wide = numeric && axis.numbers.every((x) => x > 0) && Math.max(...axis.numbers) / Math.min(...axis.numbers) >= 20;
    const across = SCALES[wide ? "log" : "linear"];
    const xs = axis.values.map((label, v) => (numeric ? across.to(axis.numbers[v]) : label));
    const marks = [];
    const series = group(indices, axis.key === compare.key ? null : compare.key).flatMap(([value, members]) => {
      const name = axis.key === compare.key ? "all runs" : compare.values[value] ?? "all runs";
      const at = new Map(group(members, axis.key));
      axis.values.forEach((_, v) => {
        const gone = (at.get(v) ?? []).filter((i) => runs.status[i] === 1).length;
        if (gone) marks.push({ value: [xs[v], 0], gone, name, of: at.get(v).length });
      });
      return banded(name, color(value), xs, axis.values.map((_, v) => quartiles((at.get(v) ?? []).map((i) => runs.metric[i]))), scaling);
    });
    const medians = series.filter((line) => line.id.endsWith("/median")).flatMap((line) => line.data.map(([, y]) => y));
    const [low, high] = medians.length ? [Math.min(...medians), Math.max(...medians)] : [0, 1];
    marks.forEach((mark, k) => { mark.value[1] = high + (0.12 + 0.05 * (k % 3)) * (high - low || 1); });
    const horizontal = numeric
      ? { type: "value", scale: true, min: Math.min(...xs), max: Math.max(...xs), axisLabel: { color: css("--soft"), hideOverlap: true, formatter: (x) => number(Number(across.from(x).toPrecision(3))) }, ...(wide ? { minInterval: 1 } : {}) }
      : { type: "category", data: axis.values };
    chart("axis").setOption({
      ...frame(), tooltip: { ...frame().tooltip, formatter: tooltip(axis.key, scaling, across.from) },
      xAxis: scale({ name: axis.key, ...horizontal }), yAxis: vertical(scaling, data.metric.label),
      series: !marks.length ? series : [...series, {
        type: "scatter", name: "diverged", symbol: "path://M0,0L8,8M8,0L0,8", symbolSize: 9, itemStyle: { color: "none", borderColor: css("--bad"), borderWidth: 2 }, data: marks,
        tooltip: { trigger: "item", formatter: ({ data: mark }) => `${escapeHtml(mark.name)}: ${mark.gone} of ${mark.of} diverged` },
      }],
    }, true);
  }

  function drawHeat(indices) {
    const [x, y] = ["heat-x", "heat-y"].map((id) => axes.find((a) => a.key === $(id).value));
    if (!x || !y || x === y) return chart("heat").clear();
    const cells = [];
    for (const [i, column] of group(indices, x.key)) for (const [j, members] of group(column, y.key)) {
      const triple = quartiles(members.map((k) => runs.metric[k]));
      if (triple && triple[1] > 0) cells.push([i, j, Math.log10(triple[1]), triple[1], members.length]);
    }
    const logs = cells.map((c) => c[2]);
    chart("heat").setOption({
      ...frame(), grid: { left: 92, right: 18, top: 12, bottom: 76 },
      tooltip: { ...frame().tooltip, trigger: "item", formatter: ({ value: c }) => `${escapeHtml(x.key)} ${escapeHtml(x.values[c[0]])}<br>${escapeHtml(y.key)} ${escapeHtml(y.values[c[1]])}<br><b>${number(c[3])}</b> median of ${c[4]}` },
      xAxis: scale({ type: "category", data: x.values, name: x.key, splitLine: { show: false } }),
      yAxis: scale({ type: "category", inverse: true, data: y.values, splitLine: { show: false } }),
      visualMap: { min: Math.min(...logs), max: Math.max(...logs), dimension: 2, orient: "horizontal", left: "center", bottom: 0, itemHeight: 140, itemWidth: 10, calculable: false, textStyle: { color: css("--soft") }, text: [number(10 ** Math.max(...logs)), number(10 ** Math.min(...logs))], inRange: { color: ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"] } },
      series: [{ type: "heatmap", data: cells, label: { show: cells.length <= 120 && $("heat").clientWidth / x.values.length > 48, formatter: ({ value: c }) => number(Number(c[3].toPrecision(2))), fontSize: 10, color: "#fff", textBorderColor: "#0009", textBorderWidth: 2 }, itemStyle: { borderColor: css("--card"), borderWidth: 1 } }],
    }, true);
  }

  function drawParallel() {
    const indices = filtered();
    const log = (x) => (x > 0 ? Math.log10(x) : null);
    const dims = [...axes.map((axis) => ({ axis })), { metric: true }];
    const finite = indices.map((i) => log(runs.metric[i])).filter((x) => x !== null);
    const top = finite.length ? Math.max(...finite) : 0;
    const step = Math.max(1, Math.ceil(indices.length / 1500));
    const drawn = indices.filter((_, k) => k % step === 0);
    const plot = chart("parallel");
    plot.setOption({
      animation: false, textStyle: { color: css("--fg"), fontFamily: FONT },
      parallel: { left: 46, right: 66, top: 30, bottom: 16, parallelAxisDefault: { nameTextStyle: { color: css("--fg"), fontSize: 11 }, axisLine: { lineStyle: { color: css("--soft") } }, axisLabel: { color: css("--fg"), backgroundColor: css("--card"), padding: [1, 3], borderRadius: 3 }, z: 9, areaSelectStyle: { width: 16, borderColor: css("--accent"), color: css("--accent"), opacity: 0.25 } } },
      parallelAxis: dims.map((dim, k) => dim.metric
        ? { dim: k, name: data.metric.short, type: "value", scale: true, axisLabel: { formatter: (e) => number(Number((10 ** e).toPrecision(2))) } }
        : { dim: k, name: dim.axis.key, type: "category", data: dim.axis.values }),
      series: [{
        type: "parallel", smooth: false, inactiveOpacity: 0.04, activeOpacity: 0.7,
        data: drawn.map((i) => ({ name: i, value: [...axes.map((a) => runs.axis[a.key][i]), log(runs.metric[i]) ?? top + 0.3], lineStyle: { color: color(runs.axis[compare.key]?.[i] ?? 0), width: 1, opacity: 0.5 } })),
      }],
    }, true);
    plot.off("axisareaselected");
    plot.on("axisareaselected", () => {
      const series = plot.getModel().getSeries()[0];
      const active = series.getRawIndicesByActiveState("active").map((k) => drawn[k]);
      brushed = active.length === drawn.length ? null : new Set(active);
      refresh(false);
    });
  }

  // ---- tables -----------------------------------------------------------------------------------------------------
  function drawComparison() {
    const { columns, rows } = data.comparison;
    const whose = Math.max(0, columns.indexOf(compare.key));
    const side = (k) => (k > whose ? "num" : "");
    $("comparison").parentElement.classList.toggle("tall", rows.length > 24);
    const head = make("tr", {}, ...columns.map((name, k) => make("th", { className: side(k), scope: "col", textContent: name })));
    const body = rows.map((row) => make("tr", {}, ...row.cells.map((cell, k) => {
      const td = make("td", { className: side(k) });
      if (k === whose && row.value !== null) { const swatch = make("span", { className: "swatch" }); swatch.style.background = color(row.value); td.append(swatch); }
      td.append(cell);
      return td;
    })));
    $("comparison").replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
    $("compare-note").textContent = data.comparison.note;
  }

  const sorting = { by: "metric", up: true };
  const columns = [
    ...axes.map((axis) => ({ key: axis.key, name: axis.key, numeric: axis.numbers !== null, of: (i) => runs.axis[axis.key][i], text: (i) => axis.values[runs.axis[axis.key][i]] })),
    { key: "seed", name: "seed", numeric: true, of: (i) => runs.seed[i], text: (i) => String(runs.seed[i]) },
    { key: "metric", name: data.metric.label, numeric: true, of: (i) => runs.metric[i] ?? Infinity, text: (i) => (runs.status[i] === 1 ? `diverged at epoch ${runs.epochs[i]}` : number(runs.metric[i])) },
    ...(data.accuracy ? [{ key: "accuracy", name: "accuracy", numeric: true, of: (i) => runs.accuracy[i] ?? -1, text: (i) => percent(runs.accuracy[i]) }] : []),
    { key: "id", name: "run", numeric: false, of: (i) => runs.id[i], text: (i) => runs.id[i].slice(0, 8) },
  ];
  function drawRuns(indices) {
    const column = columns.find((c) => c.key === sorting.by);
    const sign = sorting.up ? 1 : -1;
    const order = [...indices].sort((a, b) => { const [x, y] = [column.of(a), column.of(b)]; return sign * (x < y ? -1 : x > y ? 1 : a - b); });
    const most = 500;
    const head = make("tr", {}, ...columns.map((c) => {
      const th = make("th", { scope: "col", tabIndex: 0, className: c.numeric ? "num" : "", textContent: c.name + (c.key === sorting.by ? (sorting.up ? " ▲" : " ▼") : "") });
      th.ariaSort = c.key === sorting.by ? (sorting.up ? "ascending" : "descending") : "none";
      const sort = () => { sorting.up = sorting.by === c.key ? !sorting.up : true; sorting.by = c.key; drawRuns(shown()); };
      th.onclick = sort;
      th.onkeydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); } };
      return th;
    }));
    const body = order.slice(0, most).map((i) => {
      const tr = make("tr", { tabIndex: 0 }, ...columns.map((c) => make("td", { className: `${c.numeric ? "num" : ""} ${c.key === "metric" && runs.status[i] === 1 ? "bad" : ""}`, textContent: c.text(i) })));
      tr.onclick = () => openRun(i);
      tr.onkeydown = (event) => { if (event.key === "Enter") openRun(i); };
      return tr;
    });
    $("runs").replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
    $("runs-note").textContent = `${order.length > most ? `The first ${most} of ${order.length} runs; filter to see others. ` : ""}Select a run to see its history and estimate.`;
  }

  // ---- one run ----------------------------------------------------------------------------------------------------
  const description = (i) => ({ ...data.fixed, ...Object.fromEntries(axes.map((axis) => [axis.key, axis.values[runs.axis[axis.key][i]]])), seed: String(runs.seed[i]) });
  function openRun(i) {
    const words = description(i);
    $("run-title").textContent = `Run ${runs.id[i]}`;
    const facts = { ...words, status: runs.status[i] === 1 ? `diverged at epoch ${runs.epochs[i]}` : "done", [data.metric.label]: number(runs.metric[i]), ...(data.accuracy ? { accuracy: percent(runs.accuracy[i]) } : {}) };
    $("run-description").replaceChildren(...Object.entries(facts).flatMap(([key, value]) => [make("dt", { textContent: key }), make("dd", { textContent: value })]));
    $("run-command").textContent = data.command.replace("{id}", runs.id[i]);
    $("run").showModal();
    const line = (name, kind, type) => ({ name, type: "line", showSymbol: false, lineStyle: { width: 1.6, type }, data: data.history.epochs.map((e, k) => [e, SCALES.log.to(loss(kind, i, k))]) });
    chart("run-history").setOption({ ...frame(), xAxis: scale({ type: "value", name: "epoch", max: data.history.epochs.at(-1) }), yAxis: vertical(SCALES.log, "loss"), color: [color(runs.axis[compare.key]?.[i] ?? 0), css("--soft")], tooltip: { ...frame().tooltip, valueFormatter: (y) => number(10 ** y) }, series: [line("mean of the epoch", 0, "solid"), line("last batch", 1, "dotted")] }, true);
    chart("run-history").resize();
    drawMap(i, words.dataset);
  }

  const viridis = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [110, 206, 88], [181, 222, 43], [253, 231, 37]];
  const diverging = [[0, 114, 178], [140, 190, 222], [247, 247, 247], [240, 180, 130], [213, 94, 0]];
  const classes = [[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167], [86, 180, 233], [213, 94, 0], [240, 228, 66], [120, 120, 120]];
  const ramp = (stops, t) => { const at = Math.min(Math.max(t, 0), 1) * (stops.length - 1); const k = Math.min(Math.floor(at), stops.length - 2); return stops[k].map((c, j) => c + (stops[k + 1][j] - c) * (at - k)); };
  function drawMap(i, dataset) {
    const canvas = $("run-map");
    const set = data.datasets[dataset ?? Object.keys(data.datasets)[0]];
    const slot = runs.map ? runs.map[i] : -1;
    canvas.parentElement.hidden = !set || slot < 0;
    if (canvas.parentElement.hidden) return;
    const size = data.map;
    const context = canvas.getContext("2d");
    const image = new ImageData(size, size);
    for (let p = 0; p < size * size; p++) {
      const q = bytes[maps + slot * size * size + p];
      const rgb = set.task === "multiclass" ? classes[q % classes.length].map((c) => c + (255 - c) * 0.5) : set.task === "binary" ? ramp(diverging, q / 255).map((c) => c + (255 - c) * 0.35) : ramp(viridis, q / 255);
      image.data.set([...rgb, 255], 4 * p);
    }
    const small = new OffscreenCanvas(size, size);
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = set.task !== "multiclass";
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
    for (const [x, y, label] of set.points) {
      const rgb = set.task === "multiclass" ? classes[label % classes.length] : set.task === "binary" ? diverging[label ? 4 : 0] : ramp(viridis, (label - set.low) / (set.high - set.low));
      context.beginPath();
      context.arc(((x - set.from[0]) / (set.to[0] - set.from[0])) * canvas.width, (1 - (y - set.from[1]) / (set.to[1] - set.from[1])) * canvas.height, 2.4, 0, 7);
      context.fillStyle = `rgb(${rgb})`;
      context.fill();
      context.strokeStyle = "rgba(255,255,255,.95)";
      context.lineWidth = 0.9;
      context.stroke();
    }
    $("run-map-note").textContent = `The model's estimate with ${set.points.length} of the data points, x₁ across, x₂ up.`;
  }

  // ---- wiring -----------------------------------------------------------------------------------------------------
  function drawChips() {
    $("chips").replaceChildren(...axes.map((axis) => make("div", { className: "axis-row" }, make("b", { textContent: axis.key }), ...axis.values.map((label, v) => {
      const chip = make("button", { type: "button", className: "chip" });
      if (axis.key === compare.key) { const swatch = make("span", { className: "swatch" }); swatch.style.background = color(v); chip.append(swatch); }
      chip.append(label);
      chip.ariaPressed = String(!hidden[axis.key].has(v));
      chip.onclick = () => {
        if (!hidden[axis.key].delete(v)) hidden[axis.key].add(v);
        brushed = null;
        chip.ariaPressed = String(!hidden[axis.key].has(v));
        refresh(true);
      };
      return chip;
    }))));
  }

  function refresh(parallelToo) {
    const indices = shown();
    $("shown").textContent = `${indices.length} of ${count}`;
    drawCurves(indices);
    drawAxis(indices);
    drawHeat(indices);
    if (parallelToo) drawParallel();
    drawRuns(indices);
  }

  $("name").textContent = data.name;
  $("question").textContent = data.question;
  $("answer").textContent = data.answer;
  $("provenance").textContent = data.provenance;
  $("findings").replaceChildren(...data.findings.map((f) => make("li", { className: f.kind, textContent: f.text }, ...(f.edit ? [make("code", { textContent: f.edit })] : []))));
  const options = () => axes.map((axis) => make("option", { value: axis.key, textContent: axis.key }));
  $("axis-key").append(...options());
  $("heat-x").append(...options());
  $("heat-y").append(...options());
  const first = data.sensitivity ?? axes[0]?.key;
  if (first) $("axis-key").value = first;
  if (first) $("heat-x").value = first;
  $("heat-y").value = axes.find((a) => a.key !== first && a.key === compare.key)?.key ?? axes.find((a) => a.key !== first)?.key ?? first ?? "";
  $("heat").closest("section").hidden = axes.length < 2;
  $("axis").closest("section").hidden = axes.length < 1;
  for (const id of ["curves-log", "curves-kind"]) $(id).onchange = () => drawCurves(shown());
  for (const id of ["axis-key", "axis-log"]) $(id).onchange = () => drawAxis(shown());
  for (const id of ["heat-x", "heat-y"]) $(id).onchange = () => drawHeat(shown());
  $("reset").onclick = () => { Object.values(hidden).forEach((set) => set.clear()); brushed = null; drawChips(); refresh(true); };
  $("copy").onclick = () => navigator.clipboard?.writeText($("run-command").textContent);
  $("theme").onclick = () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    refresh(true);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => refresh(true));
  new ResizeObserver(() => Object.values(charts).forEach((c) => c.resize())).observe(document.body);
  drawComparison();
  drawChips();
  refresh(true);
  document.documentElement.dataset.ready = "true";
})();
