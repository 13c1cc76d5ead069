/** The plots to explore with: learning curves, sensitivity, two axes. Each is drawn from the cells that are shown. */
import { axis as axisLook, byKeys, chart, frame, say } from "./charts.js";
import { best, group, isChosen, level, ofCase, overAll, spread } from "./cells.js";
import { data } from "./data.js";
import { $, css } from "./dom.js";
import { drawLines } from "./lines.js";
import { openCell } from "./run.js";
import { SCALES, metricScale, numbers, range, scaleOf, tick } from "./scales.js";
import { chosen } from "./state.js";
import { counted, escapeHtml, inWords, rough } from "./text.js";

const { axes, cells, compare, metric, tune } = data;
const LOST = "Diverged runs count as worst, a red × is where there are some";

/** What can be an axis of a plot: every key that varies, and the compared values where several keys make them. */
export const views =
  compare.values.length > 1 && !axes.some(({ key }) => key === compare.key)
    ? [{ key: compare.key, values: compare.values, numbers: null }, ...axes]
    : axes;

/** @param {string} name */
const viewOf = (name) => views.find(({ key }) => key === chosen(name));

/** @param {string} id @param {string} text */
function note(id, text) {
  const facet = data.facets.length > 1 ? `${data.facets[Number(chosen("case", "0"))]}: ` : "";
  $(id).textContent = `${facet}${text}.`;
}

const judging = data.settings.length < 2 ? "all seeds" : `each at the ${tune.join(", ")} best for it, all seeds`;

/** @param {number[]} members */
export function drawCurves(members) {
  const setting = chosen("setting");
  const kind = Number(chosen("series", "0"));
  const drawn = new Set(ofCase(members));
  const isOf = (/** @type {import("./types.js").Curve} */ curve) =>
    setting === "" ? curve.judged : !curve.judged && cells.setting[curve.cell] === Number(setting);
  const wanted = data.curves.filter((curve) => curve.series === kind && drawn.has(curve.cell) && isOf(curve));
  const xs = [...new Set(wanted.flatMap(({ epochs }) => epochs))].sort((a, b) => a - b);
  const { higher, label } = data.series[kind] ?? { higher: false, label: "loss" };
  const lines = wanted.map((curve) => {
    const at = new Map(curve.epochs.map((epoch, k) => [epoch, k]));
    const value = level(compare.key, curve.cell);
    const points = xs.map((epoch) => spread(curve, at.get(epoch), higher));
    return { value, name: compare.values[value], points, cells: points.map(() => curve.cell) };
  });
  drawLines($("curves"), lines, xs, {
    across: SCALES.linear,
    label: "epoch",
    horizontal: { type: "value", min: 0, max: xs.at(-1) ?? 1 },
    words: null,
    scaling: scaleOf(chosen("curves-log", "1") === "1"),
    name: label,
    open: openCell,
    marked: (point, before) => point.lost > (before?.lost ?? 0),
  });
  const most = Math.max(0, ...wanted.map(({ n }) => Math.max(...n)));
  const seeds = setting === "" ? judging : "all seeds";
  note("curves-note", `Interquartile mean and quartiles over ${counted(most, "run")} each, ${seeds}. ${LOST}`);
}

/** @param {number[]} members */
export function drawAxis(members) {
  const axis = viewOf("axis");
  if (!axis) return;
  const { key, numbers: levels } = axis;
  const isWide = levels && (key === "learning_rate" || Math.max(...levels) / Math.min(...levels) >= 16);
  const across = scaleOf(Boolean(isWide && levels.every((x) => x > 0)));
  const xs = axis.values.map((_, v) => (levels ? across.to(levels[v]) : v));
  const tuned = tune.includes(key);
  const drawn = ofCase(members, key).filter((cell) => tuned || isChosen(cell));
  const joined = levels && key === compare.key;
  const groups = joined ? [[null, drawn]] : group(drawn, (cell) => level(compare.key, cell));
  const lines = /** @type {[number | null, number[]][]} */ (groups).map(([value, own]) => {
    const at = new Map(group(own, (cell) => level(key, cell)));
    const points = axis.values.map((_, v) => best(at.get(v) ?? [], overAll));
    return {
      value,
      name: value === null ? "all" : compare.values[value],
      points,
      cells: points.map((p) => p?.cell ?? null),
    };
  });
  const ticks = xs.length <= 8 || !levels ? { ...across, steps: () => xs } : across;
  const words = levels ? null : axis.values;
  const named = { axisLabel: { formatter: (/** @type {number} */ v) => words?.[v] ?? "" } };
  drawLines($("axis"), lines, xs, {
    across,
    label: key,
    words,
    horizontal: words ? numbers(ticks, [-0.5, xs.length - 0.5], null, named) : numbers(ticks, range(xs), null),
    scaling: scaleOf(chosen("axis-log", metric.higher ? "" : "1") === "1"),
    name: metric.label,
    open: openCell,
    marked: (point) => point.lost > 0,
  });
  const others = tune.length > 1 ? ", the other tuned settings at their best" : "";
  note("axis-note", `Interquartile mean and quartiles, ${tuned ? `all seeds${others}` : judging}. ${LOST}`);
}

