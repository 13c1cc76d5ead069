/** The embedded facts, and the block of bytes with losses, maps, points, weights and commands. */
import { $ } from "./dom.js";

/** @type {import("./types.js").Data} */
export const data = JSON.parse($("data").textContent);

/** How many runs the page holds one by one. */
export const count = data.runs.id.length;

/** @type {Uint8Array} */
export let bytes;
/** @type {DataView} */
let view;
/** The command that trains each run again. @type {string[]} */
export let commands;

/** Bytes that the page has deflated and in base 64. @param {string} id */
export async function unpacked(id) {
  const packed = Uint8Array.from(atob($(id).textContent.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Unpacks the bytes and the charts; nothing else may be asked before. */
export async function load() {
  const [block, charts] = await Promise.all(["blob", "packed-charts"].map(unpacked));
  const script = document.createElement("script");
  script.textContent = new TextDecoder().decode(charts);
  document.head.append(script);
  bytes = block;
  view = new DataView(bytes.buffer);
  commands = new TextDecoder().decode(bytes.subarray(data.places.commands)).split("\n");
}

/** @param {number} run */
export const diverged = (run) => data.runs.status[run] === 1;

/**
 * A run's loss at the k-th epoch kept: a 16-bit step between the lowest and the highest logarithm, 65535 for none,
 * 65534 for one that is not finite.
 * @param {number} kind An index into the series that are kept. @param {number} run @param {number} k
 */
export function loss(kind, run, k) {
  const { epochs, low, high } = data.history;
  const step = view.getUint16(2 * ((kind * count + run) * epochs.length + k), true);
  if (step === 65534) return Infinity;
  return step === 65535 ? null : 10 ** (low + (step / 65533) * (high - low));
}

/** A map's byte, from the upper left. @param {number} run @param {number} place */
export const mapped = (run, place) => bytes[data.places.maps + data.runs.map[run] * data.map ** 2 + place];

/** A point of a plane: its place across and up, from 0 to 1, and its target in the maps' measure. @param {number} at */
export function point(at) {
  const from = data.places.points + 5 * at;
  return { x: view.getUint16(from, true) / 65535, y: view.getUint16(from + 2, true) / 65535, target: bytes[from + 4] };
}

/** The weights of a network, layer by layer, each `outputs × (inputs + 1)` with the bias last. @param {number} run */
export function weights(run) {
  const network = data.networks[data.runs.network[run]];
  if (!network) return null;
  let at = data.places.weights + network.at;
  const layers = network.units.slice(1).map((outputs, layer) =>
    Array.from({ length: outputs }, () => {
      const row = Array.from({ length: network.units[layer] + 1 }, () => (view.getInt8(at++) / 127) * network.scale);
      return row;
    }),
  );
  return { units: network.units, scale: network.scale, layers };
}
