/** The report page: reads the embedded data, filters settings, and draws them. No network, no storage. */
import { color, fit, symbol } from "./charts.js";
import { runsOf, shown, threshold } from "./cells.js";
import { data, load, unpacked } from "./data.js";
import { $, make, swatch } from "./dom.js";
import { drawDots } from "./dots.js";
import { drawMaps } from "./maps.js";
import { conditioned, drawParallel } from "./parallel.js";
import { restoreRun } from "./run.js";
import { runsAsCsv, savePng, saveSvg, saveText, settingsAsCsv } from "./save.js";
import { choose, chosen, hidden, read, state, write } from "./state.js";
import { drawRuns, fillTable, headRuns, ordered } from "./tables.js";
import { drawAxis, drawCurves, drawHeat, views } from "./views.js";

const { axes, cells, compare, facets, metric } = data;

function drawChips() {
  $("chips").replaceChildren(
    ...axes.map((axis) => {
      const chips = axis.values.map((label, v) => {
        const marks = axis.key === compare.key ? [swatch(color(v), symbol(v))] : [];
        const chip = make("button", { type: "button", className: "chip" }, ...marks, label);
        chip.ariaPressed = String(!hidden(axis.key).has(v));
        chip.onclick = () => {
          if (!hidden(axis.key).delete(v)) hidden(axis.key).add(v);
          chip.ariaPressed = String(!hidden(axis.key).has(v));
          write();
          explore();
          drawParallel(brushed);
        };
        return chip;
      });
      return make(
        "div",
        { className: "axis-row", role: "group", ariaLabel: axis.key },
        make("b", { textContent: axis.key }),
        ...chips,
      );
    }),
  );
}

/** Draws what follows the settings picked. */
function explore() {
  const members = shown();
  const sum = members.reduce((all, cell) => all + cells.all.n[cell], 0);
  $("shown").textContent = `${sum} of ${data.trained}`;
  $("conditioned").textContent = conditioned();
  $("kept").value = chosen("kept");
  drawCurves(members);
  drawAxis(members);
  drawHeat(members);
  drawRuns(runsOf(members));
}

function brushed() {
  drawChips();
  explore();
}

function first() {
  drawDots();
  drawMaps();
}

function all() {
  first();
  drawChips();
  explore();
  drawParallel(brushed);
}

/** @param {string} id @param {string[]} texts @param {(k: number) => string} value */
function fill(id, texts, value) {
  $(id).replaceChildren(...texts.map((textContent, k) => make("option", { value: value(k), textContent })));
}

/** A select or a box that stands for a choice. @param {string} id @param {string} name @param {() => void} act */
function bind(id, name, act) {
  const node = $(id);
  if (node.type === "checkbox") node.checked = chosen(name) === "1";
  else node.value = chosen(name, node.value);
  node.onchange = () => {
    choose(name, node.type === "checkbox" ? (node.checked ? "1" : "") : node.value);
    act();
  };
}

/** Sets what the address leaves open. */
function settle() {
  const usual = data.sensitivity ?? axes[0]?.key;
  const keys = [compare.key, ...axes.map(({ key }) => key)];
  const other = keys.find((key) => key !== usual && views.some((axis) => axis.key === key));
  const defaults = {
    axis: usual,
    "heat-x": usual,
    "heat-y": other,
    "curves-log": "1",
    "axis-log": metric.higher ? "" : "1",
  };
  for (const [name, value] of Object.entries(defaults)) state.chosen[name] ??= value ?? "";
  if (!(Number(chosen("case", "0")) < facets.length)) delete state.chosen.case;
  bind("case", "case", all);
  bind("curves-setting", "setting", () => drawCurves(shown()));
  bind("curves-kind", "series", () => drawCurves(shown()));
  bind("curves-log", "curves-log", () => drawCurves(shown()));
  bind("axis-key", "axis", () => drawAxis(shown()));
  bind("axis-log", "axis-log", () => drawAxis(shown()));
  bind("heat-x", "heat-x", () => drawHeat(shown()));
  bind("heat-y", "heat-y", () => drawHeat(shown()));
  const theme = chosen("theme");
  if (theme) document.documentElement.dataset.theme = theme;
}

function restore() {
  read();
  settle();
  all();
  restoreRun();
}

