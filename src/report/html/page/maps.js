/** Decision maps beside the answer: a map for each compared value. */
import { color, symbol } from "./charts.js";
import { level } from "./cells.js";
import { data } from "./data.js";
import { $, make, swatch } from "./dom.js";
import { called, ranked } from "./dots.js";
import { key, paint } from "./plane.js";
import { openRun } from "./run.js";
import { number } from "./text.js";

const { compare, planes, runs } = data;
const MOST = 8;

/** A map for each compared value, all of one seed. */
export function drawMaps() {
  const rows = (compare.values.length > 1 ? ranked() : ranked().slice(0, 1)).slice(0, MOST);
  const isOf = (/** @type {number} */ cell) =>
    [...runs.cell.keys()].filter((run) => runs.cell[run] === cell && runs.judged[run] === 1);
  const own = rows.map((cell) => ({ cell, runs: isOf(cell) }));
  const seeds = new Map();
  own.forEach((row) =>
    row.runs.forEach((run) => {
      if (runs.map[run] >= 0) seeds.set(runs.seed[run], (seeds.get(runs.seed[run]) ?? 0) + 1);
    }),
  );
  const [seed] = [...seeds].sort(([a, m], [b, n]) => n - m || Number(a) - Number(b))[0] ?? [];
  const place = $("maps");
  place.hidden = seed === undefined;
  $("maps-note").hidden = place.hidden;
  if (seed === undefined) return;
  /** @type {import("./types.js").Plane | null} */
  let plane = null;
  place.replaceChildren(
    ...own.map(({ cell, runs: members }) => {
      const run = members.find((one) => runs.seed[one] === seed);
      const value = level(compare.key, cell);
      const { name } = called(cell);
      const title = make("span", { className: "name" }, swatch(color(value), symbol(value)), name);
      if (run === undefined || runs.map[run] < 0)
        return make("div", { className: "map" }, make("span", { className: "none" }, "diverged"), title);
      const canvas = make("canvas", { width: 330, height: 330, ariaHidden: "true" });
      paint(canvas, run, true);
      plane = planes[runs.plane[run]];
      const button = make("button", { type: "button", className: "map", onclick: () => openRun(run) }, canvas, title);
      button.ariaLabel = `${name}: open its run of seed ${seed}, ${data.metric.label} ${number(runs.metric[run])}`;
      return button;
    }),
  );
  const shown = /** @type {any} */ (plane);
  $("maps-note").replaceChildren(
    `What each network learned, seed ${seed}, with its training data. `,
    ...(shown ? [key(shown)] : []),
  );
}
