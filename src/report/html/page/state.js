/** What the reader has chosen; the page's address holds it after the `#`, so that a link leads to what one sees. */
import { data } from "./data.js";

/** @typedef {{ hidden: Record<string, Set<number>>, chosen: Record<string, string> }} State */

/** @type {State} */
export const state = { hidden: {}, chosen: {} };

/** Levels of each axis that are hidden. @param {string} key */
export const hidden = (key) => (state.hidden[key] ??= new Set());

/** @param {string} name @param {string} [otherwise] */
export const chosen = (name, otherwise = "") => state.chosen[name] ?? otherwise;

/** @param {string} name @param {string | null} value */
export function choose(name, value) {
  if (value === null) delete state.chosen[name];
  else state.chosen[name] = value;
  write();
}

/** Reads the address. */
export function read() {
  state.hidden = {};
  state.chosen = {};
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const axis = name.startsWith("hide.") && data.axes.find(({ key }) => key === name.slice(5));
    if (axis)
      state.hidden[axis.key] = new Set(
        value
          .split(",")
          .map(Number)
          .filter((level) => level < axis.values.length),
      );
    else state.chosen[name] = value;
  }
}

/** Writes the address. */
export function write() {
  const search = new URLSearchParams(state.chosen);
  for (const [key, levels] of Object.entries(state.hidden))
    if (levels.size) search.set(`hide.${key}`, [...levels].join());
  history.replaceState(null, "", `#${search}`);
}
