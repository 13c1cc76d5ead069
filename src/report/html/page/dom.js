/** The page's elements. */

/** The element of that id; the page's own HTML has it. @param {string} id @returns {any} */
export const $ = (id) => document.getElementById(id);

/**
 * A new element.
 * @param {string} tag @param {Record<string, unknown>} [props] @param {...(Node | string)} children @returns {any}
 */
export function make(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
}

/**
 * A new element of a drawing.
 * @param {string} tag @param {Record<string, string | number>} [attributes] @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** A style's value as the reader sees it: light, dark or on paper. @param {string} name */
export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * One stop for the Tab key among some elements; arrows go from one to the next. Enter and Space do what a click does.
 * @param {HTMLElement | SVGElement} within @param {string} selector
 */
export function roving(within, selector) {
  /** @type {any[]} */
  const all = [...within.querySelectorAll(selector)];
  all.forEach((node, k) => node.setAttribute("tabindex", k ? "-1" : "0"));
  /** @type {any} */ (within).onkeydown = (/** @type {KeyboardEvent} */ event) => {
    const at = all.indexOf(document.activeElement);
    if (at < 0) return;
    const last = all.length - 1;
    const places = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: last };
    const to = /** @type {Record<string, number>} */ (places)[event.key];
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      all[at].dispatchEvent(new MouseEvent("click", { bubbles: true }));
    } else if (to !== undefined) {
      event.preventDefault();
      const next = Math.min(Math.max(to, 0), last);
      all[at].setAttribute("tabindex", "-1");
      all[next].setAttribute("tabindex", "0");
      all[next].focus();
    }
  };
}

/** A colour's square beside its name. @param {string} color @param {string} [symbol] */
export function swatch(color, symbol = "square") {
  const mark = make("span", { className: `swatch ${symbol}`, ariaHidden: "true" });
  mark.style.background = color;
  return mark;
}
