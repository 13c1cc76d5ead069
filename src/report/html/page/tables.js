/** Tables: the comparison as it is written, and the runs to sort and open. */
import { color, symbol } from "./charts.js";
import { level } from "./cells.js";
import { count, data, diverged } from "./data.js";
import { $, make, roving, swatch } from "./dom.js";
import { besides, openRun, status } from "./run.js";
import { choose, chosen } from "./state.js";
import { number } from "./text.js";

const { axes, metric, runs } = data;
const PAGE = 500;
const PRINTED = 30;

/** @param {string} id @param {import("./types.js").Table} table */
export function fillTable(id, { columns, names, rows }) {
  const side = (/** @type {number} */ k) => (k < names ? "" : "num");
  const tall = rows.length > 24;
  $(id).parentElement.classList.toggle("tall", tall);
  const heads = columns.map((name, k) => make("th", { className: side(k), scope: "col", textContent: name }));
  const body = rows.map(({ values, cells }) =>
    make(
      "tr",
      {},
      ...cells.map((cell, k) => {
        const value = k < names ? values[k - names + values.length] : undefined;
        const marks = value === undefined ? [] : [swatch(color(value), symbol(value))];
        return make("td", { className: side(k) }, ...marks, cell);
      }),
    ),
  );
  $(id).replaceChildren(make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body));
}

/**
 * @typedef {{ key: string, name: string, numeric: boolean, of: (run: number) => any, text: (run: number) => string }}
 *   Column
 */

/** @type {Column[]} */
export const columns = [
  ...axes.map(({ key, numbers, values }) => ({
    key,
    name: key,
    numeric: numbers !== null,
    of: (/** @type {number} */ run) => level(key, runs.cell[run]),
    text: (/** @type {number} */ run) => values[level(key, runs.cell[run])],
  })),
  { key: "seed", name: "seed", numeric: true, of: (run) => runs.seed[run], text: (run) => String(runs.seed[run]) },
  {
    key: "metric",
    name: metric.label,
    numeric: true,
    of: (run) => runs.metric[run] ?? (metric.higher ? -Infinity : Infinity),
    text: (run) => (diverged(run) ? status(run) : number(runs.metric[run])),
  },
  ...(data.beside
    ? [
        {
          key: "beside",
          name: data.beside.label,
          numeric: true,
          of: (/** @type {number} */ run) => runs.beside[run] ?? -Infinity,
          text: besides,
        },
      ]
    : []),
  { key: "id", name: "run", numeric: false, of: (run) => runs.id[run], text: (run) => runs.id[run] },
];

let rows = PAGE;
/** @type {number[]} */
let members = [];

/** The column that rows are sorted by, and whether upwards. */
function sorting() {
  const [key, way] = chosen("sort", `metric,${metric.higher ? "down" : "up"}`).split(",");
  return { column: columns.find((one) => one.key === key) ?? columns[0], isUp: way !== "down" };
}

/** The heads with a button each. */
export function headRuns() {
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
    make("tbody"),
  );
  $("more").onclick = () => {
    rows += PAGE;
    drawRuns(members);
  };
}

/** The runs in the order of the table. @param {number[]} of */
export function ordered(of) {
  const { column, isUp } = sorting();
  const sign = isUp ? 1 : -1;
  const keyed = of.map((run) => ({ run, key: column.of(run) }));
  return keyed.sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : a.run - b.run)).map(({ run }) => run);
}

/** @param {number[]} of */
export function drawRuns(of) {
  members = of;
  const { column: by, isUp } = sorting();
  const order = ordered(members);
  [...$("runs").tHead.rows[0].cells].forEach((head, k) => {
    const isSorted = columns[k] === by;
    head.firstChild.textContent = columns[k].name + (isSorted ? (isUp ? " ▲" : " ▼") : "");
    head.ariaSort = isSorted ? (isUp ? "ascending" : "descending") : "none";
  });
  const body = order.slice(0, rows).map((run) => {
    const cells = columns.map((column) => {
      const bad = column.key === "metric" && diverged(run) ? "bad" : "";
      return make("td", { className: `${column.numeric ? "num" : ""} ${bad}`, textContent: column.text(run) });
    });
    return make("tr", { onclick: () => openRun(run) }, ...cells);
  });
  $("runs").tBodies[0].replaceChildren(...body);
  roving($("runs").tBodies[0], "tr");
  $("more").hidden = order.length <= rows;
  const part = (/** @type {number} */ most) =>
    order.length > most ? `The first ${most} of ${order.length} runs. ` : "";
  const kept =
    count < data.trained
      ? `${count} of ${data.trained} runs are in this page, the best among them; runs.csv has all. `
      : "";
  $("runs-note").textContent = `${part(rows)}${kept}Select a run to see how it learned.`;
  $("runs-printed").textContent = part(PRINTED) + kept;
}
