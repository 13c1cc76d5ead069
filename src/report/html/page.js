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
    if (x === Infinity) return "∞";
    const size = Math.abs(x);
    const [digits, power] = x.toExponential(3).split("e");
    const text = x === 0 || (size >= 1e-3 && size < 1e5) ? `${Number(x.toPrecision(4))}` : `${Number(digits)}e${Number(power)}`;
    return text;
  };
  const percent = (x) => (x === null || x === undefined ? "–" : `${(100 * x).toFixed(2)} %`);
  const counted = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

  // ---- data -------------------------------------------------------------------------------------------------------
  const { runs, axes, compare, metric, places } = data;
  const count = runs.id.length;
  const bytes = await unpack($("blob").textContent);
  const view = new DataView(bytes.buffer);
  const epochs = data.history.epochs;
  const commands = new TextDecoder().decode(bytes.subarray(places.commands)).split("\n");
  const diverged = (i) => runs.status[i] === 1;
  // A loss is kept as a 16-bit step between the lowest and the highest logarithm; 65535 means none, 65534 not finite.
  const loss = (kind, run, k) => {
    const q = view.getUint16(2 * ((kind * count + run) * epochs.length + k), true);
    if (q >= 65534) return q === 65534 || diverged(run) ? Infinity : null;
    return 10 ** (data.history.low + (q / 65533) * (data.history.high - data.history.low));
  };

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
  const shown = () => (brushed ? filtered().filter(brushed) : filtered());
  // Cases are never pooled: of some runs, those of the case drawn, which an axis may be free to leave.
  const ofCase = (indices, ...free) => {
    const like = runs.facet.indexOf(Number($("case").value));
    return indices.filter((i) => data.facet.every((key) => free.includes(key) || runs.axis[key][i] === runs.axis[key][like]));
  };
  const group = (indices, of) => {
    const groups = new Map();
    for (const i of indices) {
      if (!groups.has(of[i])) groups.set(of[i], []);
      groups.get(of[i]).push(i);
    }
    return [...groups].sort(([a], [b]) => a - b);
  };

  // ---- what is said of them: as in the report's tables, a diverged run counts as worst ------------------------------
  const worst = metric.higher ? 0 : Infinity;
  const cost = (x) => (metric.higher ? -x : x);
  const quantile = (sorted, q) => {
    const at = (sorted.length - 1) * q;
    const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
    return low === high ? low : low + (at % 1) * (high - low);
  };
  const summary = (members, read) => {
    const values = members.map(read).filter((x) => x !== null).sort((a, b) => a - b);
    if (!values.length) return null;
    const cut = Math.floor(values.length / 4);
    const middle = values.slice(cut, values.length - cut);
    return { members, n: values.length, low: quantile(values, 0.25), iqm: middle.reduce((a, b) => a + b) / middle.length, high: quantile(values, 0.75) };
  };
  const final = (members) => {
    const said = summary(members, (i) => (diverged(i) ? worst : runs.metric[i]));
    return said && { ...said, lost: members.filter(diverged).length };
  };
  const atEpoch = (members, kind, k) => {
    const said = summary(members, (i) => loss(kind, i, k));
    return said && { ...said, lost: members.filter((i) => loss(kind, i, k) === Infinity).length };
  };
  // Settings are never pooled either: the best of them.
  const best = (members) => group(members, runs.cell).map(([, own]) => final(own)).filter((said) => said)
    .reduce((a, b) => (a && cost(a.iqm) <= cost(b.iqm) ? a : b), null);
  const inWords = (said) => `<b>${number(said.iqm)}</b> (${number(said.low)} to ${number(said.high)}, n = ${said.n}${said.lost ? `, ${said.lost} diverged` : ""})`;

  // ---- look -------------------------------------------------------------------------------------------------------
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  const charts = {};
  const legend = {};
  const chart = (id) => {
    if (charts[id]) return charts[id];
    charts[id] = echarts.init($(id), null, { renderer: "svg" });
    // What a legend hides stays hidden, whatever is drawn next.
    charts[id].on("legendselectchanged", ({ selected }) => Object.assign(legend, selected));
    return charts[id];
  };
  const frame = () => ({
    animation: false,
    aria: { enabled: true },
    textStyle: { color: css("--fg"), fontFamily: FONT },
    grid: { left: 66, right: 18, top: 34, bottom: 42 },
    legend: { type: "scroll", top: 0, selected: legend, pageTextStyle: { color: css("--soft") }, pageIconColor: css("--fg"), pageIconInactiveColor: css("--line"), textStyle: { color: css("--fg") }, inactiveColor: css("--line"), icon: "roundRect", itemHeight: 8 },
    tooltip: { trigger: "axis", confine: true, backgroundColor: css("--bg"), borderColor: css("--line"), textStyle: { color: css("--fg"), fontSize: 12 } },
  });
  const scale = (props) => ({
    nameLocation: "middle", nameGap: 28, nameTextStyle: { color: css("--soft") },
    axisLine: { show: true, onZero: false, lineStyle: { color: css("--soft") } },
    splitLine: { lineStyle: { color: css("--line"), width: 0.6 } },
    ...props, axisLabel: { color: css("--soft"), hideOverlap: true, ...props.axisLabel },
  });
  const color = (value) => compare.colors[value % compare.colors.length];
  // ECharts stacks no bands on its logarithmic axis, so a log scale is a linear axis of logarithms with its own labels.
  const TINY = 1e-45;
  const SCALES = {
    linear: { to: (x) => x, from: (x) => x, steps: (low, high) => round(low, high) },
    log: { to: (x) => Math.log10(Math.max(x, TINY)), from: (x) => 10 ** x, steps: (low, high) => decades(low, high) },
  };
  const metricScale = SCALES[metric.higher ? "linear" : "log"];
  function round(low, high) {
    const rough = (high - low) / 5 || 1;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((k) => k * power >= rough);
    return Array.from({ length: 1 + Math.floor(high / step) - Math.ceil(low / step) }, (_, k) => (Math.ceil(low / step) + k) * step);
  }
  function decades(low, high) {
    const parts = high - low > 3 ? [1] : high - low > 1.5 ? [1, 3] : [1, 2, 5];
    const every = Math.ceil((high - low) / 7);
    const found = [];
    for (let e = Math.floor(low); e <= high; e++) if (e % every === 0) found.push(...parts.map((m) => e + Math.log10(m)));
    const inside = found.filter((x) => x >= low && x <= high);
    return inside.length > 1 ? inside : round(10 ** low, 10 ** high).map(Math.log10);
  }
  // An axis of numbers from `low` to `high` in the scale's measure; `lost`, if any, is where the diverged stand.
  const numbers = (scaling, [low, high], lost, props = {}) => {
    const ticks = [...scaling.steps(low, high), ...(lost === null ? [] : [lost])];
    const ends = [low, high, lost ?? low];
    const pad = 0.03 * (Math.max(...ends) - Math.min(...ends) || 1);
    return {
      type: "value", min: Math.min(...ends) - pad, max: Math.max(...ends) + pad, ...props, axisTick: { customValues: ticks },
      axisLabel: { color: css("--soft"), hideOverlap: true, customValues: ticks, formatter: (x) => (x === lost ? "diverged" : number(Number(scaling.from(x).toPrecision(3)))), ...props.axisLabel },
    };
  };
  const range = (values) => {
    const finite = values.filter(Number.isFinite);
    return finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
  };

  // ---- charts -----------------------------------------------------------------------------------------------------
  // Lines of summaries at `xs`: three series each, the lower quartile, unseen; the rest of the band, stacked on it; the
  // interquartile mean. What is infinite stands above all else.
  // Where the axis is of words, the summaries stand side by side, each with a stroke between its quartiles.
  function drawLines(id, lines, xs, { across, label, horizontal, words, scaling, name, marked }) {
    const said = lines.flatMap((line) => line.points).filter((point) => point);
    const [low, high] = range(said.flatMap((point) => [point.low, point.iqm, point.high]).map(scaling.to));
    const lost = said.some((point) => point.high === Infinity) ? high + 0.12 * (high - low || 1) : null;
    const place = (x) => (x === Infinity ? lost : scaling.to(x));
    const crowded = words && xs.some((_, k) => lines.filter((line) => line.points[k]).length > 1);
    const marks = [];
    const series = lines.flatMap(({ value, name, points }, turn) => {
      const tint = value === null ? css("--soft") : color(value);
      const aside = crowded ? (turn - (lines.length - 1) / 2) * Math.min(0.7 / lines.length, 0.16) : 0;
      const known = points.map((point, k) => ({ at: xs[k] + aside, point, before: points[k - 1] })).filter(({ point }) => point);
      marks.push(...known.filter(({ point, before }) => marked(point, before)).map(({ at, point }) => ({ value: [at, place(point.iqm)], text: `${escapeHtml(name)}: ${point.lost} of ${point.n} diverged` })));
      const part = (id, of, extra) => ({ type: "line", name, id: `${name}/${id}`, data: of && known.map(({ at, point }) => ({ value: [at, of(point)], point })), showSymbol: false, itemStyle: { color: tint }, lineStyle: { color: tint, width: 2, type: compare.dashes[value] ?? "solid", cap: "round", join: "round" }, ...extra });
      const mean = part("iqm", (point) => (point.iqm === Infinity ? "-" : scaling.to(point.iqm)), { showSymbol: known.length < 30, symbol: "circle", symbolSize: words ? 8 : 5, z: 3, ...(words && { lineStyle: { opacity: 0 } }) });
      if (words) return [part("stroke", null, { silent: true, data: known.flatMap(({ at, point }) => [[at, place(point.low)], [at, place(point.high)], [at, "-"]]) }), mean];
      const band = { stack: `${name}/band`, stackStrategy: "all", silent: true, lineStyle: { opacity: 0 }, emphasis: { disabled: true }, z: 1 };
      return [
        part("low", (point) => place(point.low), band),
        part("band", (point) => place(point.high) - place(point.low), { ...band, areaStyle: { color: tint, opacity: 0.17, origin: "auto" } }),
        mean,
      ];
    });
    const crosses = {
      type: "scatter", symbol: "path://M0,0L8,8M8,0L0,8", symbolSize: 9, z: 5, itemStyle: { color: "none", borderColor: css("--bad"), borderWidth: 2 }, data: marks,
      tooltip: { trigger: "item", formatter: ({ data: mark }) => mark.text },
    };
    const told = (items) => {
      const rows = items.filter((item) => item.seriesId?.endsWith("/iqm")).map((item) => `${item.marker}${escapeHtml(item.seriesName)} ${inWords(item.data.point)}`);
      const at = items[0]?.axisValue ?? 0;
      return [`${escapeHtml(label)} ${escapeHtml(words ? words[Math.round(at)] : number(Number(across.from(at).toPrecision(6))))}`, ...rows].join("<br>");
    };
    chart(id).setOption({
      ...frame(), tooltip: { ...frame().tooltip, formatter: told },
      xAxis: scale({ name: label, ...horizontal }), yAxis: scale({ name, nameGap: 50, ...numbers(scaling, [low, high], lost) }),
      series: [...series, crosses],
    }, true);
    // With the arrow keys one goes from value to value, as with the mouse.
    let at = -1;
    $(id).onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      at = Math.min(Math.max(at + step, 0), xs.length - 1);
      chart(id).dispatchAction({ type: "showTip", x: chart(id).convertToPixel({ xAxisIndex: 0 }, xs[at]), y: 60 });
    };
  }

  const named = (value) => compare.values[value];
  const note = (id, text) => { $(id).textContent = `${data.facets.length > 1 ? `${data.facets[$("case").value]}: ` : ""}${text}.`; };
  const seeds = (chosen) => (!chosen || data.settings.length < 2 ? "all seeds" : `each at the ${data.tune.join(", ")} best for it, all seeds`);
  const LOST = "Diverged runs count as worst, a red × is where there are some";

  function drawCurves(indices) {
    const setting = $("curves-setting").value;
    const kind = $("curves-kind").value === "mean" ? 0 : 1;
    const drawn = ofCase(indices).filter((i) => (setting === "" ? runs.judged[i] === 1 : runs.setting[i] === Number(setting)));
    const lines = group(drawn, runs.axis[compare.key]).map(([value, members]) => ({ value, name: named(value), points: epochs.map((_, k) => atEpoch(members, kind, k)) }));
    drawLines("curves", lines, epochs, {
      across: SCALES.linear, label: "epoch", horizontal: { type: "value", min: 0, max: epochs.at(-1) },
      scaling: SCALES[$("curves-log").checked ? "log" : "linear"], name: "loss", marked: (point, before) => point.lost > (before?.lost ?? 0),
    });
    note("curves-note", `Interquartile mean and quartiles of ${counted(drawn.length, "run")}, ${seeds(setting === "")}. ${LOST}`);
  }

  // What can be an axis of a plot: every key that varies, and the compared values where several keys make them.
  const views = compare.values.length > 1 && !axes.some((axis) => axis.key === compare.key) ? [{ key: compare.key, values: compare.values, numbers: null }, ...axes] : axes;
  const viewOf = (id) => views.find((axis) => axis.key === $(id).value);

  function drawAxis(indices) {
    const axis = viewOf("axis-key");
    if (!axis) return;
    const { key, numbers: levels } = axis;
    const wide = levels?.every((x) => x > 0) && (key === "learning_rate" || Math.max(...levels) / Math.min(...levels) >= 16);
    const across = SCALES[wide ? "log" : "linear"];
    const xs = axis.values.map((_, v) => (levels ? across.to(levels[v]) : v));
    const tuned = data.tune.includes(key);
    const drawn = ofCase(indices, key).filter((i) => tuned || runs.judged[i] === 1);
    const joined = levels && key === compare.key;
    const lines = (joined ? [[null, drawn]] : group(drawn, runs.axis[compare.key])).map(([value, members]) => {
      const at = new Map(group(members, runs.axis[key]));
      return { value, name: joined ? "all" : named(value), points: axis.values.map((_, v) => best(at.get(v) ?? [])) };
    });
    const ticks = xs.length <= 8 || !levels ? { steps: () => xs, from: across.from } : across;
    const words = levels ? null : axis.values;
    drawLines("axis", lines, xs, {
      across, label: key, words,
      horizontal: words ? numbers(ticks, [-0.5, xs.length - 0.5], null, { axisLabel: { formatter: (v) => words[v] } }) : numbers(ticks, range(xs), null),
      scaling: SCALES[$("axis-log").checked ? "log" : "linear"], name: metric.label, marked: (point) => point.lost > 0,
    });
    const others = data.tune.length > 1 ? ", the other tuned settings at their best" : "";
    note("axis-note", `Interquartile mean and quartiles, ${tuned ? `all seeds${others}` : seeds(true)}. ${LOST}`);
  }

  function drawHeat(indices) {
    const [x, y] = [viewOf("heat-x"), viewOf("heat-y")];
    if (!x || x === y) return charts.heat?.clear();
    const cells = group(ofCase(indices, x.key, y.key), runs.axis[x.key]).flatMap(([i, column]) => group(column, runs.axis[y.key]).map(([j, members]) => ({ i, j, said: best(members) }))).filter((cell) => cell.said);
    const [low, top] = range(cells.map(({ said }) => metricScale.to(said.iqm)));
    // A few losses far above all others would leave the others one colour.
    const sorted = cells.map(({ said }) => metricScale.to(said.iqm)).filter(Number.isFinite).sort((a, b) => a - b);
    const most = sorted[Math.floor((sorted.length * 19) / 20) - 1];
    const high = !metric.higher && top > most + 1 && most > low ? most : top;
    const wide = cells.length <= 120 && $("heat").clientWidth / x.values.length > 48;
    const gone = (said) => said.iqm === Infinity;
    const text = (said) => (gone(said) ? (wide ? "diverged" : "×") : wide ? `${number(Number(said.iqm.toPrecision(2)))}${said.lost ? " ×" : ""}` : said.lost ? "×" : "");
    // What is chosen or compared and stands on neither axis.
    const rest = axes.filter((axis) => ![...x.key.split(", "), ...y.key.split(", "), ...data.facet].includes(axis.key));
    const setting = (i) => rest.map((axis) => `<br>${escapeHtml(axis.key)} ${escapeHtml(axis.values[runs.axis[axis.key][i]])}`).join("");
    chart("heat").setOption({
      ...frame(), legend: undefined, grid: { left: 118, right: 18, top: 12, bottom: 76 },
      tooltip: { ...frame().tooltip, trigger: "item", formatter: ({ data: { cell } }) => `${escapeHtml(x.key)} ${escapeHtml(x.values[cell.i])}<br>${escapeHtml(y.key)} ${escapeHtml(y.values[cell.j])}${setting(cell.said.members[0])}<br>${inWords(cell.said)}` },
      xAxis: scale({ type: "category", data: x.values, name: x.key, splitLine: { show: false } }),
      yAxis: scale({ type: "category", inverse: true, data: y.values, splitLine: { show: false }, axisLabel: { width: 106, overflow: "truncate" } }),
      visualMap: {
        show: sorted.length > 0, min: low, max: high, dimension: 2, orient: "horizontal", left: "center", bottom: 0, itemHeight: 140, itemWidth: 10, calculable: false, textStyle: { color: css("--soft") },
        text: [high, low].map((end) => number(Number(metricScale.from(end).toPrecision(3)))), inRange: { color: metric.higher ? [...data.palette.numbers].reverse() : data.palette.numbers },
      },
      series: [{
        type: "heatmap", itemStyle: { borderColor: css("--card"), borderWidth: 1 },
        label: { show: true, formatter: ({ data: { cell } }) => text(cell.said), fontSize: 10, color: "#fff", textBorderColor: "#0009", textBorderWidth: 2 },
        data: cells.map((cell) => ({ value: [cell.i, cell.j, gone(cell.said) ? high : metricScale.to(cell.said.iqm)], cell, ...(gone(cell.said) ? { visualMap: false, itemStyle: { color: "#8a8f94" } } : {}) })),
      }],
    }, true);
    note("heat-note", `Interquartile mean of all seeds${rest.length ? ", all else at its best" : ""}. Diverged runs count as worst, × is where there are some. Blank: not run`);
  }

  function drawParallel() {
    if (!axes.length) return;
    const indices = filtered();
    const [low, high] = range(indices.filter((i) => !diverged(i)).map((i) => metricScale.to(runs.metric[i])));
    const gap = 0.1 * (high - low || 1);
    const lost = indices.some(diverged) ? (metric.higher ? low - gap : high + gap) : null;
    const value = (i, dim) => (dim < axes.length ? runs.axis[axes[dim].key][i] : diverged(i) ? lost : metricScale.to(runs.metric[i]));
    const step = Math.max(1, Math.ceil(indices.length / 1500));
    const drawn = indices.filter((_, k) => k % step === 0);
    const dims = [...axes.keys(), axes.length];
    const plot = chart("parallel");
    plot.setOption({
      animation: false, textStyle: { color: css("--fg"), fontFamily: FONT },
      parallel: { left: 46, right: 66, top: 30, bottom: 16, parallelAxisDefault: { nameTextStyle: { color: css("--fg"), fontSize: 11 }, axisLine: { lineStyle: { color: css("--soft") } }, axisLabel: { color: css("--fg"), backgroundColor: css("--card"), padding: [1, 3], borderRadius: 3 }, z: 9, areaSelectStyle: { width: 16, borderColor: css("--accent"), color: css("--accent"), opacity: 0.25 } } },
      parallelAxis: dims.map((dim) => (dim < axes.length ? { dim, name: axes[dim].key, type: "category", data: axes[dim].values } : { dim, name: metric.short, ...numbers(metricScale, [low, high], lost, { axisLabel: { color: css("--fg") } }) })),
      series: [{
        type: "parallel", smooth: false, inactiveOpacity: 0.04, activeOpacity: 0.7,
        data: drawn.map((i) => ({ value: dims.map((dim) => value(i, dim)), lineStyle: { color: color(runs.axis[compare.key][i]), width: 1, opacity: 0.5 } })),
      }],
    }, true);
    plot.off("axisareaselected");
    plot.on("axisareaselected", () => {
      // Not the lines drawn but all runs: of many, only some are drawn.
      const marked = dims.map((dim) => plot.getModel().getComponent("parallelAxis", dim).activeIntervals);
      const within = (x, intervals) => !intervals.length || intervals.some(([from, to]) => from <= x && x <= to);
      brushed = marked.every((intervals) => !intervals.length) ? null : (i) => dims.every((dim) => within(value(i, dim), marked[dim]));
      refresh(false);
    });
    plot.off("click");
    plot.on("click", ({ dataIndex }) => openRun(drawn[dataIndex]));
  }

  // ---- tables -----------------------------------------------------------------------------------------------------
  function fillTable(id, { columns, names, rows }) {
    const side = (k) => (k < names ? "" : "num");
    $(id).parentElement.classList.toggle("tall", rows.length > 24);
    const head = make("tr", {}, ...columns.map((name, k) => make("th", { className: side(k), scope: "col", textContent: name })));
    const body = rows.map(({ values, cells }) => make("tr", {}, ...cells.map((cell, k) => {
      const value = k < names ? values[k - names + values.length] : undefined;
      return make("td", { className: side(k) }, ...(value === undefined ? [] : [swatch(value)]), cell);
    })));
    $(id).replaceChildren(make("thead", {}, head), make("tbody", {}, ...body));
  }
  function swatch(value) {
    const mark = make("span", { className: "swatch" });
    mark.style.background = color(value);
    return mark;
  }

  const PAGE = 500;
  let rows = PAGE;
  const sorting = { by: "metric", up: !metric.higher };
  const state = (i) => (diverged(i) ? `diverged at epoch ${runs.epochs[i]}` : "done");
  const columns = [
    ...axes.map((axis) => ({ key: axis.key, name: axis.key, numeric: axis.numbers !== null, of: (i) => runs.axis[axis.key][i], text: (i) => axis.values[runs.axis[axis.key][i]] })),
    { key: "seed", name: "seed", numeric: true, of: (i) => runs.seed[i], text: (i) => String(runs.seed[i]) },
    { key: "metric", name: metric.label, numeric: true, of: (i) => runs.metric[i] ?? (metric.higher ? -1 : Infinity), text: (i) => (diverged(i) ? state(i) : number(runs.metric[i])) },
    ...(data.accuracy ? [{ key: "accuracy", name: "accuracy", numeric: true, of: (i) => runs.accuracy[i] ?? -1, text: (i) => percent(runs.accuracy[i]) }] : []),
    { key: "id", name: "run", numeric: false, of: (i) => runs.id[i], text: (i) => runs.id[i].slice(0, 8) },
  ];
  // Enter and Space do what a click does, and nothing else: else the key would close what it opened.
  const pressable = (node, act) => {
    node.tabIndex = 0;
    node.onclick = act;
    node.onkeydown = (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act();
    };
    return node;
  };
  const heads = columns.map((column) => pressable(make("th", { scope: "col", className: column.numeric ? "num" : "" }), () => {
    sorting.up = sorting.by === column.key ? !sorting.up : true;
    sorting.by = column.key;
    drawRuns(shown());
  }));
  $("runs").append(make("thead", {}, make("tr", {}, ...heads)), make("tbody"));
  function drawRuns(indices) {
    const { of } = columns.find((column) => column.key === sorting.by);
    const sign = sorting.up ? 1 : -1;
    const order = [...indices].sort((a, b) => { const [x, y] = [of(a), of(b)]; return sign * (x < y ? -1 : x > y ? 1 : a - b); });
    heads.forEach((head, k) => {
      const sorted = columns[k].key === sorting.by;
      head.textContent = columns[k].name + (sorted ? (sorting.up ? " ▲" : " ▼") : "");
      head.ariaSort = sorted ? (sorting.up ? "ascending" : "descending") : "none";
    });
    const body = order.slice(0, rows).map((i) => pressable(make("tr", {}, ...columns.map((column) => make("td", { className: `${column.numeric ? "num" : ""} ${column.key === "metric" && diverged(i) ? "bad" : ""}`, textContent: column.text(i) }))), () => openRun(i)));
    $("runs").tBodies[0].replaceChildren(...body);
    $("more").hidden = order.length <= rows;
    const part = (of) => (order.length > of ? `The first ${of} of ${order.length} runs. ` : "");
    $("runs-note").textContent = `${part(rows)}Select a run to see its history and estimate.`;
    $("runs-printed").textContent = part(60);
  }

  // ---- one run ----------------------------------------------------------------------------------------------------
  const description = (i) => ({ ...data.fixed, ...Object.fromEntries(axes.map((axis) => [axis.key, axis.values[runs.axis[axis.key][i]]])), seed: String(runs.seed[i]) });
  function openRun(i) {
    $("run-title").textContent = `Run ${runs.id[i]}`;
    const facts = { ...description(i), status: state(i), [metric.label]: number(runs.metric[i]), ...(data.accuracy ? { accuracy: percent(runs.accuracy[i]) } : {}) };
    $("run-description").replaceChildren(...Object.entries(facts).flatMap(([key, value]) => [make("dt", { textContent: key }), make("dd", { textContent: value })]));
    $("run-command").textContent = commands[i];
    $("run").showModal();
    const place = (x) => (Number.isFinite(x) ? SCALES.log.to(x) : null);
    const line = (name, kind, type) => ({ name, type: "line", showSymbol: false, lineStyle: { width: 1.6, type }, data: epochs.map((epoch, k) => [epoch, place(loss(kind, i, k) ?? NaN)]) });
    const lines = [line("mean of the epoch", 0, "solid"), line("last batch", 1, "dotted")];
    const ends = range(lines.flatMap(({ data }) => data.map(([, y]) => y)));
    chart("run-history").setOption({
      ...frame(), color: [color(runs.axis[compare.key][i]), css("--soft")], tooltip: { ...frame().tooltip, valueFormatter: (y) => (y === null ? "–" : number(10 ** y)) },
      xAxis: scale({ type: "value", name: "epoch", min: 0, max: epochs.at(-1) }), yAxis: scale({ name: "loss", nameGap: 50, ...numbers(SCALES.log, ends, null) }), series: lines,
    }, true);
    chart("run-history").resize();
    drawMap(i);
  }

  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const ramps = { regression: data.palette.numbers.map(rgb), binary: data.palette.probabilities.map(rgb) };
  const classes = data.palette.classes.map(rgb);
  const mix = (a, b, share) => a.map((c, k) => c + (b[k] - c) * share);
  const along = (stops, t) => { const at = t * (stops.length - 1); const k = Math.min(Math.floor(at), stops.length - 2); return mix(stops[k], stops[k + 1], at - k); };
  function drawMap(i) {
    const plane = data.planes[runs.plane[i]];
    $("run-map").hidden = !plane;
    if (!plane) {
      $("run-map-note").textContent = diverged(i) ? "It diverged: there is no estimate to draw." : data.planes.length ? `No map of it is in this page, which holds those of ${runs.map.filter((map) => map >= 0).length} runs of data with two features: the judged ones first, of every case about as many.` : "The data has not two features: there is no plane to draw.";
      return;
    }
    const { width, height } = $("run-map");
    const context = $("run-map").getContext("2d");
    const size = data.map;
    const image = new ImageData(size, size);
    const field = (q) => (plane.task === "multiclass" ? mix([255, 255, 255], classes[q % classes.length], 0.4) : along(ramps[plane.task], q / 255));
    const dot = (q) => (plane.task === "multiclass" ? classes[q % classes.length] : plane.task === "binary" ? classes[q >> 7] : along(ramps.regression, q / 255));
    for (let p = 0; p < size * size; p++) image.data.set([...field(bytes[places.maps + runs.map[i] * size * size + p]), 255], 4 * p);
    const small = new OffscreenCanvas(size, size);
    small.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = plane.task !== "multiclass";
    context.drawImage(small, 0, 0, width, height);
    context.strokeStyle = "rgba(255,255,255,.95)";
    context.lineWidth = 0.9;
    for (let p = 0; p < plane.points; p++) {
      const at = places.points + 5 * (plane.first + p);
      const [x, y] = [view.getUint16(at, true) / 65535, view.getUint16(at + 2, true) / 65535];
      context.beginPath();
      context.arc(x * width, (1 - y) * height, 2.4, 0, 7);
      context.fillStyle = `rgb(${dot(bytes[at + 4])})`;
      context.fill();
      context.stroke();
    }
    const span = (k) => `${number(Number(plane.from[k].toPrecision(3)))} to ${number(Number(plane.to[k].toPrecision(3)))}`;
    $("run-map-note").textContent = `The network's estimate with ${plane.points} points of its data, x₁ from ${span(0)} across, x₂ from ${span(1)} up.`;
  }

  // ---- wiring -----------------------------------------------------------------------------------------------------
  function drawChips() {
    $("chips").replaceChildren(...axes.map((axis) => make("div", { className: "axis-row" }, make("b", { textContent: axis.key }), ...axis.values.map((label, v) => {
      const chip = make("button", { type: "button", className: "chip" }, ...(axis.key === compare.key ? [swatch(v)] : []), label);
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
    $("shown").textContent = `${indices.length} of ${count}${data.left ? `; ${data.left} more are in runs.csv` : ""}`;
    const cases = new Set(indices.map((i) => runs.facet[i]));
    [...$("case").options].forEach((option) => { option.disabled = !cases.has(Number(option.value)); });
    if (cases.size && $("case").selectedOptions[0]?.disabled !== false) $("case").value = Math.min(...cases);
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
  const fill = (id, texts, value = (k) => k) => $(id).append(...texts.map((textContent, k) => make("option", { value: value(k), textContent })));
  fill("case", data.facets);
  fill("curves-setting", ["the chosen setting", ...data.settings.map((setting) => (data.tune.length === 1 ? `${data.tune[0]} ${setting}` : setting))], (k) => (k ? k - 1 : ""));
  for (const id of ["axis-key", "heat-x", "heat-y"]) fill(id, views.map((axis) => axis.key), (k) => views[k].key);
  const first = data.sensitivity ?? axes[0]?.key;
  const second = [compare.key, ...axes.map((axis) => axis.key)].find((key) => key !== first && views.some((axis) => axis.key === key));
  if (first) $("axis-key").value = $("heat-x").value = first;
  if (second) $("heat-y").value = second;
  $("axis-log").checked = !metric.higher;
  $("case-label").hidden = data.facets.length < 2;
  $("curves-setting-label").hidden = data.settings.length < 2;
  $("heat").closest("section").hidden = axes.length < 2;
  for (const id of ["axis", "parallel"]) $(id).closest("section").hidden = axes.length < 1;
  $("pairs").closest("section").hidden = !data.pairs.rows.length;
  for (const id of ["curves-log", "curves-kind", "curves-setting"]) $(id).onchange = () => drawCurves(shown());
  for (const id of ["axis-key", "axis-log"]) $(id).onchange = () => drawAxis(shown());
  for (const id of ["heat-x", "heat-y"]) $(id).onchange = () => drawHeat(shown());
  $("case").onchange = () => refresh(false);
  $("more").onclick = () => { rows += PAGE; drawRuns(shown()); };
  $("reset").onclick = () => { Object.values(hidden).forEach((set) => set.clear()); brushed = null; drawChips(); refresh(true); };
  $("copy").onclick = () => navigator.clipboard?.writeText($("run-command").textContent);
  $("theme").onclick = () => {
    const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "light" : "dark";
    refresh(true);
  };
  // Paper is white.
  let theme;
  addEventListener("beforeprint", () => { theme = document.documentElement.dataset.theme; document.documentElement.dataset.theme = "light"; refresh(true); });
  addEventListener("afterprint", () => { if (theme) document.documentElement.dataset.theme = theme; else delete document.documentElement.dataset.theme; refresh(true); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => refresh(true));
  new ResizeObserver(() => Object.values(charts).forEach((c) => c.resize())).observe(document.body);
  $("compare-note").textContent = data.note;
  fillTable("comparison", data.comparison);
  fillTable("pairs", data.pairs);
  drawChips();
  refresh(true);
  document.documentElement.dataset.ready = "true";
})();
