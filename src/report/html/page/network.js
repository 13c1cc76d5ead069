/** A trained network as a drawing: circles are units, lines weights, as wide as they are large. */
import { weights } from "./data.js";
import { css, draw } from "./dom.js";

const [WIDTH, HEIGHT] = [410, 260];
const MOST = 400;
const [UP, DOWN] = ["#0072b2", "#d55e00"];

/** The drawing of a run's network, or why there is none. @param {number} run @returns {SVGElement | string} */
export function network(run) {
  const trained = weights(run);
  if (!trained) return "The page does not hold the weights of this run.";
  const { units, layers, scale } = trained;
  const lines = layers.reduce((sum, rows) => sum + rows.length * (rows[0].length - 1), 0);
  if (lines > MOST) return `The network ${units.join("-")} has ${lines} weights, too many to draw one by one.`;
  const at = (/** @type {number} */ layer, /** @type {number} */ unit) => [
    30 + (layer * (WIDTH - 60)) / (units.length - 1),
    (HEIGHT * (unit + 0.5)) / units[layer],
  ];
  const label = `Network ${units.join("-")}; the largest weight is ${Number(scale.toPrecision(3))}`;
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: "100%", role: "img", "aria-label": label });
  layers.forEach((rows, layer) =>
    rows.forEach((row, unit) =>
      row.slice(0, -1).forEach((weight, input) => {
        const [[x1, y1], [x2, y2]] = [at(layer, input), at(layer + 1, unit)];
        const share = Math.abs(weight) / (scale || 1);
        const stroke = {
          stroke: weight < 0 ? DOWN : UP,
          "stroke-width": 0.3 + 5 * share,
          "stroke-opacity": 0.35 + 0.6 * share,
        };
        const line = draw("line", { x1, y1, x2, y2, ...stroke }, draw("title", {}, weight.toPrecision(3)));
        if (weight < 0) line.setAttribute("stroke-dasharray", "6 3");
        svg.append(line);
      }),
    ),
  );
  units.forEach((width, layer) => {
    for (let unit = 0; unit < width; unit++) {
      const [cx, cy] = at(layer, unit);
      svg.append(
        draw("circle", { cx, cy, r: Math.min(9, (0.4 * HEIGHT) / width), fill: css("--bg"), stroke: css("--fg") }),
      );
    }
  });
  return svg;
}