/** Buttons that save a figure, beneath it. */
function savers() {
  document.querySelectorAll("[data-figure]").forEach((node) => {
    const place = /** @type {HTMLElement} */ (node);
    const name = `${data.name}-${place.dataset.figure}`;
    const button = (/** @type {string} */ kind, /** @type {() => void} */ act) =>
      make("button", {
        type: "button",
        textContent: kind,
        ariaLabel: `Save ${place.dataset.figure} as ${kind}`,
        onclick: act,
      });
    place.after(
      make(
        "div",
        { className: "save" },
        button("SVG", () => saveSvg(name, place)),
        button("PNG", () => savePng(name, place)),
      ),
    );
  });
}

function turn() {
  const root = document.documentElement;
  const isDark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  choose("theme", root.dataset.theme);
  all();
}

function texts() {
  $("name").textContent = data.name;
  $("question").textContent = data.question;
  $("answer").textContent = data.answer;
  $("provenance").textContent = data.provenance;
  $("findings").replaceChildren(
    ...data.findings.map((finding) =>
      make(
        "li",
        { className: finding.kind },
        finding.text,
        ...(finding.edit ? [make("code", { textContent: finding.edit })] : []),
      ),
    ),
  );
  $("findings").closest("details").hidden = !data.findings.length;
  $("compare-note").textContent = data.note;
  $("files").replaceChildren(
    ...data.files.map((file) => make("li", {}, make("a", { href: encodeURI(file), textContent: file }))),
  );
  fillTable("comparison", data.comparison);
  fillTable("pairs", data.pairs);
  $("pairs").closest("details").hidden = !data.pairs.rows.length;
}

function selects() {
  const settings = data.curves.some((curve) => !curve.judged) ? data.settings : [];
  const named = settings.map((setting) => (data.tune.length === 1 ? `${data.tune[0]} ${setting}` : setting));
  fill("case", facets, String);
  fill("curves-setting", ["the chosen setting", ...named], (k) => (k ? String(k - 1) : ""));
  fill(
    "curves-kind",
    data.series.map(({ label }) => label),
    String,
  );
  for (const id of ["axis-key", "heat-x", "heat-y"])
    fill(
      id,
      views.map(({ key }) => key),
      (k) => views[k].key,
    );
  $("case-label").hidden = facets.length < 2;
  $("curves-setting-label").hidden = settings.length < 2;
  $("heat").closest("section").hidden = axes.length < 2;
  for (const id of ["axis", "parallel"]) $(id).closest("section").hidden = axes.length < 1;
  $("filters").hidden = axes.length < 1;
}

function wire() {
  $("reset").onclick = () => {
    state.hidden = {};
    for (const name of ["kept", "from", "to"]) choose(name, null);
    all();
  };
  $("kept").onchange = () => {
    const share = $("kept").value;
    const worst = share && String(threshold(Number(share)));
    choose("kept", share || null);
    choose("from", (metric.higher && worst) || null);
    choose("to", (!metric.higher && worst) || null);
    explore();
    drawParallel(brushed);
  };
  $("save-runs").onclick = () => saveText(`${data.name}-runs.csv`, runsAsCsv(ordered(runsOf(shown()))));
  $("save-settings").onclick = () => saveText(`${data.name}-settings.csv`, settingsAsCsv(shown()));
  $("theme").onclick = turn;
  $("figures").ontoggle = async () => {
    $("figures").ontoggle = null;
    // Pictures that this report has drawn, with its own titles.
    $("drawn").innerHTML = new TextDecoder().decode(await unpacked("packed-figures"));
  };
  $("run").onclose = () => choose("run", null);
  // Paper is white, and has all details.
  /** @type {string | undefined} */
  let theme;
  /** @type {HTMLDetailsElement[]} */
  let closed = [];
  addEventListener("beforeprint", () => {
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
    document.documentElement.classList.add("paper");
    closed = [...document.querySelectorAll("details:not([open]):not(.aside)")].map((node) => /** @type {any} */ (node));
    closed.forEach((node) => {
      node.open = true;
    });
    fit();
    all();
  });
  addEventListener("afterprint", () => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.documentElement.classList.remove("paper");
    closed.forEach((node) => {
      node.open = false;
    });
    fit();
    all();
  });
  addEventListener("hashchange", restore);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) first();
    width = innerWidth;
  });
}

load().then(() => {
  texts();
  selects();
  savers();
  headRuns();
  wire();
  restore();
  document.documentElement.dataset.ready = "true";
});
