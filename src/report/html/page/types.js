/**
 * What Rust embeds in the page, column by column: an index into one column is an index into its neighbours.
 *
 * @typedef {object} Samples Samples in numbers; `null` stands for the worst there is.
 * @property {number[]} n Runs with an outcome.
 * @property {number[]} lost Diverged ones among them.
 * @property {(number | null)[]} low Lower quartiles.
 * @property {(number | null)[]} iqm Interquartile means.
 * @property {(number | null)[]} high Upper quartiles.
 *
 * @typedef {object} Cells Settings of all keys but the seed.
 * @property {Record<string, number[]>} axis Levels by key.
 * @property {number[]} facet
 * @property {number[]} setting
 * @property {Samples} all The metric over all runs.
 * @property {number[]} chosen The best cell of each compared value, by facet and value.
 * @property {([number | null, number | null] | null)[]} interval 95 % intervals of those; none of few runs.
 *
 * @typedef {Samples & { cell: number, judged: boolean, series: number, epochs: number[] }} Curve
 *
 * @typedef {object} Runs
 * @property {string[]} id
 * @property {(number | string)[]} seed
 * @property {number[]} status 1 if it diverged.
 * @property {(number | null)[]} metric
 * @property {(number | null)[]} beside
 * @property {number[]} epochs
 * @property {number[]} cell
 * @property {number[]} judged 1 if it is at the best setting of its compared value.
 * @property {number[]} map Which map is its own, or -1.
 * @property {number[]} plane Which plane that lies on, or -1.
 * @property {number[]} network Which network is its own, or -1.
 *
 * @typedef {object} Plane
 * @property {"regression" | "binary" | "multiclass"} task
 * @property {[number, number]} from
 * @property {[number, number]} to
 * @property {[number, number]} targets
 * @property {string[]} classes
 * @property {number} first
 * @property {number} points
 *
 * @typedef {{ key: string, values: string[], numbers: number[] | null }} Axis
 * @typedef {{ columns: string[], names: number, rows: { values: number[], cells: string[] }[] }} Table
 * @typedef {{ units: number[], at: number, scale: number }} Network
 *
 * @typedef {object} Data
 * @property {string} name
 * @property {string} question
 * @property {string} answer
 * @property {{ kind: "warn" | "info", text: string, edit: string | null }[]} findings
 * @property {{ label: string, short: string, higher: boolean }} metric
 * @property {{ label: string, share: boolean } | null} beside
 * @property {{ key: string, values: string[], colors: string[], dashes: string[] }} compare
 * @property {string[]} tune
 * @property {string[]} facet
 * @property {string[]} facets
 * @property {string[]} settings
 * @property {Axis[]} axes
 * @property {string | null} sensitivity
 * @property {Table} comparison
 * @property {string} note
 * @property {Table} pairs
 * @property {Record<string, string>} fixed
 * @property {{ epochs: number[], low: number, high: number, series: number[] }} history
 * @property {number} map
 * @property {Plane[]} planes
 * @property {Network[]} networks
 * @property {{ maps: number, points: number, weights: number, commands: number }} places
 * @property {{ numbers: string[], probabilities: string[], classes: string[] }} palette
 * @property {Cells} cells
 * @property {{ label: string, higher: boolean }[]} series
 * @property {Curve[]} curves
 * @property {Runs} runs
 * @property {number} trained
 * @property {string[]} files
 * @property {string} provenance
 *
 * @typedef {{ n: number, lost: number, low: number, iqm: number, high: number }} Spread
 */
export {};
