/** Numbers and names as the page writes them. */

/** @param {unknown} text */
export const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** A number in four significant digits. @param {number | null | undefined} x */
export function number(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  if (Math.abs(x) === Infinity) return x > 0 ? "∞" : "-∞";
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e5)) return `${Number(x.toPrecision(4))}`;
  const [digits, power] = x.toExponential(3).split("e");
  return `${Number(digits)}e${Number(power)}`;
}

/** A number in fewer digits, for marks and squares. @param {number} x @param {number} digits */
export const rough = (x, digits) => number(Number.isFinite(x) ? Number(x.toPrecision(digits)) : x);

/** @param {number | null} x */
export const percent = (x) => (x === null ? "–" : `${(100 * x).toFixed(2)} %`);

/** @param {number} n @param {string} what */
export const counted = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

/** @param {import("./types.js").Spread} said */
export function inWords({ iqm, low, high, n, lost }) {
  return `${number(iqm)} (${number(low)} to ${number(high)}, n = ${n}${lost ? `, ${lost} diverged` : ""})`;
}
