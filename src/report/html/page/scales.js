/**
 * Scales and their marks. ECharts stacks no bands on its logarithmic axis, so a log scale is a linear axis of
 * logarithms with labels of its own.
 */
import { data } from "./data.js";
import { rough } from "./text.js";

/**
 * @typedef {object} Scale
 * @property {(x: number) => number} to
 * @property {(x: number) => number} from
 * @property {(low: number, high: number) => number[]} steps
 */

const TINY = 1e-45;

/** @type {Record<string, Scale>} */
export const SCALES = {
  linear: { to: (x) => x, from: (x) => x, steps: round },
  log: { to: (x) => Math.log10(Math.max(x, TINY)), from: (x) => 10 ** x, steps: decades },
};

/** @param {boolean} logarithmic */
export const scaleOf = (logarithmic) => SCALES[logarithmic ? "log" : "linear"];

/** The scale that suits the metric: losses go by decades. */
export const metricScale = scaleOf(!data.metric.higher);

/** @param {number} low @param {number} high */
function round(low, high) {
  const about = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(about));
  const step = power * ([1, 2, 5, 10].find((k) => k * power >= about) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: 1 + Math.floor(high / step) - first }, (_, k) => (first + k) * step);
}

/** @param {number} low @param {number} high */
function decades(low, high) {
  const parts = high - low > 3 ? [1] : high - low > 1.5 ? [1, 3] : [1, 2, 5];
  const every = Math.ceil((high - low) / 7);
  const found = [];
  for (let e = Math.floor(low); e <= high; e++) {
    if (e % every === 0) found.push(...parts.map((m) => e + Math.log10(m)));
  }
  const inside = found.filter((x) => x >= low && x <= high);
  return inside.length > 1
    ? inside
    : round(10 ** low, 10 ** high)
        .filter((x) => x > 0)
        .map(Math.log10);
}

/** @param {number[]} values @returns {[number, number]} */
export function range(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const x of values) if (Number.isFinite(x)) [low, high] = [Math.min(low, x), Math.max(high, x)];
  return low <= high ? [low, high] : [0, 1];
}

/** The text of a mark. @param {Scale} scale @param {number} x */
export const tick = (scale, x) => rough(scale.from(x), 3);

/**
 * What ECharts is told of an axis of numbers, in the scale's measure; `lost`, if any, is where the diverged stand.
 * @param {Scale} scale @param {[number, number]} ends @param {number | null} lost @param {any} [props]
 */
export function numbers(scale, [low, high], lost, props = {}) {
  const ticks = [...scale.steps(low, high), ...(lost === null ? [] : [lost])];
  const ends = [low, high, lost ?? low];
  const pad = 0.03 * (Math.max(...ends) - Math.min(...ends) || 1);
  const formatter = (/** @type {number} */ x) => (x === lost ? "diverged" : tick(scale, x));
  return {
    type: "value",
    min: Math.min(...ends) - pad,
    max: Math.max(...ends) + pad,
    ...props,
    axisTick: { customValues: ticks },
    axisLabel: { customValues: ticks, formatter, ...props.axisLabel },
  };
}
