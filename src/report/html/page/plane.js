/** Planes: what a network makes of two features, painted, with the data on top. */
import { data, mapped, point } from "./data.js";
import { make, swatch } from "./dom.js";
import { rough } from "./text.js";

const { palette, planes, runs } = data;

/** @param {string} hex */
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const ramps = { regression: palette.numbers.map(rgb), binary: palette.probabilities.map(rgb) };
const classes = palette.classes.map(rgb);

/** @param {number[]} a @param {number[]} b @param {number} share */
const mix = (a, b, share) => a.map((c, k) => c + (b[k] - c) * share);

/** @param {number[][]} stops @param {number} t */
function along(stops, t) {
  const at = t * (stops.length - 1);
  const k = Math.min(Math.floor(at), stops.length - 2);
  return mix(stops[k], stops[k + 1], at - k);
}

/** @param {import("./types.js").Plane["task"]} task @param {number} byte */
function field(task, byte) {
  if (task === "multiclass") return mix([255, 255, 255], classes[byte % classes.length], 0.4);
  return along(ramps[task], byte / 255);
}

/** @param {import("./types.js").Plane["task"]} task @param {number} byte */
function dot(task, byte) {
  if (task === "regression") return along(ramps.regression, byte / 255);
  return classes[task === "binary" ? byte >> 7 : byte % classes.length];
}

/** Shapes tell classes apart where colours do not. @param {CanvasRenderingContext2D} to @param {number} kind */
function outline(to, kind, /** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ r) {
  to.beginPath();
  if (kind % 3 === 0) to.arc(x, y, r, 0, 7);
  else if (kind % 3 === 1) to.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r);
  else
    [0, 1, 2].forEach((k) =>
      to.lineTo(x + 1.3 * r * Math.sin((k * 2 * Math.PI) / 3), y - 1.3 * r * Math.cos((k * 2 * Math.PI) / 3)),
    );
  to.closePath();
}

/**
 * Paints a run's map; whether it has one. A small one has fewer and larger points.
 * @param {HTMLCanvasElement} canvas @param {number} run @param {boolean} [isSmall]
 */
export function paint(canvas, run, isSmall = false) {
  const plane = planes[runs.plane[run]];
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

/** What the colours of a plane mean. @param {import("./types.js").Plane} plane */
export function key(plane) {
  const hex = (/** @type {number[]} */ c) => `rgb(${c.map(Math.round)})`;
  if (plane.task === "regression") {
    const ends = plane.targets.map((x) => rough(x, 3));
    const bar = make("span", { className: "ramp", ariaHidden: "true" });
    bar.style.background = `linear-gradient(90deg, ${palette.numbers.join()})`;
    return make("span", { className: "key" }, `${ends[0]} `, bar, ` ${ends[1]}`);
  }
  const names = plane.classes.map((name, k) =>
    make("span", {}, swatch(hex(classes[k % classes.length]), ["dot", "square", "triangle"][k % 3]), name),
  );
  return make("span", { className: "key" }, ...names);
}

/** Where a plane lies, in words. @param {import("./types.js").Plane} plane */
export function place(plane) {
  const span = (/** @type {number} */ k) => `${rough(plane.from[k], 3)} to ${rough(plane.to[k], 3)}`;
  return `x₁ from ${span(0)} across, x₂ from ${span(1)} up`;
}
