/** One run, or two side by side: what it is, how it learned, what it made of the plane, and its weights. */
import { axis, chart, color, drop, frame, SYMBOLS } from "./charts.js";
import { level, typical } from "./cells.js";
import { commands, data, diverged, loss } from "./data.js";
import { $, css, make } from "./dom.js";
import { key, paint, place } from "./plane.js";
import { network } from "./network.js";
import { SCALES, numbers, range } from "./scales.js";
import { choose, chosen } from "./state.js";
import { number, percent } from "./text.js";

const { axes, compare, history, metric, planes, runs, series } = data;

/** @param {number} run */
export const status = (run) => (diverged(run) ? `diverged at epoch ${runs.epochs[run]}` : "done");

/** What a run has beside the metric, in words. @param {number} run */
export const besides = (run) => (data.beside?.share ? percent(runs.beside[run]) : number(runs.beside[run]));

/** @param {number} run */
function facts(run) {
  const own = axes.map((one) => [one.key, one.values[level(one.key, runs.cell[run])]]);
  const beside = data.beside ? { [data.beside.label]: besides(run) } : {};
  return {
    ...data.fixed,
    ...Object.fromEntries(own),
    seed: String(runs.seed[run]),
    status: status(run),
    [metric.label]: number(runs.metric[run]),
    ...beside,
  };
}

/** @param {HTMLElement} box @param {number} run */
function drawHistory(box, run) {
  const to = (/** @type {number | null} */ x) => (x !== null && Number.isFinite(x) ? SCALES.log.to(x) : null);
  const dashes = ["solid", "dotted", "dashed", [8, 3, 2, 3]];
  const tints = [color(level(compare.key, runs.cell[run])), css("--soft"), css("--fg"), css("--bad")];
  const lines = history.series
    .map((kind, k) => ({
      name: series[kind].label,
      type: "line",
      symbol: SYMBOLS[k % SYMBOLS.length],
      symbolSize: 4,
      showSymbol: false,
      connectNulls: true,
      lineStyle: { width: 1.6, type: dashes[k % dashes.length] },
      data: history.epochs.map((epoch, at) => [epoch, to(loss(k, run, at))]),
    }))
    .filter((line) => line.data.some(([, y]) => y !== null));
  const ends = range(lines.flatMap((line) => line.data.map(([, y]) => y ?? NaN)));
  const tell = (/** @type {number | null} */ y) => (y === null ? "–" : number(10 ** y));
  chart(box).setOption(
    {
      ...frame(),
      color: tints,
      tooltip: { ...frame().tooltip, valueFormatter: tell },
      xAxis: axis({ type: "value", name: "epoch", min: 0, max: history.epochs.at(-1) }),
      yAxis: axis({ name: "loss", nameGap: 50, ...numbers(SCALES.log, ends, null) }),
      series: lines,
    },
    true,
  );
}

/** Why a run has no map. @param {number} run */
function mapless(run) {
  if (diverged(run)) return "It diverged: there is no estimate to draw.";
  if (!planes.length) return "The data has not two features: there is no plane to draw.";
  const held = runs.map.filter((map) => map >= 0).length;
  return `The page holds the maps of ${held} runs, those that judge first; this run is not among them.`;
}

/** @param {number} run */
function card(run) {
  const rows = Object.entries(facts(run)).flatMap(([name, value]) => [
    make("dt", { textContent: name }),
    make("dd", { textContent: value }),
  ]);
  const canvas = make("canvas", {
    className: "plane",
    width: 410,
    height: 410,
    role: "img",
    ariaLabel: "The network's estimate over the plane",
  });
  const plane = planes[runs.plane[run]];
  canvas.hidden = !paint(canvas, run);
  const map = plane ? ["The estimate with its training data, ", `${place(plane)}. `, key(plane)] : [mapless(run)];
  const drawn = network(run);
  const weights =
    typeof drawn === "string" ? drawn : "Its weights: the wider the line, the larger; dashed and orange are negative.";
  const box = make("div", { className: "chart small", role: "img", ariaLabel: "Loss history of the run" });
  const isPinned = chosen("pin") === runs.id[run];
  const pin = make("button", {
    type: "button",
    className: "pin",
    textContent: isPinned ? "Let go" : "Keep beside the next",
  });
  pin.ariaPressed = String(isPinned);
  pin.onclick = () => {
    choose("pin", isPinned ? null : runs.id[run]);
    show();
  };
  const command = make("code", { textContent: commands[run] });
  const copy = make("button", {
    type: "button",
    textContent: "Copy",
    onclick: () => navigator.clipboard?.writeText(commands[run]),
  });
  const section = make(
    "section",
    { className: "card" },
    make("div", { className: "head" }, make("h3", { textContent: `Run ${runs.id[run]}` }), pin),
    make("dl", { className: "description" }, ...rows),
    box,
    make("figure", {}, canvas, make("figcaption", {}, ...map)),
    make("figure", {}, ...(typeof drawn === "string" ? [] : [drawn]), make("figcaption", { textContent: weights })),
    make("p", {}, "Train it again: ", command, " ", copy),
  );
  return { section, draw: () => drawHistory(box, run) };
}

/** @param {string} id */
const byId = (id) => runs.id.indexOf(id);

function show() {
  const [pinned, open] = [byId(chosen("pin")), byId(chosen("run"))];
  const both = [...new Set([pinned, open])].filter((run) => run >= 0);
  const cards = both.map(card);
  $("cards").querySelectorAll(".chart").forEach(drop);
  $("cards").replaceChildren(...cards.map(({ section }) => section));
  $("run-title").textContent = both.length === 2 ? "Two runs side by side" : "A run";
  if (!$("run").open) $("run").showModal();
  cards.forEach((one) => one.draw());
}

/** @param {number} run */
export function openRun(run) {
  choose("run", runs.id[run]);
  show();
}

/** Opens the run in the middle of a cell, if the page holds one. @param {number} cell */
export function openCell(cell) {
  const run = typical(cell);
  if (run === undefined) $("told").textContent = "The page holds no run of this setting; runs.csv has all.";
  else openRun(run);
}

/** Opens what the address names. */
export function restoreRun() {
  if (byId(chosen("run")) >= 0) show();
  else if ($("run").open) $("run").close();
}
