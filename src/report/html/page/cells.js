/** Cells: settings of all keys but the seed. Every number but a single run's is of one, computed over all its runs. */
import { data } from "./data.js";
import { chosen, hidden } from "./state.js";

const { cells, runs, metric, axes } = data;
const every = [...cells.facet.keys()];
const places = new Map(cells.chosen.map((cell, k) => [cell, k]));

/** @param {string} key @param {number} cell */
export const level = (key, cell) => cells.axis[key][cell];

/** @param {number} cell */
export const isChosen = (cell) => places.has(cell);

/** @param {number} x */
export const cost = (x) => (metric.higher ? -x : x);

/**
 * The k-th of some samples, or nothing where no run has an outcome.
 * @param {import("./types.js").Samples} samples @param {number | undefined} k @param {boolean} [higher]
 * @returns {import("./types.js").Spread | null}
 */
export function spread(samples, k, higher = metric.higher) {
  if (k === undefined || !samples.n[k]) return null;
  const worst = higher ? -Infinity : Infinity;
  const [low, iqm, high] = [samples.low[k], samples.iqm[k], samples.high[k]].map((x) => x ?? worst);
  return { n: samples.n[k], lost: samples.lost[k], low, iqm, high };
}

/** The metric over all runs of a cell. @param {number} cell */
export const overAll = (cell) => spread(cells.all, cell);

/** The 95 % interval of a chosen cell. @param {number} cell @returns {[number, number] | null} */
export function interval(cell) {
  const ends = cells.interval[/** @type {number} */ (places.get(cell))];
  const worst = metric.higher ? -Infinity : Infinity;
  return ends ? [ends[0] ?? worst, ends[1] ?? worst] : null;
}

const picked = () => every.filter((cell) => axes.every(({ key }) => !hidden(key).has(level(key, cell))));

/** The metric that the best share of the settings picked reaches. @param {number} share */
export function threshold(share) {
  const iqms = picked().flatMap((cell) => overAll(cell)?.iqm ?? []);
  return iqms.sort((a, b) => cost(a) - cost(b))[Math.max(0, Math.ceil(share * iqms.length) - 1)];
}

/** The settings within what is picked and, if they are kept by their metric, among these. */
export function shown() {
  const [from, to] = [chosen("from"), chosen("to")].map((text) => (text === "" ? null : Number(text)));
  if (from === null && to === null) return picked();
  return picked().filter((cell) => {
    const iqm = overAll(cell)?.iqm ?? NaN;
    return iqm >= (from ?? -Infinity) && iqm <= (to ?? Infinity);
  });
}

/** Cells of the case drawn, which an axis may be free to leave: cases are never pooled. @param {number[]} members */
export function ofCase(members, /** @type {string[]} */ ...free) {
  const like = cells.facet.indexOf(Number(chosen("case", "0")));
  const held = data.facet.filter((key) => !free.includes(key));
  return members.filter((cell) => held.every((key) => level(key, cell) === level(key, like)));
}

/** The runs that the page holds of some cells. @param {number[]} members */
export function runsOf(members) {
  const kept = new Set(members);
  return [...runs.cell.keys()].filter((run) => kept.has(runs.cell[run]));
}

/** The run in the middle of a cell. @param {number} cell */
export function typical(cell) {
  const rank = (/** @type {number} */ run) => (runs.metric[run] === null ? Infinity : cost(Number(runs.metric[run])));
  const order = runsOf([cell]).sort((a, b) => rank(a) - rank(b) || a - b);
  return order[Math.floor((order.length - 1) / 2)];
}

/** @template T @param {T[]} members @param {(member: T) => number} of @returns {[number, T[]][]} */
export function group(members, of) {
  /** @type {Map<number, T[]>} */
  const groups = new Map();
  for (const member of members) {
    const own = groups.get(of(member));
    if (own) own.push(member);
    else groups.set(of(member), [member]);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

/**
 * The best of some cells: settings are never pooled.
 * @param {number[]} members @param {(cell: number) => import("./types.js").Spread | null} of
 */
export function best(members, of) {
  let first = null;
  for (const cell of members) {
    const said = of(cell);
    if (said && (!first || cost(said.iqm) < cost(first.iqm))) first = { ...said, cell };
  }
  return first;
}
