/** The answer in one picture: each compared value as a dot with its interval, best first. */
import { SYMBOLS, color } from "./charts.js";
import { cost, interval, level, ofCase, overAll } from "./cells.js";
import { data } from "./data.js";
import { $, css, draw, roving } from "./dom.js";
import { openCell } from "./run.js";
import { metricScale, range, tick } from "./scales.js";
import { counted, number } from "./text.js";

const { cells, compare, metric } = data;
const MOST = 16;
const ROW = 38;

/** The cells that the values of the case are judged at, best first; of a single value those of all cases. */
export function ranked() {
  const every = cells.chosen;
  const of = compare.values.length > 1 ? ofCase(every) : every;
  const scored = of.flatMap((cell) => (overAll(cell) ? [{ cell, at: cost(overAll(cell)?.iqm ?? NaN) }] : []));
  return scored.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.cell - b.cell)).map(({ cell }) => cell);
}

/** What a row is called, and the setting that was chosen for it. @param {number} cell */
export function called(cell) {
  const name = compare.values.length > 1 ? compare.values[level(compare.key, cell)] : data.facets[cells.facet[cell]];
  const tuned = data.tune.map((key) => {
    const axis = data.axes.find((one) => one.key === key);
    return axis ? `${key} ${axis.values[level(key, cell)]}` : "";
  });
  return { name: name || "all runs", setting: data.settings.length > 1 ? tuned.filter(Boolean).join(", ") : "" };
}

/** A mark in the shape of a value. @param {number} value @param {number} x @param {number} y */
function mark(value, x, y) {
  const fill = color(value);
  const r = 6;
  switch (SYMBOLS[value % SYMBOLS.length]) {
    case "circle":
      return draw("circle", { cx: x, cy: y, r, fill });
    case "rect":
      return draw("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, fill });
    case "triangle":
      return draw("path", { d: `M${x},${y - r - 1}l${r + 1},${2 * r}h${-2 * r - 2}z`, fill });
    default:
      return draw("path", { d: `M${x},${y - r - 2}l${r + 2},${r + 2}l${-r - 2},${r + 2}l${-r - 2},${-r - 2}z`, fill });
  }
}

export function drawDots() {
  const all = ranked();
  const rows = all.slice(0, MOST);
  const place = $("dots");
  const width = Math.max(place.clientWidth, 280);
  const isNarrow = width < 520;
  const [left, right] = isNarrow ? [12, 12] : [Math.min(0.34 * width, 230), 92];
  const height = rows.length * ROW + 40;
  const scale = metricScale;
  const told = rows.map((cell) => ({ cell, said: overAll(cell), ends: interval(cell) }));
  const [low, high] = range(told.flatMap(({ said, ends }) => [said?.iqm ?? NaN, ...(ends ?? [])]).map(scale.to));
  const pad = 0.04 * (high - low) || 0.5;
  const lost = told.some(({ said, ends }) => [said?.iqm, ends?.[1]].includes(Infinity));
  const span = width - left - right - (lost ? 50 : 0);
  const at = (/** @type {number} */ x) => {
    const t = (scale.to(x) - low + pad) / (high - low + 2 * pad);
    return left + (Math.abs(x) === Infinity ? span + 40 : Math.min(Math.max(t, 0), 1) * span);
  };
  const [ink, soft, line] = ["--fg", "--soft", "--line"].map(css);
  const bottom = rows.length * ROW + 6;
  const title = `${metric.label} of ${compare.values.length > 1 ? `each ${compare.key}` : "the runs"}, best first`;
  const svg = draw("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "group",
    "aria-label": title,
    "font-family": "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
    "font-size": 13,
  });
  for (const x of [...scale.steps(low, high).map((step) => at(scale.from(step))), ...(lost ? [at(Infinity)] : [])]) {
    svg.append(draw("line", { x1: x, x2: x, y1: 4, y2: bottom, stroke: line }));
  }
  for (const step of scale.steps(low, high)) {
    const x = at(scale.from(step));
    svg.append(
      draw("text", { x, y: bottom + 15, fill: soft, "text-anchor": "middle", "font-size": 12 }, tick(scale, step)),
    );
  }
  if (lost)
    svg.append(draw("text", { x: at(Infinity), y: bottom + 15, fill: soft, "text-anchor": "middle" }, "diverged"));
  told.forEach(({ cell, said, ends }, k) => {
    if (!said) return;
    const y = k * ROW + (isNarrow ? 28 : 20);
    const value = level(compare.key, cell);
    const { name, setting } = called(cell);
    const spanText = ends ? `, 95 % interval ${number(ends[0])} to ${number(ends[1])}` : "";
    const lostText = said.lost ? `, ${said.lost} diverged` : "";
    const title = setting ? `${name}, ${setting}` : name;
    const words = `${title}: ${number(said.iqm)}${spanText}, ${counted(said.n, "run")}${lostText}`;
    const row = draw("g", { class: "row", role: "button", "aria-label": words });
    row.append(draw("rect", { x: 0, y: y - 18, width, height: ROW - 2, fill: "transparent" }));
    const [x1, x2] = (ends ?? [said.iqm, said.iqm]).map(at);
    const stroke = { stroke: color(value), "stroke-width": 3, "stroke-linecap": "round" };
    row.append(draw("line", { x1, x2, y1: y, y2: y, ...stroke }));
    row.append(mark(value, at(said.iqm), y));
    row.onclick = () => openCell(cell);
    svg.append(row);
    // What is written stands beside the button, which has it all in its name.
    const write = (/** @type {string} */ text, /** @type {Record<string, string | number>} */ look) =>
      svg.append(draw("text", { fill: ink, "pointer-events": "none", "aria-hidden": "true", ...look }, text));
    const below = isNarrow ? y - 10 : y + 4;
    const end = { "text-anchor": "end" };
    write(number(said.iqm), { x: width - 4, y: below, ...end });
    if (isNarrow) {
      write(name, { class: "name", x: 4, y: below, "font-weight": 600 });
    } else {
      write(name, { class: "name", x: left - 14, y: setting ? y - 3 : below, "font-weight": 600, ...end });
      write(setting, { x: left - 14, y: y + 11, fill: soft, "font-size": 11, ...end });
    }
  });
  place.replaceChildren(svg);
  roving(place, ".row");
  const some = rows.length < all.length ? `The best ${rows.length} of ${all.length}. ` : "";
  const where = data.settings.length < 2 ? "" : ", at the setting that is best for it";
  const which = metric.higher ? "right" : "left";
  $("dots-note").textContent =
    `${some}Interquartile mean${where}; the line is its 95 % interval. Further ${which} is better.`;
}
