/** ECharts in the page's look: one chart per place, redrawn as a whole. */
import { data } from "./data.js";
import { $, css } from "./dom.js";

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** Shapes tell the compared values apart where colours do not, in the order of the report's figures. */
export const SYMBOLS = ["circle", "rect", "triangle", "diamond"];

/** @param {number} value */
export const color = (value) => data.compare.colors[value % data.compare.colors.length];

/** @param {number} value */
export const symbol = (value) => SYMBOLS[value % SYMBOLS.length];

/** @type {Map<HTMLElement, any>} */
const charts = new Map();
/** @type {Record<string, boolean>} */
const legend = {};

/** The chart in a place; made when first asked for. @param {HTMLElement} place */
export function chart(place) {
  let found = charts.get(place);
  if (!found) {
    found = /** @type {any} */ (globalThis).echarts.init(place, null, { renderer: "svg" });
    charts.set(place, found);
    // What a legend hides stays hidden, whatever is drawn next.
    found.on("legendselectchanged", (/** @type {any} */ { selected }) => Object.assign(legend, selected));
    new ResizeObserver(() => found.resize()).observe(place);
  }
  return found;
}

/** Lets go of a chart whose place goes away. @param {HTMLElement} place */
export function drop(place) {
  charts.get(place)?.dispose();
  charts.delete(place);
}

/** Makes every chart as large as its place. */
export const fit = () => charts.forEach((one) => one.resize());

/** A chart as SVG with real text. @param {HTMLElement} place @returns {string} */
export const picture = (place) => chart(place).renderToSVGString();

/** What all charts have in common. The page has labels of its own for those who hear it. */
export function frame() {
  const fg = css("--fg");
  const text = { color: fg };
  return {
    animation: false,
    aria: { enabled: false },
    textStyle: { color: fg, fontFamily: FONT },
    grid: { left: 66, right: 18, top: 34, bottom: 42 },
    legend: {
      type: "scroll",
      top: 0,
      selected: legend,
      textStyle: text,
      inactiveColor: css("--line"),
      itemHeight: 9,
      itemWidth: 12,
      pageTextStyle: { color: css("--soft") },
      pageIconColor: fg,
      pageIconInactiveColor: css("--line"),
    },
    tooltip: {
      trigger: "axis",
      confine: true,
      backgroundColor: css("--bg"),
      borderColor: css("--line"),
      textStyle: { color: fg, fontSize: 12 },
    },
  };
}

/** An axis in the page's look. @param {any} props */
export function axis(props) {
  return {
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: css("--soft") },
    axisLine: { show: true, onZero: false, lineStyle: { color: css("--soft") } },
    splitLine: { lineStyle: { color: css("--line"), width: 0.6 } },
    ...props,
    axisLabel: { color: css("--soft"), hideOverlap: true, ...props.axisLabel },
  };
}

/** Says to those who hear the page what a key has brought up. @param {string} text */
export const say = (text) => {
  $("told").textContent = text;
};

/**
 * Arrow keys go from place to place of a chart, as the mouse does, and Enter opens what is there.
 * @param {HTMLElement} place @param {number} places
 * @param {{ show: (at: number) => void, open?: (at: number) => void }} acts
 */
export function byKeys(place, places, { show, open }) {
  let at = -1;
  place.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      at = Math.min(Math.max(at + step, 0), places - 1);
      show(at);
    } else if (event.key === "Enter" && at >= 0 && open) {
      event.preventDefault();
      open(at);
    }
  };
}
