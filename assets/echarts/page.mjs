// Bundles the report page's modules into src/report/html/page.js: `npm ci && npm run page`. The first line says of which
// sources it was made, and a test holds that they are today's.
import { readFileSync, readdirSync } from "node:fs";
import { crc32 } from "node:zlib";
import { build } from "esbuild";

const folder = new URL("../../src/report/html/", import.meta.url);
const sources = readdirSync(new URL("page/", folder)).sort();
const text = sources.map((name) => readFileSync(new URL(`page/${name}`, folder))).reduce((all, one) => Buffer.concat([all, one]));

await build({
  entryPoints: [new URL("page/main.js", folder).pathname],
  outfile: new URL("page.js", folder).pathname,
  bundle: true,
  format: "iife",
  charset: "utf8",
  legalComments: "none",
  banner: { js: `// Bundled from page/ by assets/echarts/page.mjs; sources ${crc32(text)}.` },
});
