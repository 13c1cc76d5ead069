/** Files that the page makes itself: what is selected as CSV, figures as SVG and PNG. */
import { picture } from "./charts.js";
import { level, overAll } from "./cells.js";
import { data, diverged } from "./data.js";
import { css, make } from "./dom.js";

const { axes, metric, runs } = data;

/** @param {string} name @param {Blob} blob */
function save(name, blob) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A field as RFC 4180 has it. @param {unknown} field */
const quoted = (field) => (/[",\n]/.test(String(field)) ? `"${String(field).replace(/"/g, '""')}"` : String(field));

/** @param {unknown[][]} rows */
const csv = (rows) => rows.map((row) => `${row.map(quoted).join()}\n`).join("");

/** @param {number[]} of */
export function runsAsCsv(of) {
  const heads = ["id", ...axes.map(({ key }) => key), "seed", "status", metric.short.replace(/ /g, "_")];
  const rows = of.map((run) => [
    runs.id[run],
    ...axes.map(({ key, values }) => values[level(key, runs.cell[run])]),
    runs.seed[run],
    diverged(run) ? "diverged" : "done",
    runs.metric[run] ?? "",
  ]);
  return csv([heads, ...rows]);
}

/** @param {number[]} of */
export function settingsAsCsv(of) {
  const heads = [...axes.map(({ key }) => key), "n", "diverged", "low_quartile", "iqm", "high_quartile"];
  const rows = of.flatMap((cell) => {
    const said = overAll(cell);
    const levels = axes.map(({ key, values }) => values[level(key, cell)]);
    return said ? [[...levels, said.n, said.lost, said.low, said.iqm, said.high]] : [];
  });
  return csv([heads, ...rows]);
}

/** @param {string} name @param {string} text */
export const saveText = (name, text) => save(name, new Blob([text], { type: "text/csv" }));

/** The drawing in a place as text. @param {HTMLElement} place */
export function svgOf(place) {
  const svg = place.querySelector("svg");
  if (!place.classList.contains("chart") && svg) return new XMLSerializer().serializeToString(svg);
  return picture(place);
}

/** @param {string} name @param {HTMLElement} place */
export const saveSvg = (name, place) => save(`${name}.svg`, new Blob([svgOf(place)], { type: "image/svg+xml" }));

/** A drawing as PNG, twice as large as on the screen. @param {string} name @param {HTMLElement} place */
export async function savePng(name, place) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgOf(place))}`;
  await image.decode();
  const canvas = new OffscreenCanvas(2 * image.width, 2 * image.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = css("--bg");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  save(`${name}.png`, await canvas.convertToBlob());
}