/** @param {number[]} members */
export function drawHeat(members) {
  const [x, y] = [viewOf("heat-x"), viewOf("heat-y")];
  const place = $("heat");
  if (!x || !y || x === y) return chart(place).clear();
  const columns = group(ofCase(members, x.key, y.key), (cell) => level(x.key, cell));
  const squares = columns.flatMap(([i, column]) =>
    group(column, (cell) => level(y.key, cell)).flatMap(([j, own]) => {
      const said = best(own, overAll);
      return said ? [{ i, j, said }] : [];
    }),
  );
  const sorted = squares
    .map(({ said }) => metricScale.to(said.iqm))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const [low, top] = range(sorted);
  // A few losses far above all others would leave the others one colour.
  const most = sorted[Math.floor((sorted.length * 19) / 20) - 1];
  const high = !metric.higher && top > most + 1 && most > low ? most : top;
  const isWide = squares.length <= 120 && place.clientWidth / x.values.length > 48;
  const gone = (/** @type {number} */ iqm) => iqm === Infinity;
  const text = (/** @type {import("./types.js").Spread} */ { iqm, lost }) => {
    if (gone(iqm)) return isWide ? "diverged" : "×";
    return isWide ? `${rough(iqm, 2)}${lost ? " ×" : ""}` : lost ? "×" : "";
  };
  // What is chosen or compared and stands on neither axis.
  const standing = [...x.key.split(", "), ...y.key.split(", "), ...data.facet];
  const rest = axes.filter(({ key }) => !standing.includes(key));
  const tell = (/** @type {typeof squares[0]} */ { i, j, said }) => [
    `${x.key} ${x.values[i]}`,
    `${y.key} ${y.values[j]}`,
    ...rest.map(({ key, values }) => `${key} ${values[level(key, said.cell)]}`),
    inWords(said),
  ];
  const plot = chart(place);
  plot.setOption(
    {
      ...frame(),
      legend: undefined,
      grid: { left: 118, right: 18, top: 12, bottom: 76 },
      tooltip: {
        ...frame().tooltip,
        trigger: "item",
        formatter: (/** @type {any} */ { data: { square } }) => tell(square).map(escapeHtml).join("<br>"),
      },
      xAxis: axisLook({ type: "category", data: x.values, name: x.key, splitLine: { show: false } }),
      yAxis: axisLook({
        type: "category",
        inverse: true,
        data: y.values,
        splitLine: { show: false },
        axisLabel: { width: 106, overflow: "truncate" },
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
        inRange: { color: metric.higher ? [...data.palette.numbers].reverse() : data.palette.numbers },
      },
      series: [
        {
          type: "heatmap",
          itemStyle: { borderColor: css("--card"), borderWidth: 1 },
          label: {
            show: true,
            formatter: (/** @type {any} */ { data: { square } }) => text(square.said),
            fontSize: 10,
            color: "#fff",
            textBorderColor: "#0009",
            textBorderWidth: 2,
          },
          data: squares.map((square) => ({
            value: [square.i, square.j, gone(square.said.iqm) ? high : metricScale.to(square.said.iqm)],
            square,
            ...(gone(square.said.iqm) ? { visualMap: false, itemStyle: { color: "#8a8f94" } } : {}),
          })),
        },
      ],
    },
    true,
  );
  plot.off("click");
  plot.on("click", (/** @type {any} */ { data: { square } }) => openCell(square.said.cell));
  byKeys(place, squares.length, {
    show: (at) => {
      plot.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: at });
      say(tell(squares[at]).join("; "));
    },
    open: (at) => openCell(squares[at].said.cell),
  });
  const others = rest.length ? ", all else at its best" : "";
  note(
    "heat-note",
    `Interquartile mean of all seeds${others}. Diverged runs count as worst, × where there are some. Blank: not run`,
  );
}
