// Bundled from page/ by assets/echarts/page.mjs; sources 831568288.
(() => {
  // ../../src/report/html/page/dom.js
  var $ = (id) => document.getElementById(id);
  function make(tag, props = {}, ...children) {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  }
  function draw(tag, attributes = {}, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
    node.append(...children);
    return node;
  }
  var css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function roving(within, selector) {
    const all2 = [...within.querySelectorAll(selector)];
    all2.forEach((node, k) => node.setAttribute("tabindex", k ? "-1" : "0"));
    within.onkeydown = (event) => {
      const at = all2.indexOf(document.activeElement);
      if (at < 0) return;
      const last = all2.length - 1;
      const places2 = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: last };
      const to = (
        /** @type {Record<string, number>} */
        places2[event.key]
      );
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        all2[at].dispatchEvent(new MouseEvent("click", { bubbles: true }));
      } else if (to !== void 0) {
        event.preventDefault();
        const next = Math.min(Math.max(to, 0), last);
        all2[at].setAttribute("tabindex", "-1");
        all2[next].setAttribute("tabindex", "0");
        all2[next].focus();
      }
    };
  }
  function swatch(color2, symbol2 = "square") {
    const mark2 = make("span", { className: `swatch ${symbol2}`, ariaHidden: "true" });
    mark2.style.background = color2;
    return mark2;
  }

  // ../../src/report/html/page/data.js
  var data = JSON.parse($("data").textContent);
  var count = data.runs.id.length;
  var bytes;
  var view;
  var commands;
  async function unpacked(id) {
    const packed = Uint8Array.from(atob($(id).textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
  async function load() {
    const [block, charts2] = await Promise.all(["blob", "packed-charts"].map(unpacked));
    const script = document.createElement("script");
    script.textContent = new TextDecoder().decode(charts2);
    document.head.append(script);
    bytes = block;
    view = new DataView(bytes.buffer);
    commands = new TextDecoder().decode(bytes.subarray(data.places.commands)).split("\n");
  }
  var diverged = (run) => data.runs.status[run] === 1;
  function loss(kind, run, k) {
    const { epochs, low, high } = data.history;
    const step = view.getUint16(2 * ((kind * count + run) * epochs.length + k), true);
    if (step === 65534) return Infinity;
    return step === 65535 ? null : 10 ** (low + step / 65533 * (high - low));
  }
  var mapped = (run, place2) => bytes[data.places.maps + data.runs.map[run] * data.map ** 2 + place2];
  function point(at) {
    const from = data.places.points + 5 * at;
    return { x: view.getUint16(from, true) / 65535, y: view.getUint16(from + 2, true) / 65535, target: bytes[from + 4] };
  }
  function weights(run) {
    const network2 = data.networks[data.runs.network[run]];
    if (!network2) return null;
    let at = data.places.weights + network2.at;
    const layers = network2.units.slice(1).map(
      (outputs, layer) => Array.from({ length: outputs }, () => {
        const row = Array.from({ length: network2.units[layer] + 1 }, () => view.getInt8(at++) / 127 * network2.scale);
        return row;
      })
    );
    return { units: network2.units, scale: network2.scale, layers };
  }

  // ../../src/report/html/page/charts.js
  var FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
  var SYMBOLS = ["circle", "rect", "triangle", "diamond"];
  var color = (value) => data.compare.colors[value % data.compare.colors.length];
  var symbol = (value) => SYMBOLS[value % SYMBOLS.length];
  var charts = /* @__PURE__ */ new Map();
  var legend = {};
  function chart(place2) {
    let found = charts.get(place2);
    if (!found) {
      found = /** @type {any} */
      globalThis.echarts.init(place2, null, { renderer: "svg" });
      charts.set(place2, found);
      found.on("legendselectchanged", ({ selected }) => Object.assign(legend, selected));
      new ResizeObserver(() => found.resize()).observe(place2);
    }
    return found;
  }
  function drop(place2) {
    charts.get(place2)?.dispose();
    charts.delete(place2);
  }
  var fit = () => charts.forEach((one) => one.resize());
  var picture = (place2) => chart(place2).renderToSVGString();
  function frame() {
    const fg = css("--fg");
    const text = { color: fg };
    return {
      animation: false,
      aria: { enabled: false },
      textStyle: { color: fg, fontFamily: FONT },
      grid: { left: 66, right: 18, top: 34, bottom: 42 },
      legend: {
        type: "scroll",
        top: 0,
        selected: legend,
        textStyle: text,
        inactiveColor: css("--line"),
        itemHeight: 9,
        itemWidth: 12,
        pageTextStyle: { color: css("--soft") },
        pageIconColor: fg,
        pageIconInactiveColor: css("--line")
      },
      tooltip: {
        trigger: "axis",
        confine: true,
        backgroundColor: css("--bg"),
        borderColor: css("--line"),
        textStyle: { color: fg, fontSize: 12 }
      }
    };
  }
  function axis(props) {
    return {
      nameLocation: "middle",
      nameGap: 28,
      nameTextStyle: { color: css("--soft") },
      axisLine: { show: true, onZero: false, lineStyle: { color: css("--soft") } },
      splitLine: { lineStyle: { color: css("--line"), width: 0.6 } },
      ...props,
      axisLabel: { color: css("--soft"), hideOverlap: true, ...props.axisLabel }
    };
  }
  var say = (text) => {
    $("told").textContent = text;
  };
  function byKeys(place2, places2, { show: show2, open }) {
    let at = -1;
    place2.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
      if (step !== void 0) {
        event.preventDefault();
        at = Math.min(Math.max(at + step, 0), places2 - 1);
        show2(at);
      } else if (event.key === "Enter" && at >= 0 && open) {
        event.preventDefault();
        open(at);
      }
    };
  }

  // ../../src/report/html/page/state.js
  var state = { hidden: {}, chosen: {} };
  var hidden = (key2) => state.hidden[key2] ??= /* @__PURE__ */ new Set();
  var chosen = (name, otherwise = "") => state.chosen[name] ?? otherwise;
  function choose(name, value) {
    if (value === null) delete state.chosen[name];
    else state.chosen[name] = value;
    write();
  }
  function read() {
    state.hidden = {};
    state.chosen = {};
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      const axis2 = name.startsWith("hide.") && data.axes.find(({ key: key2 }) => key2 === name.slice(5));
      if (axis2)
        state.hidden[axis2.key] = new Set(
          value.split(",").map(Number).filter((level2) => level2 < axis2.values.length)
        );
      else state.chosen[name] = value;
    }
  }
  function write() {
    const search = new URLSearchParams(state.chosen);
    for (const [key2, levels] of Object.entries(state.hidden))
      if (levels.size) search.set(`hide.${key2}`, [...levels].join());
    history.replaceState(null, "", `#${search}`);
  }

  // ../../src/report/html/page/cells.js
  var { cells, runs, metric, axes } = data;
  var every = [...cells.facet.keys()];
  var places = new Map(cells.chosen.map((cell, k) => [cell, k]));
  var level = (key2, cell) => cells.axis[key2][cell];
  var isChosen = (cell) => places.has(cell);
  var cost = (x) => metric.higher ? -x : x;
  function spread(samples, k, higher = metric.higher) {
    if (k === void 0 || !samples.n[k]) return null;
    const worst = higher ? -Infinity : Infinity;
    const [low, iqm, high] = [samples.low[k], samples.iqm[k], samples.high[k]].map((x) => x ?? worst);
    return { n: samples.n[k], lost: samples.lost[k], low, iqm, high };
  }
  var overAll = (cell) => spread(cells.all, cell);
  function interval(cell) {
    const ends2 = cells.interval[
      /** @type {number} */
      places.get(cell)
    ];
    const worst = metric.higher ? -Infinity : Infinity;
    return ends2 ? [ends2[0] ?? worst, ends2[1] ?? worst] : null;
  }
  var picked = () => every.filter((cell) => axes.every(({ key: key2 }) => !hidden(key2).has(level(key2, cell))));
  function threshold(share) {
    const iqms = picked().flatMap((cell) => overAll(cell)?.iqm ?? []);
    return iqms.sort((a, b) => cost(a) - cost(b))[Math.max(0, Math.ceil(share * iqms.length) - 1)];
  }
  function shown() {
    const [from, to] = [chosen("from"), chosen("to")].map((text) => text === "" ? null : Number(text));
    if (from === null && to === null) return picked();
    return picked().filter((cell) => {
      const iqm = overAll(cell)?.iqm ?? NaN;
      return iqm >= (from ?? -Infinity) && iqm <= (to ?? Infinity);
    });
  }
  function ofCase(members2, ...free) {
    const like = cells.facet.indexOf(Number(chosen("case", "0")));
    const held = data.facet.filter((key2) => !free.includes(key2));
    return members2.filter((cell) => held.every((key2) => level(key2, cell) === level(key2, like)));
  }
  function runsOf(members2) {
    const kept = new Set(members2);
    return [...runs.cell.keys()].filter((run) => kept.has(runs.cell[run]));
  }
  function typical(cell) {
    const rank = (run) => runs.metric[run] === null ? Infinity : cost(Number(runs.metric[run]));
    const order = runsOf([cell]).sort((a, b) => rank(a) - rank(b) || a - b);
    return order[Math.floor((order.length - 1) / 2)];
  }
  function group(members2, of) {
    const groups = /* @__PURE__ */ new Map();
    for (const member of members2) {
      const own = groups.get(of(member));
      if (own) own.push(member);
      else groups.set(of(member), [member]);
    }
    return [...groups].sort(([a], [b]) => a - b);
  }
  function best(members2, of) {
    let first2 = null;
    for (const cell of members2) {
      const said = of(cell);
      if (said && (!first2 || cost(said.iqm) < cost(first2.iqm))) first2 = { ...said, cell };
    }
    return first2;
  }

  // ../../src/report/html/page/text.js
  var escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
  function number(x) {
    if (x === null || x === void 0 || Number.isNaN(x)) return "–";
    if (Math.abs(x) === Infinity) return x > 0 ? "∞" : "-∞";
    const size = Math.abs(x);
    if (x === 0 || size >= 1e-3 && size < 1e5) return `${Number(x.toPrecision(4))}`;
    const [digits, power] = x.toExponential(3).split("e");
    return `${Number(digits)}e${Number(power)}`;
  }
  var rough = (x, digits) => number(Number.isFinite(x) ? Number(x.toPrecision(digits)) : x);
  var percent = (x) => x === null ? "–" : `${(100 * x).toFixed(2)} %`;
  var counted = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
  function inWords({ iqm, low, high, n, lost }) {
    return `${number(iqm)} (${number(low)} to ${number(high)}, n = ${n}${lost ? `, ${lost} diverged` : ""})`;
  }

  // ../../src/report/html/page/plane.js
  var { palette, planes, runs: runs2 } = data;
  var rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  var ramps = { regression: palette.numbers.map(rgb), binary: palette.probabilities.map(rgb) };
  var classes = palette.classes.map(rgb);
  var mix = (a, b, share) => a.map((c, k) => c + (b[k] - c) * share);
  function along(stops, t) {
    const at = t * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    return mix(stops[k], stops[k + 1], at - k);
  }
  function field(task, byte) {
    if (task === "multiclass") return mix([255, 255, 255], classes[byte % classes.length], 0.4);
    return along(ramps[task], byte / 255);
  }
  function dot(task, byte) {
    if (task === "regression") return along(ramps.regression, byte / 255);
    return classes[task === "binary" ? byte >> 7 : byte % classes.length];
  }
  function outline(to, kind, x, y, r) {
    to.beginPath();
    if (kind % 3 === 0) to.arc(x, y, r, 0, 7);
    else if (kind % 3 === 1) to.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r);
    else
      [0, 1, 2].forEach(
        (k) => to.lineTo(x + 1.3 * r * Math.sin(k * 2 * Math.PI / 3), y - 1.3 * r * Math.cos(k * 2 * Math.PI / 3))
      );
    to.closePath();
  }
  function paint(canvas, run, isSmall = false) {
    const plane = planes[runs2.plane[run]];
    const context = canvas.getContext("2d");
    if (!plane || !context) return false;
    const { width, height } = canvas;
    const size = data.map;
    const image = new ImageData(size, size);
    for (let p = 0; p < size * size; p++) image.data.set([...field(plane.task, mapped(run, p)), 255], 4 * p);
    const small = new OffscreenCanvas(size, size);
    small.getContext("2d")?.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = plane.task !== "multiclass";
    context.drawImage(small, 0, 0, width, height);
    context.strokeStyle = "rgba(255,255,255,.95)";
    context.lineWidth = width / (isSmall ? 250 : 450);
    for (let p = 0; p < plane.points; p += isSmall ? 3 : 1) {
      const { x, y, target } = point(plane.first + p);
      const kind = plane.task === "regression" ? 0 : plane.task === "binary" ? target >> 7 : target;
      outline(context, kind, x * width, (1 - y) * height, width / (isSmall ? 70 : 150));
      context.fillStyle = `rgb(${dot(plane.task, target).map(Math.round)})`;
      context.fill();
      context.stroke();
    }
    return true;
  }
  function key(plane) {
    const hex = (c) => `rgb(${c.map(Math.round)})`;
    if (plane.task === "regression") {
      const ends2 = plane.targets.map((x) => rough(x, 3));
      const bar = make("span", { className: "ramp", ariaHidden: "true" });
      bar.style.background = `linear-gradient(90deg, ${palette.numbers.join()})`;
      return make("span", { className: "key" }, `${ends2[0]} `, bar, ` ${ends2[1]}`);
    }
    const names = plane.classes.map(
      (name, k) => make("span", {}, swatch(hex(classes[k % classes.length]), ["dot", "square", "triangle"][k % 3]), name)
    );
    return make("span", { className: "key" }, ...names);
  }
  function place(plane) {
    const span = (k) => `${rough(plane.from[k], 3)} to ${rough(plane.to[k], 3)}`;
    return `x₁ from ${span(0)} across, x₂ from ${span(1)} up`;
  }

  // ../../src/report/html/page/network.js
  var [WIDTH, HEIGHT] = [410, 260];
  var MOST = 400;
  var [UP, DOWN] = ["#0072b2", "#d55e00"];
  function network(run) {
    const trained = weights(run);
    if (!trained) return "The page does not hold the weights of this run.";
    const { units, layers, scale } = trained;
    const lines = layers.reduce((sum, rows2) => sum + rows2.length * (rows2[0].length - 1), 0);
    if (lines > MOST) return `The network ${units.join("-")} has ${lines} weights, too many to draw one by one.`;
    const at = (layer, unit) => [
      30 + layer * (WIDTH - 60) / (units.length - 1),
      HEIGHT * (unit + 0.5) / units[layer]
    ];
    const label = `Network ${units.join("-")}; the largest weight is ${Number(scale.toPrecision(3))}`;
    const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: "100%", role: "img", "aria-label": label });
    layers.forEach(
      (rows2, layer) => rows2.forEach(
        (row, unit) => row.slice(0, -1).forEach((weight, input) => {
          const [[x1, y1], [x2, y2]] = [at(layer, input), at(layer + 1, unit)];
          const share = Math.abs(weight) / (scale || 1);
          const stroke = {
            stroke: weight < 0 ? DOWN : UP,
            "stroke-width": 0.3 + 5 * share,
            "stroke-opacity": 0.35 + 0.6 * share
          };
          const line = draw("line", { x1, y1, x2, y2, ...stroke }, draw("title", {}, weight.toPrecision(3)));
          if (weight < 0) line.setAttribute("stroke-dasharray", "6 3");
          svg.append(line);
        })
      )
    );
    units.forEach((width, layer) => {
      for (let unit = 0; unit < width; unit++) {
        const [cx, cy] = at(layer, unit);
        svg.append(
          draw("circle", { cx, cy, r: Math.min(9, 0.4 * HEIGHT / width), fill: css("--bg"), stroke: css("--fg") })
        );
      }
    });
    return svg;
  }

  // ../../src/report/html/page/scales.js
  var TINY = 1e-45;
  var SCALES = {
    linear: { to: (x) => x, from: (x) => x, steps: round },
    log: { to: (x) => Math.log10(Math.max(x, TINY)), from: (x) => 10 ** x, steps: decades }
  };
  var scaleOf = (logarithmic) => SCALES[logarithmic ? "log" : "linear"];
  var metricScale = scaleOf(!data.metric.higher);
  function round(low, high) {
    const about = (high - low) / 5 || 1;
    const power = 10 ** Math.floor(Math.log10(about));
    const step = power * ([1, 2, 5, 10].find((k) => k * power >= about) ?? 10);
    const first2 = Math.ceil(low / step);
    return Array.from({ length: 1 + Math.floor(high / step) - first2 }, (_, k) => (first2 + k) * step);
  }
  function decades(low, high) {
    const parts = high - low > 3 ? [1] : high - low > 1.5 ? [1, 3] : [1, 2, 5];
    const every2 = Math.ceil((high - low) / 7);
    const found = [];
    for (let e = Math.floor(low); e <= high; e++) {
      if (e % every2 === 0) found.push(...parts.map((m) => e + Math.log10(m)));
    }
    const inside = found.filter((x) => x >= low && x <= high);
    return inside.length > 1 ? inside : round(10 ** low, 10 ** high).filter((x) => x > 0).map(Math.log10);
  }
  function range(values) {
    let [low, high] = [Infinity, -Infinity];
    for (const x of values) if (Number.isFinite(x)) [low, high] = [Math.min(low, x), Math.max(high, x)];
    return low <= high ? [low, high] : [0, 1];
  }
  var tick = (scale, x) => rough(scale.from(x), 3);
  function numbers(scale, [low, high], lost, props = {}) {
    const ticks = [...scale.steps(low, high), ...lost === null ? [] : [lost]];
    const ends2 = [low, high, lost ?? low];
    const pad = 0.03 * (Math.max(...ends2) - Math.min(...ends2) || 1);
    const formatter = (x) => x === lost ? "diverged" : tick(scale, x);
    return {
      type: "value",
      min: Math.min(...ends2) - pad,
      max: Math.max(...ends2) + pad,
      ...props,
      axisTick: { customValues: ticks },
      axisLabel: { customValues: ticks, formatter, ...props.axisLabel }
    };
  }

  // ../../src/report/html/page/run.js
  var { axes: axes2, compare, history: history2, metric: metric2, planes: planes2, runs: runs3, series } = data;
  var status = (run) => diverged(run) ? `diverged at epoch ${runs3.epochs[run]}` : "done";
  var besides = (run) => data.beside?.share ? percent(runs3.beside[run]) : number(runs3.beside[run]);
  function facts(run) {
    const own = axes2.map((one) => [one.key, one.values[level(one.key, runs3.cell[run])]]);
    const beside = data.beside ? { [data.beside.label]: besides(run) } : {};
    return {
      ...data.fixed,
      ...Object.fromEntries(own),
      seed: String(runs3.seed[run]),
      status: status(run),
      [metric2.label]: number(runs3.metric[run]),
      ...beside
    };
  }
  function drawHistory(box, run) {
    const to = (x) => x !== null && Number.isFinite(x) ? SCALES.log.to(x) : null;
    const dashes = ["solid", "dotted", "dashed", [8, 3, 2, 3]];
    const tints = [color(level(compare.key, runs3.cell[run])), css("--soft"), css("--fg"), css("--bad")];
    const lines = history2.series.map((kind, k) => ({
      name: series[kind].label,
      type: "line",
      symbol: SYMBOLS[k % SYMBOLS.length],
      symbolSize: 4,
      showSymbol: false,
      connectNulls: true,
      lineStyle: { width: 1.6, type: dashes[k % dashes.length] },
      data: history2.epochs.map((epoch, at) => [epoch, to(loss(k, run, at))])
    })).filter((line) => line.data.some(([, y]) => y !== null));
    const ends2 = range(lines.flatMap((line) => line.data.map(([, y]) => y ?? NaN)));
    const tell = (y) => y === null ? "–" : number(10 ** y);
    chart(box).setOption(
      {
        ...frame(),
        color: tints,
        tooltip: { ...frame().tooltip, valueFormatter: tell },
        xAxis: axis({ type: "value", name: "epoch", min: 0, max: history2.epochs.at(-1) }),
        yAxis: axis({ name: "loss", nameGap: 50, ...numbers(SCALES.log, ends2, null) }),
        series: lines
      },
      true
    );
  }
  function mapless(run) {
    if (diverged(run)) return "It diverged: there is no estimate to draw.";
    if (!planes2.length) return "The data has not two features: there is no plane to draw.";
    const held = runs3.map.filter((map) => map >= 0).length;
    return `The page holds the maps of ${held} runs, those that judge first; this run is not among them.`;
  }
  function card(run) {
    const rows2 = Object.entries(facts(run)).flatMap(([name, value]) => [
      make("dt", { textContent: name }),
      make("dd", { textContent: value })
    ]);
    const canvas = make("canvas", {
      className: "plane",
      width: 410,
      height: 410,
      role: "img",
      ariaLabel: "The network's estimate over the plane"
    });
    const plane = planes2[runs3.plane[run]];
    canvas.hidden = !paint(canvas, run);
    const map = plane ? ["The estimate with its training data, ", `${place(plane)}. `, key(plane)] : [mapless(run)];
    const drawn = network(run);
    const weights2 = typeof drawn === "string" ? drawn : "Its weights: the wider the line, the larger; dashed and orange are negative.";
    const box = make("div", { className: "chart small", role: "img", ariaLabel: "Loss history of the run" });
    const isPinned = chosen("pin") === runs3.id[run];
    const pin = make("button", {
      type: "button",
      className: "pin",
      textContent: isPinned ? "Let go" : "Keep beside the next"
    });
    pin.ariaPressed = String(isPinned);
    pin.onclick = () => {
      choose("pin", isPinned ? null : runs3.id[run]);
      show();
    };
    const command = make("code", { textContent: commands[run] });
    const copy = make("button", {
      type: "button",
      textContent: "Copy",
      onclick: () => navigator.clipboard?.writeText(commands[run])
    });
    const section = make(
      "section",
      { className: "card" },
      make("div", { className: "head" }, make("h3", { textContent: `Run ${runs3.id[run]}` }), pin),
      make("dl", { className: "description" }, ...rows2),
      box,
      make("figure", {}, canvas, make("figcaption", {}, ...map)),
      make("figure", {}, ...typeof drawn === "string" ? [] : [drawn], make("figcaption", { textContent: weights2 })),
      make("p", {}, "Train it again: ", command, " ", copy)
    );
    return { section, draw: () => drawHistory(box, run) };
  }
  var byId = (id) => runs3.id.indexOf(id);
  function show() {
    const [pinned, open] = [byId(chosen("pin")), byId(chosen("run"))];
    const both = [.../* @__PURE__ */ new Set([pinned, open])].filter((run) => run >= 0);
    const cards = both.map(card);
    $("cards").querySelectorAll(".chart").forEach(drop);
    $("cards").replaceChildren(...cards.map(({ section }) => section));
    $("run-title").textContent = both.length === 2 ? "Two runs side by side" : "A run";
    if (!$("run").open) $("run").showModal();
    cards.forEach((one) => one.draw());
  }
  function openRun(run) {
    choose("run", runs3.id[run]);
    show();
  }
  function openCell(cell) {
    const run = typical(cell);
    if (run === void 0) $("told").textContent = "The page holds no run of this setting; runs.csv has all.";
    else openRun(run);
  }
  function restoreRun() {
    if (byId(chosen("run")) >= 0) show();
    else if ($("run").open) $("run").close();
  }

  // ../../src/report/html/page/dots.js
  var { cells: cells2, compare: compare2, metric: metric3 } = data;
  var MOST2 = 16;
  var ROW = 38;
  function ranked() {
    const every2 = cells2.chosen;
    const of = compare2.values.length > 1 ? ofCase(every2) : every2;
    const scored = of.flatMap((cell) => overAll(cell) ? [{ cell, at: cost(overAll(cell)?.iqm ?? NaN) }] : []);
    return scored.sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : a.cell - b.cell).map(({ cell }) => cell);
  }
  function called(cell) {
    const name = compare2.values.length > 1 ? compare2.values[level(compare2.key, cell)] : data.facets[cells2.facet[cell]];
    const tuned = data.tune.map((key2) => {
      const axis2 = data.axes.find((one) => one.key === key2);
      return axis2 ? `${key2} ${axis2.values[level(key2, cell)]}` : "";
    });
    return { name: name || "all runs", setting: data.settings.length > 1 ? tuned.filter(Boolean).join(", ") : "" };
  }
  function mark(value, x, y) {
    const fill2 = color(value);
    const r = 6;
    switch (SYMBOLS[value % SYMBOLS.length]) {
      case "circle":
        return draw("circle", { cx: x, cy: y, r, fill: fill2 });
      case "rect":
        return draw("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, fill: fill2 });
      case "triangle":
        return draw("path", { d: `M${x},${y - r - 1}l${r + 1},${2 * r}h${-2 * r - 2}z`, fill: fill2 });
      default:
        return draw("path", { d: `M${x},${y - r - 2}l${r + 2},${r + 2}l${-r - 2},${r + 2}l${-r - 2},${-r - 2}z`, fill: fill2 });
    }
  }
  function drawDots() {
    const all2 = ranked();
    const rows2 = all2.slice(0, MOST2);
    const place2 = $("dots");
    const width = Math.max(place2.clientWidth, 280);
    const isNarrow = width < 520;
    const [left, right] = isNarrow ? [12, 12] : [Math.min(0.34 * width, 230), 92];
    const height = rows2.length * ROW + 40;
    const scale = metricScale;
    const told = rows2.map((cell) => ({ cell, said: overAll(cell), ends: interval(cell) }));
    const [low, high] = range(told.flatMap(({ said, ends: ends2 }) => [said?.iqm ?? NaN, ...ends2 ?? []]).map(scale.to));
    const pad = 0.04 * (high - low) || 0.5;
    const lost = told.some(({ said, ends: ends2 }) => [said?.iqm, ends2?.[1]].includes(Infinity));
    const span = width - left - right - (lost ? 50 : 0);
    const at = (x) => {
      const t = (scale.to(x) - low + pad) / (high - low + 2 * pad);
      return left + (Math.abs(x) === Infinity ? span + 40 : Math.min(Math.max(t, 0), 1) * span);
    };
    const [ink, soft, line] = ["--fg", "--soft", "--line"].map(css);
    const bottom = rows2.length * ROW + 6;
    const title = `${metric3.label} of ${compare2.values.length > 1 ? `each ${compare2.key}` : "the runs"}, best first`;
    const svg = draw("svg", {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": title,
      "font-family": "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
      "font-size": 13
    });
    for (const x of [...scale.steps(low, high).map((step) => at(scale.from(step))), ...lost ? [at(Infinity)] : []]) {
      svg.append(draw("line", { x1: x, x2: x, y1: 4, y2: bottom, stroke: line }));
    }
    for (const step of scale.steps(low, high)) {
      const x = at(scale.from(step));
      svg.append(
        draw("text", { x, y: bottom + 15, fill: soft, "text-anchor": "middle", "font-size": 12 }, tick(scale, step))
      );
    }
    if (lost)
      svg.append(draw("text", { x: at(Infinity), y: bottom + 15, fill: soft, "text-anchor": "middle" }, "diverged"));
    told.forEach(({ cell, said, ends: ends2 }, k) => {
      if (!said) return;
      const y = k * ROW + (isNarrow ? 28 : 20);
      const value = level(compare2.key, cell);
      const { name, setting } = called(cell);
      const spanText = ends2 ? `, 95 % interval ${number(ends2[0])} to ${number(ends2[1])}` : "";
      const lostText = said.lost ? `, ${said.lost} diverged` : "";
      const title2 = setting ? `${name}, ${setting}` : name;
      const words = `${title2}: ${number(said.iqm)}${spanText}, ${counted(said.n, "run")}${lostText}`;
      const row = draw("g", { class: "row", role: "button", "aria-label": words });
      row.append(draw("rect", { x: 0, y: y - 18, width, height: ROW - 2, fill: "transparent" }));
      const [x1, x2] = (ends2 ?? [said.iqm, said.iqm]).map(at);
      const stroke = { stroke: color(value), "stroke-width": 3, "stroke-linecap": "round" };
      row.append(draw("line", { x1, x2, y1: y, y2: y, ...stroke }));
      row.append(mark(value, at(said.iqm), y));
      row.onclick = () => openCell(cell);
      svg.append(row);
      const write2 = (text, look) => svg.append(draw("text", { fill: ink, "pointer-events": "none", "aria-hidden": "true", ...look }, text));
      const below = isNarrow ? y - 10 : y + 4;
      const end = { "text-anchor": "end" };
      write2(number(said.iqm), { x: width - 4, y: below, ...end });
      if (isNarrow) {
        write2(name, { class: "name", x: 4, y: below, "font-weight": 600 });
      } else {
        write2(name, { class: "name", x: left - 14, y: setting ? y - 3 : below, "font-weight": 600, ...end });
        write2(setting, { x: left - 14, y: y + 11, fill: soft, "font-size": 11, ...end });
      }
    });
    place2.replaceChildren(svg);
    roving(place2, ".row");
    const some = rows2.length < all2.length ? `The best ${rows2.length} of ${all2.length}. ` : "";
    const where = data.settings.length < 2 ? "" : ", at the setting that is best for it";
    const which = metric3.higher ? "right" : "left";
    $("dots-note").textContent = `${some}Interquartile mean${where}; the line is its 95 % interval. Further ${which} is better.`;
  }

  // ../../src/report/html/page/maps.js
  var { compare: compare3, planes: planes3, runs: runs4 } = data;
  var MOST3 = 8;
  function drawMaps() {
    const rows2 = (compare3.values.length > 1 ? ranked() : ranked().slice(0, 1)).slice(0, MOST3);
    const isOf = (cell) => [...runs4.cell.keys()].filter((run) => runs4.cell[run] === cell && runs4.judged[run] === 1);
    const own = rows2.map((cell) => ({ cell, runs: isOf(cell) }));
    const seeds = /* @__PURE__ */ new Map();
    own.forEach(
      (row) => row.runs.forEach((run) => {
        if (runs4.map[run] >= 0) seeds.set(runs4.seed[run], (seeds.get(runs4.seed[run]) ?? 0) + 1);
      })
    );
    const [seed] = [...seeds].sort(([a, m], [b, n]) => n - m || Number(a) - Number(b))[0] ?? [];
    const place2 = $("maps");
    place2.hidden = seed === void 0;
    $("maps-note").hidden = place2.hidden;
    if (seed === void 0) return;
    let plane = null;
    place2.replaceChildren(
      ...own.map(({ cell, runs: members2 }) => {
        const run = members2.find((one) => runs4.seed[one] === seed);
        const value = level(compare3.key, cell);
        const { name } = called(cell);
        const title = make("span", { className: "name" }, swatch(color(value), symbol(value)), name);
        if (run === void 0 || runs4.map[run] < 0)
          return make("div", { className: "map" }, make("span", { className: "none" }, "diverged"), title);
        const canvas = make("canvas", { width: 330, height: 330, ariaHidden: "true" });
        paint(canvas, run, true);
        plane = planes3[runs4.plane[run]];
        const button = make("button", { type: "button", className: "map", onclick: () => openRun(run) }, canvas, title);
        button.ariaLabel = `${name}: open its run of seed ${seed}, ${data.metric.label} ${number(runs4.metric[run])}`;
        return button;
      })
    );
    const shown2 = (
      /** @type {any} */
      plane
    );
    $("maps-note").replaceChildren(
      `What each network learned, seed ${seed}, with its training data. `,
      ...shown2 ? [key(shown2)] : []
    );
  }

  // ../../src/report/html/page/parallel.js
  var { axes: axes3, cells: cells3, compare: compare4, metric: metric4 } = data;
  var MOST4 = 1500;
  var brushed = /* @__PURE__ */ new Set();
  var ends = range([]);
  var placed = (iqm, lost) => (cell, dim) => {
    if (dim < axes3.length) return level(axes3[dim].key, cell);
    return Number.isFinite(iqm(cell)) ? metricScale.to(iqm(cell)) : lost;
  };
  function drawParallel(changed) {
    if (!axes3.length) return;
    brushed.clear();
    const members2 = shown().filter((cell) => cells3.all.n[cell]);
    const iqm = (cell) => overAll(cell)?.iqm ?? NaN;
    const [low, high] = range(members2.map((cell) => metricScale.to(iqm(cell))));
    ends = [low, high];
    const gap = 0.1 * (high - low || 1);
    const hasLost = members2.some((cell) => !Number.isFinite(iqm(cell)));
    const lost = hasLost ? metric4.higher ? low - gap : high + gap : null;
    const value = placed(iqm, lost);
    const step = Math.max(1, Math.ceil(members2.length / MOST4));
    const drawn = members2.filter((_, k) => k % step === 0);
    const dims = [...axes3.keys(), axes3.length];
    const plot = chart($("parallel"));
    const fg = css("--fg");
    const label = { color: fg, backgroundColor: css("--card"), padding: [1, 3], borderRadius: 3 };
    plot.setOption(
      {
        animation: false,
        textStyle: { color: fg },
        aria: { enabled: false },
        parallel: {
          left: 46,
          right: 66,
          top: 30,
          bottom: 16,
          parallelAxisDefault: {
            nameTextStyle: { color: fg, fontSize: 11 },
            axisLine: { lineStyle: { color: css("--soft") } },
            axisLabel: label,
            z: 9,
            areaSelectStyle: { width: 16, borderColor: css("--accent"), color: css("--accent"), opacity: 0.25 }
          }
        },
        parallelAxis: dims.map(
          (dim) => dim < axes3.length ? { dim, name: axes3[dim].key, type: "category", data: axes3[dim].values } : { dim, name: metric4.short, ...numbers(metricScale, [low, high], lost, { axisLabel: { color: fg } }) }
        ),
        series: [
          {
            type: "parallel",
            smooth: false,
            inactiveOpacity: 0.04,
            activeOpacity: 0.7,
            data: drawn.map((cell) => ({
              value: dims.map((dim) => value(cell, dim)),
              lineStyle: { color: color(level(compare4.key, cell)), width: 1.4, opacity: 0.6 }
            }))
          }
        ]
      },
      true
    );
    plot.off("click");
    plot.on("click", ({ dataIndex }) => openCell(drawn[dataIndex]));
    plot.off("axisareaselected");
    plot.on("axisareaselected", () => {
      for (const dim of dims) keep(dim, plot.getModel().getComponent("parallelAxis", dim).activeIntervals);
      changed();
    });
    const part = step > 1 ? `, ${drawn.length} of ${members2.length} are drawn` : "";
    $("parallel-note").textContent = `A line a setting, over all its runs and of all cases${part}. Drag along an axis to keep the settings within; the other plots and the table follow. Click the axis to let go.`;
  }
  function keep(dim, intervals) {
    if (!intervals.length && !brushed.delete(dim)) return;
    if (intervals.length) brushed.add(dim);
    if (dim < axes3.length) {
      const outside = (v) => intervals.every(([from, to]) => v < from || v > to);
      const levels = intervals.length ? [...axes3[dim].values.keys()].filter(outside) : [];
      hidden(axes3[dim].key).clear();
      levels.forEach((v) => hidden(axes3[dim].key).add(v));
      write();
    } else {
      const [from, to] = [Math.min(...intervals.flat()), Math.max(...intervals.flat())];
      const limit = (x) => String(metricScale.from(x));
      choose("kept", null);
      choose("from", intervals.length && from > ends[0] ? limit(from) : null);
      choose("to", intervals.length && to < ends[1] ? limit(to) : null);
    }
  }
  var conditioned = () => chosen("from") || chosen("to") ? `Settings kept by their ${metric4.short}: this conditions on the outcome; what is left looks better than it is.` : "";

  // ../../src/report/html/page/save.js
  var { axes: axes4, metric: metric5, runs: runs5 } = data;
  function save(name, blob) {
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1e3);
  }
  var quoted = (field2) => /[",\n]/.test(String(field2)) ? `"${String(field2).replace(/"/g, '""')}"` : String(field2);
  var csv = (rows2) => rows2.map((row) => `${row.map(quoted).join()}
`).join("");
  function runsAsCsv(of) {
    const heads = ["id", ...axes4.map(({ key: key2 }) => key2), "seed", "status", metric5.short.replace(/ /g, "_")];
    const rows2 = of.map((run) => [
      runs5.id[run],
      ...axes4.map(({ key: key2, values }) => values[level(key2, runs5.cell[run])]),
      runs5.seed[run],
      diverged(run) ? "diverged" : "done",
      runs5.metric[run] ?? ""
    ]);
    return csv([heads, ...rows2]);
  }
  function settingsAsCsv(of) {
    const heads = [...axes4.map(({ key: key2 }) => key2), "n", "diverged", "low_quartile", "iqm", "high_quartile"];
    const rows2 = of.flatMap((cell) => {
      const said = overAll(cell);
      const levels = axes4.map(({ key: key2, values }) => values[level(key2, cell)]);
      return said ? [[...levels, said.n, said.lost, said.low, said.iqm, said.high]] : [];
    });
    return csv([heads, ...rows2]);
  }
  var saveText = (name, text) => save(name, new Blob([text], { type: "text/csv" }));
  function svgOf(place2) {
    const svg = place2.querySelector("svg");
    if (!place2.classList.contains("chart") && svg) return new XMLSerializer().serializeToString(svg);
    return picture(place2);
  }
  var saveSvg = (name, place2) => save(`${name}.svg`, new Blob([svgOf(place2)], { type: "image/svg+xml" }));
  async function savePng(name, place2) {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgOf(place2))}`;
    await image.decode();
    const canvas = new OffscreenCanvas(2 * image.width, 2 * image.height);
    const context = (
      /** @type {OffscreenCanvasRenderingContext2D} */
      canvas.getContext("2d")
    );
    context.fillStyle = css("--bg");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    save(`${name}.png`, await canvas.convertToBlob());
  }

  // ../../src/report/html/page/tables.js
  var { axes: axes5, metric: metric6, runs: runs6 } = data;
  var PAGE = 500;
  var PRINTED = 30;
  function fillTable(id, { columns: columns2, names, rows: rows2 }) {
    const side = (k) => k < names ? "" : "num";
    const tall = rows2.length > 24;
    $(id).parentElement.classList.toggle("tall", tall);
    const heads = columns2.map((name, k) => make("th", { className: side(k), scope: "col", textContent: name }));
    const body = rows2.map(
      ({ values, cells: cells6 }) => make(
        "tr",
        {},
        ...cells6.map((cell, k) => {
          const value = k < names ? values[k - names + values.length] : void 0;
          const marks = value === void 0 ? [] : [swatch(color(value), symbol(value))];
          return make("td", { className: side(k) }, ...marks, cell);
        })
      )
    );
    $(id).replaceChildren(make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body));
  }
  var columns = [
    ...axes5.map(({ key: key2, numbers: numbers2, values }) => ({
      key: key2,
      name: key2,
      numeric: numbers2 !== null,
      of: (run) => level(key2, runs6.cell[run]),
      text: (run) => values[level(key2, runs6.cell[run])]
    })),
    { key: "seed", name: "seed", numeric: true, of: (run) => runs6.seed[run], text: (run) => String(runs6.seed[run]) },
    {
      key: "metric",
      name: metric6.label,
      numeric: true,
      of: (run) => runs6.metric[run] ?? (metric6.higher ? -Infinity : Infinity),
      text: (run) => diverged(run) ? status(run) : number(runs6.metric[run])
    },
    ...data.beside ? [
      {
        key: "beside",
        name: data.beside.label,
        numeric: true,
        of: (run) => runs6.beside[run] ?? -Infinity,
        text: besides
      }
    ] : [],
    { key: "id", name: "run", numeric: false, of: (run) => runs6.id[run], text: (run) => runs6.id[run] }
  ];
  var rows = PAGE;
  var members = [];
  function sorting() {
    const [key2, way] = chosen("sort", `metric,${metric6.higher ? "down" : "up"}`).split(",");
    return { column: columns.find((one) => one.key === key2) ?? columns[0], isUp: way !== "down" };
  }
  function headRuns() {
    const heads = columns.map((column) => {
      const button = make("button", { type: "button" });
      button.onclick = () => {
        const now = sorting();
        choose("sort", `${column.key},${now.column === column && now.isUp ? "down" : "up"}`);
        drawRuns(members);
      };
      return make("th", { scope: "col", className: column.numeric ? "num" : "" }, button);
    });
    $("runs").replaceChildren(
      make("caption", { className: "hidden", textContent: "Runs" }),
      make("thead", {}, make("tr", {}, ...heads)),
      make("tbody")
    );
    $("more").onclick = () => {
      rows += PAGE;
      drawRuns(members);
    };
  }
  function ordered(of) {
    const { column, isUp } = sorting();
    const sign = isUp ? 1 : -1;
    const keyed = of.map((run) => ({ run, key: column.of(run) }));
    return keyed.sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : a.run - b.run)).map(({ run }) => run);
  }
  function drawRuns(of) {
    members = of;
    const { column: by, isUp } = sorting();
    const order = ordered(members);
    [...$("runs").tHead.rows[0].cells].forEach((head, k) => {
      const isSorted = columns[k] === by;
      head.firstChild.textContent = columns[k].name + (isSorted ? isUp ? " ▲" : " ▼" : "");
      head.ariaSort = isSorted ? isUp ? "ascending" : "descending" : "none";
    });
    const body = order.slice(0, rows).map((run) => {
      const cells6 = columns.map((column) => {
        const bad = column.key === "metric" && diverged(run) ? "bad" : "";
        return make("td", { className: `${column.numeric ? "num" : ""} ${bad}`, textContent: column.text(run) });
      });
      return make("tr", { onclick: () => openRun(run) }, ...cells6);
    });
    $("runs").tBodies[0].replaceChildren(...body);
    roving($("runs").tBodies[0], "tr");
    $("more").hidden = order.length <= rows;
    const part = (most) => order.length > most ? `The first ${most} of ${order.length} runs. ` : "";
    const kept = count < data.trained ? `${count} of ${data.trained} runs are in this page, the best among them; runs.csv has all. ` : "";
    $("runs-note").textContent = `${part(rows)}${kept}Select a run to see how it learned.`;
    $("runs-printed").textContent = part(PRINTED) + kept;
  }

  // ../../src/report/html/page/lines.js
  function drawLines(place2, lines, xs, look) {
    const { across, label, horizontal, words, scaling, name, marked, open } = look;
    const said = lines.flatMap(({ points }) => points.filter((point2) => point2 !== null));
    const [low, high] = range(said.flatMap((point2) => [point2.low, point2.iqm, point2.high]).map(scaling.to));
    const lost = said.some((point2) => point2.high === Infinity) ? high + 0.12 * (high - low || 1) : null;
    const at = (x) => x === Infinity ? lost : scaling.to(x);
    const crowded = words && xs.some((_, k) => lines.filter(({ points }) => points[k]).length > 1);
    const crosses = [];
    const series2 = lines.flatMap((line, turn2) => {
      const tint = line.value === null ? css("--soft") : color(line.value);
      const aside = crowded ? (turn2 - (lines.length - 1) / 2) * Math.min(0.7 / lines.length, 0.16) : 0;
      const known = line.points.flatMap(
        (point2, k) => point2 ? [{ x: xs[k] + aside, point: point2, before: line.points[k - 1], cell: line.cells[k] }] : []
      );
      for (const { x, point: point2, before, cell } of known) {
        const text = `${line.name}: ${point2.lost} of ${point2.n} diverged`;
        if (marked(point2, before)) crosses.push({ value: [x, at(point2.iqm)], text, cell });
      }
      const stroke = { color: tint, width: 2, type: data.compare.dashes[line.value ?? 0], cap: "round", join: "round" };
      const part = (id, extra) => ({
        type: "line",
        name: line.name,
        id: `${line.name}/${id}`,
        showSymbol: false,
        itemStyle: { color: tint },
        lineStyle: stroke,
        ...extra
      });
      const place3 = (of) => known.map(({ x, point: point2, cell }) => ({ value: [x, of(point2)], point: point2, cell }));
      const mean = part("iqm", {
        data: place3((point2) => point2.iqm === Infinity ? "-" : scaling.to(point2.iqm)),
        z: 3,
        showSymbol: known.length < 30,
        symbol: symbol(line.value ?? 0),
        symbolSize: words ? 9 : 6,
        ...words && { lineStyle: { opacity: 0 } }
      });
      if (words) {
        const strokes = known.flatMap(({ x, point: point2 }) => [
          [x, at(point2.low)],
          [x, at(point2.high)],
          [x, "-"]
        ]);
        return [part("stroke", { silent: true, data: strokes }), mean];
      }
      const band = {
        stack: `${line.name}/band`,
        stackStrategy: "all",
        silent: true,
        lineStyle: { opacity: 0 },
        emphasis: { disabled: true },
        z: 1
      };
      const height = (point2) => Number(at(point2.high)) - Number(at(point2.low));
      return [
        part("low", { ...band, data: place3((point2) => at(point2.low)) }),
        part("band", { ...band, data: place3(height), areaStyle: { color: tint, opacity: 0.17, origin: "auto" } }),
        mean
      ];
    });
    const cross = {
      type: "scatter",
      symbol: "path://M0,0L8,8M8,0L0,8",
      symbolSize: 9,
      z: 5,
      data: crosses,
      itemStyle: { color: "none", borderColor: css("--bad"), borderWidth: 2 },
      tooltip: { trigger: "item", formatter: ({ data: mark2 }) => escapeHtml(mark2.text) }
    };
    const where = (x) => `${label} ${words ? words[Math.round(x)] : tick(across, x)}`;
    const told = (items) => {
      const means = items.filter((item) => item.seriesId?.endsWith("/iqm"));
      const rows2 = means.map(
        (item) => `${item.marker}${escapeHtml(item.seriesName)} ${escapeHtml(inWords(item.data.point))}`
      );
      return [escapeHtml(where(items[0]?.axisValue ?? 0)), ...rows2].join("<br>");
    };
    const plot = chart(place2);
    plot.setOption(
      {
        ...frame(),
        tooltip: { ...frame().tooltip, formatter: told },
        legend: { ...frame().legend, data: lines.map(({ name: name2, value }) => ({ name: name2, icon: symbol(value ?? 0) })) },
        xAxis: axis({ name: label, ...horizontal }),
        yAxis: axis({ name, nameGap: 50, ...numbers(scaling, [low, high], lost) }),
        series: [...series2, cross]
      },
      true
    );
    plot.off("click");
    plot.on("click", ({ data: mark2 }) => {
      if (mark2?.cell !== void 0) open(mark2.cell);
    });
    const bestAt = (k) => {
      const there = lines.filter(({ points }) => points[k]);
      return there.sort((a, b) => Number(a.points[k]?.iqm) - Number(b.points[k]?.iqm))[0]?.cells[k];
    };
    byKeys(place2, xs.length, {
      show: (k) => {
        plot.dispatchAction({ type: "showTip", x: plot.convertToPixel({ xAxisIndex: 0 }, xs[k]), y: 60 });
        const there = lines.flatMap((line) => {
          const point2 = line.points[k];
          return point2 ? [`${line.name} ${inWords(point2)}`] : [];
        });
        say([where(xs[k]), ...there].join("; "));
      },
      open: (k) => {
        const cell = bestAt(k);
        if (cell !== void 0 && cell !== null) open(cell);
      }
    });
  }

  // ../../src/report/html/page/views.js
  var { axes: axes6, cells: cells4, compare: compare5, metric: metric7, tune } = data;
  var LOST = "Diverged runs count as worst, a red × is where there are some";
  var views = compare5.values.length > 1 && !axes6.some(({ key: key2 }) => key2 === compare5.key) ? [{ key: compare5.key, values: compare5.values, numbers: null }, ...axes6] : axes6;
  var viewOf = (name) => views.find(({ key: key2 }) => key2 === chosen(name));
  function note(id, text) {
    const facet = data.facets.length > 1 ? `${data.facets[Number(chosen("case", "0"))]}: ` : "";
    $(id).textContent = `${facet}${text}.`;
  }
  var judging = data.settings.length < 2 ? "all seeds" : `each at the ${tune.join(", ")} best for it, all seeds`;
  function drawCurves(members2) {
    const setting = chosen("setting");
    const kind = Number(chosen("series", "0"));
    const drawn = new Set(ofCase(members2));
    const isOf = (curve) => setting === "" ? curve.judged : !curve.judged && cells4.setting[curve.cell] === Number(setting);
    const wanted = data.curves.filter((curve) => curve.series === kind && drawn.has(curve.cell) && isOf(curve));
    const xs = [...new Set(wanted.flatMap(({ epochs }) => epochs))].sort((a, b) => a - b);
    const { higher, label } = data.series[kind] ?? { higher: false, label: "loss" };
    const lines = wanted.map((curve) => {
      const at = new Map(curve.epochs.map((epoch, k) => [epoch, k]));
      const value = level(compare5.key, curve.cell);
      const points = xs.map((epoch) => spread(curve, at.get(epoch), higher));
      return { value, name: compare5.values[value], points, cells: points.map(() => curve.cell) };
    });
    drawLines($("curves"), lines, xs, {
      across: SCALES.linear,
      label: "epoch",
      horizontal: { type: "value", min: 0, max: xs.at(-1) ?? 1 },
      words: null,
      scaling: scaleOf(chosen("curves-log", "1") === "1"),
      name: label,
      open: openCell,
      marked: (point2, before) => point2.lost > (before?.lost ?? 0)
    });
    const most = Math.max(0, ...wanted.map(({ n }) => Math.max(...n)));
    const seeds = setting === "" ? judging : "all seeds";
    note("curves-note", `Interquartile mean and quartiles over ${counted(most, "run")} each, ${seeds}. ${LOST}`);
  }
  function drawAxis(members2) {
    const axis2 = viewOf("axis");
    if (!axis2) return;
    const { key: key2, numbers: levels } = axis2;
    const isWide = levels && (key2 === "learning_rate" || Math.max(...levels) / Math.min(...levels) >= 16);
    const across = scaleOf(Boolean(isWide && levels.every((x) => x > 0)));
    const xs = axis2.values.map((_, v) => levels ? across.to(levels[v]) : v);
    const tuned = tune.includes(key2);
    const drawn = ofCase(members2, key2).filter((cell) => tuned || isChosen(cell));
    const joined = levels && key2 === compare5.key;
    const groups = joined ? [[null, drawn]] : group(drawn, (cell) => level(compare5.key, cell));
    const lines = (
      /** @type {[number | null, number[]][]} */
      groups.map(([value, own]) => {
        const at = new Map(group(own, (cell) => level(key2, cell)));
        const points = axis2.values.map((_, v) => best(at.get(v) ?? [], overAll));
        return {
          value,
          name: value === null ? "all" : compare5.values[value],
          points,
          cells: points.map((p) => p?.cell ?? null)
        };
      })
    );
    const ticks = xs.length <= 8 || !levels ? { ...across, steps: () => xs } : across;
    const words = levels ? null : axis2.values;
    const named = { axisLabel: { formatter: (v) => words?.[v] ?? "" } };
    drawLines($("axis"), lines, xs, {
      across,
      label: key2,
      words,
      horizontal: words ? numbers(ticks, [-0.5, xs.length - 0.5], null, named) : numbers(ticks, range(xs), null),
      scaling: scaleOf(chosen("axis-log", metric7.higher ? "" : "1") === "1"),
      name: metric7.label,
      open: openCell,
      marked: (point2) => point2.lost > 0
    });
    const others = tune.length > 1 ? ", the other tuned settings at their best" : "";
    note("axis-note", `Interquartile mean and quartiles, ${tuned ? `all seeds${others}` : judging}. ${LOST}`);
  }
  function drawHeat(members2) {
    const [x, y] = [viewOf("heat-x"), viewOf("heat-y")];
    const place2 = $("heat");
    if (!x || !y || x === y) return chart(place2).clear();
    const columns2 = group(ofCase(members2, x.key, y.key), (cell) => level(x.key, cell));
    const squares = columns2.flatMap(
      ([i, column]) => group(column, (cell) => level(y.key, cell)).flatMap(([j, own]) => {
        const said = best(own, overAll);
        return said ? [{ i, j, said }] : [];
      })
    );
    const sorted = squares.map(({ said }) => metricScale.to(said.iqm)).filter(Number.isFinite).sort((a, b) => a - b);
    const [low, top] = range(sorted);
    const most = sorted[Math.floor(sorted.length * 19 / 20) - 1];
    const high = !metric7.higher && top > most + 1 && most > low ? most : top;
    const isWide = squares.length <= 120 && place2.clientWidth / x.values.length > 48;
    const gone = (iqm) => iqm === Infinity;
    const text = ({ iqm, lost }) => {
      if (gone(iqm)) return isWide ? "diverged" : "×";
      return isWide ? `${rough(iqm, 2)}${lost ? " ×" : ""}` : lost ? "×" : "";
    };
    const standing = [...x.key.split(", "), ...y.key.split(", "), ...data.facet];
    const rest = axes6.filter(({ key: key2 }) => !standing.includes(key2));
    const tell = ({ i, j, said }) => [
      `${x.key} ${x.values[i]}`,
      `${y.key} ${y.values[j]}`,
      ...rest.map(({ key: key2, values }) => `${key2} ${values[level(key2, said.cell)]}`),
      inWords(said)
    ];
    const plot = chart(place2);
    plot.setOption(
      {
        ...frame(),
        legend: void 0,
        grid: { left: 118, right: 18, top: 12, bottom: 76 },
        tooltip: {
          ...frame().tooltip,
          trigger: "item",
          formatter: ({ data: { square } }) => tell(square).map(escapeHtml).join("<br>")
        },
        xAxis: axis({ type: "category", data: x.values, name: x.key, splitLine: { show: false } }),
        yAxis: axis({
          type: "category",
          inverse: true,
          data: y.values,
          splitLine: { show: false },
          axisLabel: { width: 106, overflow: "truncate" }
        }),
        visualMap: {
          show: sorted.length > 0,
          min: low,
          max: high,
          dimension: 2,
          orient: "horizontal",
          left: "center",
          bottom: 0,
          itemHeight: 140,
          itemWidth: 10,
          calculable: false,
          textStyle: { color: css("--soft") },
          text: [high, low].map((end) => tick(metricScale, end)),
          inRange: { color: metric7.higher ? [...data.palette.numbers].reverse() : data.palette.numbers }
        },
        series: [
          {
            type: "heatmap",
            itemStyle: { borderColor: css("--card"), borderWidth: 1 },
            label: {
              show: true,
              formatter: ({ data: { square } }) => text(square.said),
              fontSize: 10,
              color: "#fff",
              textBorderColor: "#0009",
              textBorderWidth: 2
            },
            data: squares.map((square) => ({
              value: [square.i, square.j, gone(square.said.iqm) ? high : metricScale.to(square.said.iqm)],
              square,
              ...gone(square.said.iqm) ? { visualMap: false, itemStyle: { color: "#8a8f94" } } : {}
            }))
          }
        ]
      },
      true
    );
    plot.off("click");
    plot.on("click", ({ data: { square } }) => openCell(square.said.cell));
    byKeys(place2, squares.length, {
      show: (at) => {
        plot.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: at });
        say(tell(squares[at]).join("; "));
      },
      open: (at) => openCell(squares[at].said.cell)
    });
    const others = rest.length ? ", all else at its best" : "";
    note(
      "heat-note",
      `Interquartile mean of all seeds${others}. Diverged runs count as worst, × where there are some. Blank: not run`
    );
  }

  // ../../src/report/html/page/main.js
  var { axes: axes7, cells: cells5, compare: compare6, facets, metric: metric8 } = data;
  function drawChips() {
    $("chips").replaceChildren(
      ...axes7.map((axis2) => {
        const chips = axis2.values.map((label, v) => {
          const marks = axis2.key === compare6.key ? [swatch(color(v), symbol(v))] : [];
          const chip = make("button", { type: "button", className: "chip" }, ...marks, label);
          chip.ariaPressed = String(!hidden(axis2.key).has(v));
          chip.onclick = () => {
            if (!hidden(axis2.key).delete(v)) hidden(axis2.key).add(v);
            chip.ariaPressed = String(!hidden(axis2.key).has(v));
            write();
            explore();
            drawParallel(brushed2);
          };
          return chip;
        });
        return make(
          "div",
          { className: "axis-row", role: "group", ariaLabel: axis2.key },
          make("b", { textContent: axis2.key }),
          ...chips
        );
      })
    );
  }
  function explore() {
    const members2 = shown();
    const sum = members2.reduce((all2, cell) => all2 + cells5.all.n[cell], 0);
    $("shown").textContent = `${sum} of ${data.trained}`;
    $("conditioned").textContent = conditioned();
    $("kept").value = chosen("kept");
    drawCurves(members2);
    drawAxis(members2);
    drawHeat(members2);
    drawRuns(runsOf(members2));
  }
  function brushed2() {
    drawChips();
    explore();
  }
  function first() {
    drawDots();
    drawMaps();
  }
  function all() {
    first();
    drawChips();
    explore();
    drawParallel(brushed2);
  }
  function fill(id, texts2, value) {
    $(id).replaceChildren(...texts2.map((textContent, k) => make("option", { value: value(k), textContent })));
  }
  function bind(id, name, act) {
    const node = $(id);
    if (node.type === "checkbox") node.checked = chosen(name) === "1";
    else node.value = chosen(name, node.value);
    node.onchange = () => {
      choose(name, node.type === "checkbox" ? node.checked ? "1" : "" : node.value);
      act();
    };
  }
  function settle() {
    const usual = data.sensitivity ?? axes7[0]?.key;
    const keys = [compare6.key, ...axes7.map(({ key: key2 }) => key2)];
    const other = keys.find((key2) => key2 !== usual && views.some((axis2) => axis2.key === key2));
    const defaults = {
      axis: usual,
      "heat-x": usual,
      "heat-y": other,
      "curves-log": "1",
      "axis-log": metric8.higher ? "" : "1"
    };
    for (const [name, value] of Object.entries(defaults)) state.chosen[name] ??= value ?? "";
    if (!(Number(chosen("case", "0")) < facets.length)) delete state.chosen.case;
    bind("case", "case", all);
    bind("curves-setting", "setting", () => drawCurves(shown()));
    bind("curves-kind", "series", () => drawCurves(shown()));
    bind("curves-log", "curves-log", () => drawCurves(shown()));
    bind("axis-key", "axis", () => drawAxis(shown()));
    bind("axis-log", "axis-log", () => drawAxis(shown()));
    bind("heat-x", "heat-x", () => drawHeat(shown()));
    bind("heat-y", "heat-y", () => drawHeat(shown()));
    const theme = chosen("theme");
    if (theme) document.documentElement.dataset.theme = theme;
  }
  function restore() {
    read();
    settle();
    all();
    restoreRun();
  }
  function savers() {
    document.querySelectorAll("[data-figure]").forEach((node) => {
      const place2 = (
        /** @type {HTMLElement} */
        node
      );
      const name = `${data.name}-${place2.dataset.figure}`;
      const button = (kind, act) => make("button", {
        type: "button",
        textContent: kind,
        ariaLabel: `Save ${place2.dataset.figure} as ${kind}`,
        onclick: act
      });
      place2.after(
        make(
          "div",
          { className: "save" },
          button("SVG", () => saveSvg(name, place2)),
          button("PNG", () => savePng(name, place2))
        )
      );
    });
  }
  function turn() {
    const root = document.documentElement;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    choose("theme", root.dataset.theme);
    all();
  }
  function texts() {
    $("name").textContent = data.name;
    $("question").textContent = data.question;
    $("answer").textContent = data.answer;
    $("provenance").textContent = data.provenance;
    $("findings").replaceChildren(
      ...data.findings.map(
        (finding) => make(
          "li",
          { className: finding.kind },
          finding.text,
          ...finding.edit ? [make("code", { textContent: finding.edit })] : []
        )
      )
    );
    $("findings").closest("details").hidden = !data.findings.length;
    $("compare-note").textContent = data.note;
    $("files").replaceChildren(
      ...data.files.map((file) => make("li", {}, make("a", { href: encodeURI(file), textContent: file })))
    );
    fillTable("comparison", data.comparison);
    fillTable("pairs", data.pairs);
    $("pairs").closest("details").hidden = !data.pairs.rows.length;
  }
  function selects() {
    const settings = data.curves.some((curve) => !curve.judged) ? data.settings : [];
    const named = settings.map((setting) => data.tune.length === 1 ? `${data.tune[0]} ${setting}` : setting);
    fill("case", facets, String);
    fill("curves-setting", ["the chosen setting", ...named], (k) => k ? String(k - 1) : "");
    fill(
      "curves-kind",
      data.series.map(({ label }) => label),
      String
    );
    for (const id of ["axis-key", "heat-x", "heat-y"])
      fill(
        id,
        views.map(({ key: key2 }) => key2),
        (k) => views[k].key
      );
    $("case-label").hidden = facets.length < 2;
    $("curves-setting-label").hidden = settings.length < 2;
    $("heat").closest("section").hidden = axes7.length < 2;
    for (const id of ["axis", "parallel"]) $(id).closest("section").hidden = axes7.length < 1;
    $("filters").hidden = axes7.length < 1;
  }
  function wire() {
    $("reset").onclick = () => {
      state.hidden = {};
      for (const name of ["kept", "from", "to"]) choose(name, null);
      all();
    };
    $("kept").onchange = () => {
      const share = $("kept").value;
      const worst = share && String(threshold(Number(share)));
      choose("kept", share || null);
      choose("from", metric8.higher && worst || null);
      choose("to", !metric8.higher && worst || null);
      explore();
      drawParallel(brushed2);
    };
    $("save-runs").onclick = () => saveText(`${data.name}-runs.csv`, runsAsCsv(ordered(runsOf(shown()))));
    $("save-settings").onclick = () => saveText(`${data.name}-settings.csv`, settingsAsCsv(shown()));
    $("theme").onclick = turn;
    $("figures").ontoggle = async () => {
      $("figures").ontoggle = null;
      $("drawn").innerHTML = new TextDecoder().decode(await unpacked("packed-figures"));
    };
    $("run").onclose = () => choose("run", null);
    let theme;
    let closed = [];
    addEventListener("beforeprint", () => {
      theme = document.documentElement.dataset.theme;
      document.documentElement.dataset.theme = "light";
      document.documentElement.classList.add("paper");
      closed = [...document.querySelectorAll("details:not([open]):not(.aside)")].map((node) => (
        /** @type {any} */
        node
      ));
      closed.forEach((node) => {
        node.open = true;
      });
      fit();
      all();
    });
    addEventListener("afterprint", () => {
      if (theme) document.documentElement.dataset.theme = theme;
      else delete document.documentElement.dataset.theme;
      document.documentElement.classList.remove("paper");
      closed.forEach((node) => {
        node.open = false;
      });
      fit();
      all();
    });
    addEventListener("hashchange", restore);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth !== width) first();
      width = innerWidth;
    });
  }
  load().then(() => {
    texts();
    selects();
    savers();
    headRuns();
    wire();
    restore();
    document.documentElement.dataset.ready = "true";
  });
})();
