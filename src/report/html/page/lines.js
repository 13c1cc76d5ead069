/** Lines of samples: interquartile means with a band between the quartiles, or a stroke where the axis is of words. */
import { axis, byKeys, chart, color, frame, say, symbol } from "./charts.js";
import { data } from "./data.js";
import { css } from "./dom.js";
import { numbers, range, tick } from "./scales.js";
import { escapeHtml, inWords } from "./text.js";

/**
 * @typedef {import("./types.js").Spread} Spread
 * @typedef {{ value: number | null, name: string, points: (Spread | null)[], cells: (number | null)[] }} Line
 *
 * @typedef {object} Look
 * @property {import("./scales.js").Scale} across The scale of the places.
 * @property {string} label What the places are of.
 * @property {any} horizontal The axis of the places.
 * @property {string[] | null} words The places' names, if they are no numbers.
 * @property {import("./scales.js").Scale} scaling The scale of the samples.
 * @property {string} name What the samples are of.
 * @property {(point: Spread, before: Spread | null) => boolean} marked Where a cross says that runs diverged.
 * @property {(cell: number) => void} open What a click on a sample opens.
 */

/** @param {HTMLElement} place @param {Line[]} lines @param {number[]} xs @param {Look} look */
export function drawLines(place, lines, xs, look) {
  const { across, label, horizontal, words, scaling, name, marked, open } = look;
  const said = lines.flatMap(({ points }) => points.filter((point) => point !== null));
  const [low, high] = range(said.flatMap((point) => [point.low, point.iqm, point.high]).map(scaling.to));
  const lost = said.some((point) => point.high === Infinity) ? high + 0.12 * (high - low || 1) : null;
  const at = (/** @type {number} */ x) => (x === Infinity ? lost : scaling.to(x));
  const crowded = words && xs.some((_, k) => lines.filter(({ points }) => points[k]).length > 1);
  /** @type {any[]} */
  const crosses = [];
  const series = lines.flatMap((line, turn) => {
    const tint = line.value === null ? css("--soft") : color(line.value);
    const aside = crowded ? (turn - (lines.length - 1) / 2) * Math.min(0.7 / lines.length, 0.16) : 0;
    const known = line.points.flatMap((point, k) =>
      point ? [{ x: xs[k] + aside, point, before: line.points[k - 1], cell: line.cells[k] }] : [],
    );
    for (const { x, point, before, cell } of known) {
      const text = `${line.name}: ${point.lost} of ${point.n} diverged`;
      if (marked(point, before)) crosses.push({ value: [x, at(point.iqm)], text, cell });
    }
    const stroke = { color: tint, width: 2, type: data.compare.dashes[line.value ?? 0], cap: "round", join: "round" };
    const part = (/** @type {string} */ id, /** @type {any} */ extra) => ({
      type: "line",
      name: line.name,
      id: `${line.name}/${id}`,
      showSymbol: false,
      itemStyle: { color: tint },
      lineStyle: stroke,
      ...extra,
    });
    const place = (/** @type {(point: Spread) => unknown} */ of) =>
      known.map(({ x, point, cell }) => ({ value: [x, of(point)], point, cell }));
    const mean = part("iqm", {
      data: place((point) => (point.iqm === Infinity ? "-" : scaling.to(point.iqm))),
      z: 3,
      showSymbol: known.length < 30,
      symbol: symbol(line.value ?? 0),
      symbolSize: words ? 9 : 6,
      ...(words && { lineStyle: { opacity: 0 } }),
    });
    if (words) {
      const strokes = known.flatMap(({ x, point }) => [
        [x, at(point.low)],
        [x, at(point.high)],
        [x, "-"],
      ]);
      return [part("stroke", { silent: true, data: strokes }), mean];
    }
    const band = {
      stack: `${line.name}/band`,
      stackStrategy: "all",
      silent: true,
      lineStyle: { opacity: 0 },
      emphasis: { disabled: true },
      z: 1,
    };
    const height = (/** @type {Spread} */ point) => Number(at(point.high)) - Number(at(point.low));
    return [
      part("low", { ...band, data: place((point) => at(point.low)) }),
      part("band", { ...band, data: place(height), areaStyle: { color: tint, opacity: 0.17, origin: "auto" } }),
      mean,
    ];
  });
  const cross = {
    type: "scatter",
    symbol: "path://M0,0L8,8M8,0L0,8",
    symbolSize: 9,
    z: 5,
    data: crosses,
    itemStyle: { color: "none", borderColor: css("--bad"), borderWidth: 2 },
    tooltip: { trigger: "item", formatter: (/** @type {any} */ { data: mark }) => escapeHtml(mark.text) },
  };
  const where = (/** @type {number} */ x) => `${label} ${words ? words[Math.round(x)] : tick(across, x)}`;
  const told = (/** @type {any[]} */ items) => {
    const means = items.filter((item) => item.seriesId?.endsWith("/iqm"));
    const rows = means.map(
      (item) => `${item.marker}${escapeHtml(item.seriesName)} ${escapeHtml(inWords(item.data.point))}`,
    );
    return [escapeHtml(where(items[0]?.axisValue ?? 0)), ...rows].join("<br>");
  };
  const plot = chart(place);
  plot.setOption(
    {
      ...frame(),
      tooltip: { ...frame().tooltip, formatter: told },
      legend: { ...frame().legend, data: lines.map(({ name, value }) => ({ name, icon: symbol(value ?? 0) })) },
      xAxis: axis({ name: label, ...horizontal }),
      yAxis: axis({ name, nameGap: 50, ...numbers(scaling, [low, high], lost) }),
      series: [...series, cross],
    },
    true,
  );
  plot.off("click");
  plot.on("click", (/** @type {any} */ { data: mark }) => {
    if (mark?.cell !== undefined) open(mark.cell);
  });
  const bestAt = (/** @type {number} */ k) => {
    const there = lines.filter(({ points }) => points[k]);
    return there.sort((a, b) => Number(a.points[k]?.iqm) - Number(b.points[k]?.iqm))[0]?.cells[k];
  };
  byKeys(place, xs.length, {
    show: (k) => {
      plot.dispatchAction({ type: "showTip", x: plot.convertToPixel({ xAxisIndex: 0 }, xs[k]), y: 60 });
      const there = lines.flatMap((line) => {
        const point = line.points[k];
        return point ? [`${line.name} ${inWords(point)}`] : [];
      });
      say([where(xs[k]), ...there].join("; "));
    },
    open: (k) => {
      const cell = bestAt(k);
      if (cell !== undefined && cell !== null) open(cell);
    },
  });
}
