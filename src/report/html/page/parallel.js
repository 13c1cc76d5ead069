/** Parallel coordinates: a line per setting. A brush keeps settings. */
import { chart, color } from "./charts.js";
import { level, overAll, shown } from "./cells.js";
import { data } from "./data.js";
import { $, css } from "./dom.js";
import { openCell } from "./run.js";
import { metricScale, numbers, range } from "./scales.js";
import { choose, chosen, hidden, write } from "./state.js";

const { axes, cells, compare, metric } = data;
const MOST = 1500;
/** Which axes a brush lies on. @type {Set<number>} */
const brushed = new Set();
/** The metric's range as it is drawn. */
let ends = range([]);

/** @param {(cell: number) => number} iqm @param {number | null} lost */
const placed = (iqm, lost) => (/** @type {number} */ cell, /** @type {number} */ dim) => {
  if (dim < axes.length) return level(axes[dim].key, cell);
  return Number.isFinite(iqm(cell)) ? metricScale.to(iqm(cell)) : lost;
};

/** @param {() => void} changed What follows a brush. */
export function drawParallel(changed) {
  if (!axes.length) return;
  brushed.clear();
  const members = shown().filter((cell) => cells.all.n[cell]);
  const iqm = (/** @type {number} */ cell) => overAll(cell)?.iqm ?? NaN;
  const [low, high] = range(members.map((cell) => metricScale.to(iqm(cell))));
  ends = [low, high];
  const gap = 0.1 * (high - low || 1);
  const hasLost = members.some((cell) => !Number.isFinite(iqm(cell)));
  const lost = hasLost ? (metric.higher ? low - gap : high + gap) : null;
  const value = placed(iqm, lost);
  const step = Math.max(1, Math.ceil(members.length / MOST));
  const drawn = members.filter((_, k) => k % step === 0);
  const dims = [...axes.keys(), axes.length];
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
          areaSelectStyle: { width: 16, borderColor: css("--accent"), color: css("--accent"), opacity: 0.25 },
        },
      },
      parallelAxis: dims.map((dim) =>
        dim < axes.length
          ? { dim, name: axes[dim].key, type: "category", data: axes[dim].values }
          : { dim, name: metric.short, ...numbers(metricScale, [low, high], lost, { axisLabel: { color: fg } }) },
      ),
      series: [
        {
          type: "parallel",
          smooth: false,
          inactiveOpacity: 0.04,
          activeOpacity: 0.7,
          data: drawn.map((cell) => ({
            value: dims.map((dim) => value(cell, dim)),
            lineStyle: { color: color(level(compare.key, cell)), width: 1.4, opacity: 0.6 },
          })),
        },
      ],
    },
    true,
  );
  plot.off("click");
  plot.on("click", (/** @type {any} */ { dataIndex }) => openCell(drawn[dataIndex]));
  plot.off("axisareaselected");
  plot.on("axisareaselected", () => {
    for (const dim of dims) keep(dim, plot.getModel().getComponent("parallelAxis", dim).activeIntervals);
    changed();
  });
  const part = step > 1 ? `, ${drawn.length} of ${members.length} are drawn` : "";
  $("parallel-note").textContent =
    `A line a setting, over all its runs and of all cases${part}. Drag along an axis to keep ` +
    `the settings within; the other plots and the table follow. Click the axis to let go.`;
}

/** Keeps what lies within the intervals of an axis; those of the metric condition on the outcome. */
function keep(/** @type {number} */ dim, /** @type {[number, number][]} */ intervals) {
  if (!intervals.length && !brushed.delete(dim)) return;
  if (intervals.length) brushed.add(dim);
  if (dim < axes.length) {
    const outside = (/** @type {number} */ v) => intervals.every(([from, to]) => v < from || v > to);
    const levels = intervals.length ? [...axes[dim].values.keys()].filter(outside) : [];
    hidden(axes[dim].key).clear();
    levels.forEach((v) => hidden(axes[dim].key).add(v));
    write();
  } else {
    // A brush up to the end keeps what lies beyond it too: the diverged.
    const [from, to] = [Math.min(...intervals.flat()), Math.max(...intervals.flat())];
    const limit = (/** @type {number} */ x) => String(metricScale.from(x));
    choose("kept", null);
    choose("from", intervals.length && from > ends[0] ? limit(from) : null);
    choose("to", intervals.length && to < ends[1] ? limit(to) : null);
  }
}

/** What a brush on the metric means. */
export const conditioned = () =>
  chosen("from") || chosen("to")
    ? `Settings kept by their ${metric.short}: this conditions on the outcome; what is left looks better than it is.`
    : "";
