//! The report page in a real browser: headless Chromium opens it from disk and is used as a person would, with real keys
//! and a real mouse; no error may be logged.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command;

const EXPERIMENT: &str = r#"
question = "Which <optimizer> learns XOR & how fast?"
seeds = 4
[grid]
dataset = "xor"
optimizer = ["sgd", "adam"]
learning_rate = { log = [0.001, 0.1], steps = 3 }
[train]
points = 200
epochs = 10
batch_size = 50
"#;

/// Two cases and a setting at which every run diverges.
const CASES: &str = r#"
seeds = 4
[grid]
dataset = ["xor", "polynom"]
optimizer = [{ name = "sgd", momentum = [0.0, 0.9] }, "adam"]
learning_rate = [0.01, 0.1, 1e30]
[train]
points = 100
epochs = 10
batch_size = 50
[report]
compare = ["optimizer", "momentum"]
tune = "learning_rate"
facet = "dataset"
"#;

const NO_AXIS: &str = "seeds = 5\n[train]\ndataset = \"xor\"\npoints = 50\nbatch_size = 10\nepochs = 3\n";

const THOUSAND: &str = r#"
seeds = 50
[grid]
dataset = ["xor", "circle"]
optimizer = ["sgd", "adam"]
learning_rate = { log = [0.001, 0.1], steps = 5 }
[train]
points = 100
epochs = 100
batch_size = 50
"#;

/// More runs than a page holds one by one.
const MANY: &str = r#"
seeds = 400
[grid]
dataset = "xor"
optimizer = ["sgd", "adam"]
learning_rate = { log = [0.001, 10.0], steps = 5 }
[train]
points = 20
epochs = 2
batch_size = 10
"#;

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    let found = named.into_iter().chain(usual).find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: no Chromium on this machine (set CHROMIUM to its path)");
    }
    found
}

/// A browser with one page, led over the DevTools protocol: messages of JSON, each ended by a zero byte.
struct Browser {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    calls: u64,
    session: Option<String>,
    /// What the page complained of.
    errors: Vec<String>,
    _profile: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// A browser; `None` and a word if this machine has none.
    fn start() -> Option<Self> {
        let chromium = chromium()?;
        let profile = TempDir::new().expect("a scratch folder");
        // The browser listens on descriptor 3 and answers on 4.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$@" 3<&0 4>&1 >/dev/null"#, "sh"])
            .arg(chromium)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--hide-scrollbars", "--remote-debugging-pipe", "--window-size=1280,2400"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromium starts");
        let (to, from) = (process.stdin.take().expect("piped"), process.stdout.take().expect("piped"));
        let from = BufReader::new(from);
        let mut browser = Self { process, to, from, calls: 0, session: None, errors: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        write!(self.to, "{message}\0").and_then(|()| self.to.flush()).expect("the browser listens");
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).expect("the browser answers");
            assert_eq!(bytes.pop(), Some(0), "the browser is still there");
            let said: Value = serde_json::from_slice(&bytes).expect("JSON");
            if said["id"] == self.calls {
                assert!(said["error"].is_null(), "{method}: {said}");
                return said["result"].clone();
            }
            self.note(&said);
        }
    }

    /// Keeps what is wrong: exceptions, anything on the console, requests to elsewhere.
    fn note(&mut self, event: &Value) {
        let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
        let wrong = match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded" => true,
            "Network.requestWillBeSent" => !["file:", "data:", "blob:"].iter().any(|own| url.starts_with(own)),
            _ => false,
        };
        if wrong {
            self.errors.push(event.to_string());
        }
    }

    fn open(&mut self, page: &Path) {
        self.open_at(page, "");
    }

    /// Opens a page at what its address says behind the `#`.
    fn open_at(&mut self, page: &Path, hash: &str) {
        self.call("Page.navigate", json!({ "url": "about:blank" }));
        self.call("Page.navigate", json!({ "url": format!("file://{}{hash}", page.display()) }));
        while self.said("document.documentElement?.dataset.ready ?? ''") != "true" {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What an expression gives on the page.
    fn said(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let said = self.call("Runtime.evaluate", params);
        assert!(said["exceptionDetails"].is_null(), "{expression}: {said}");
        said["result"]["value"].clone()
    }

    fn text(&mut self, selector: &str) -> String {
        let said = self.said(&format!("document.querySelector({selector:?}).textContent"));
        said.as_str().expect("text").to_owned()
    }

    fn texts(&mut self, selector: &str) -> Vec<String> {
        let said = self.said(&format!("[...document.querySelectorAll({selector:?})].map((node) => node.textContent)"));
        serde_json::from_value(said).expect("texts")
    }

    /// A key, pressed and let go where the focus is.
    fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Enter" => (13, "\r"),
            " " => (32, " "),
            "Escape" => (27, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            other => panic!("the test knows no key {other}"),
        };
        let of = |kind: &str| json!({ "type": kind, "key": key, "windowsVirtualKeyCode": code, "text": text });
        self.call("Input.dispatchKeyEvent", of("keyDown"));
        self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }));
        self.settle();
    }

    fn focus(&mut self, selector: &str) {
        self.said(&format!("document.querySelector({selector:?}).focus()"));
    }

    /// The mouse: moved, or pressed and moved and let go, over places of an element in pixels from its upper left.
    fn drag(&mut self, selector: &str, places: &[(f64, f64)]) {
        let [left, top] = self.corner(selector);
        let mouse = |browser: &mut Self, kind: &str, (x, y): (f64, f64)| {
            let held = i32::from(kind != "mouseReleased");
            let params = json!({ "type": kind, "x": left + x, "y": top + y, "button": "left", "buttons": held, "clickCount": 1 });
            browser.call("Input.dispatchMouseEvent", params);
        };
        let (first, last) = (places[0], places[places.len() - 1]);
        self.hover(selector, first);
        mouse(self, "mousePressed", first);
        places[1..].iter().for_each(|&place| mouse(self, "mouseMoved", place));
        mouse(self, "mouseReleased", last);
        self.settle();
    }

    fn hover(&mut self, selector: &str, (x, y): (f64, f64)) {
        let [left, top] = self.corner(selector);
        self.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": left + x, "y": top + y }));
        self.settle();
    }

    fn click(&mut self, selector: &str) {
        self.drag(selector, &[(6.0, 6.0)]);
    }

    /// Where an element is on the screen, once it is there.
    fn corner(&mut self, selector: &str) -> [f64; 2] {
        let said = self.said(&format!(
            "(() => {{ const node = document.querySelector({selector:?}); node.scrollIntoView({{ block: 'center' }}); \
             const box = node.getBoundingClientRect(); return [box.left, box.top]; }})()"
        ));
        serde_json::from_value(said).expect("a corner")
    }

    fn choose(&mut self, selector: &str, value: &str) {
        self.said(&format!(
            "(() => {{ const select = document.querySelector({selector:?}); select.value = {value:?}; \
             select.dispatchEvent(new Event('change')); }})()"
        ));
        self.settle();
    }

    /// Waits until what was done is drawn.
    fn settle(&mut self) {
        self.said("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)))");
    }

    fn look(&mut self, (width, height): (u32, u32), media: &str, dark: bool) {
        let scheme = json!([{ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } }]);
        self.call("Emulation.setEmulatedMedia", json!({ "media": media, "features": scheme }));
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        self.settle();
    }

    /// The pixels of the page that have about a colour.
    fn pixels(&mut self, colour: [u8; 3]) -> u64 {
        let picture = self.call("Page.captureScreenshot", json!({ "captureBeyondViewport": true }))["data"].clone();
        let said = self.said(&format!(
            "(async () => {{ const image = new Image(); image.src = 'data:image/png;base64,' + {picture}; \
             await image.decode(); const canvas = new OffscreenCanvas(image.width, image.height); \
             const context = canvas.getContext('2d'); context.drawImage(image, 0, 0); \
             const pixels = context.getImageData(0, 0, image.width, image.height).data; let seen = 0; \
             for (let p = 0; p < pixels.length; p += 4) \
               if ({colour:?}.every((c, k) => Math.abs(c - pixels[p + k]) < 12)) seen++; \
             return seen; }})()"
        ));
        said.as_u64().expect("a count")
    }
}

/// A folder with the experiment's report, and the report's folder.
fn swept(experiment: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a scratch folder");
    fs::write(folder.path().join("page.toml"), experiment).expect("written");
    command::said(folder.path(), "sweep page.toml --quiet");
    let report = folder.path().join("reports/page");
    (folder, report)
}

fn numbers(column: &[String]) -> Vec<f64> {
    column.iter().filter_map(|text| text.replace('−', "-").parse().ok()).collect()
}

/// The sum of a colour's parts, from 0 for black to 765 for white.
fn light(colour: &Value) -> u32 {
    let text = colour.as_str().unwrap_or_default().trim_start_matches("rgb(").trim_end_matches(')');
    text.split(", ").filter_map(|part| part.parse::<u32>().ok()).sum()
}

#[test]
fn a_person_can_filter_sort_hover_and_open_a_run_without_an_error() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(EXPERIMENT);
    let html = fs::read_to_string(report.join("index.html")).expect("the report page");
    assert!(!html.contains("<optimizer>"), "text from the file is escaped");
    page.open(&report.join("index.html"));
    assert_eq!(page.text("#question"), "Which <optimizer> learns XOR & how fast?");
    assert_eq!(page.text("#shown"), "24 of 24");
    page.click(".chip");
    assert_eq!(page.text("#shown"), "12 of 24");
    page.click("#reset");
    assert_eq!(page.text("#shown"), "24 of 24");

    let heads = page.texts("#runs th");
    let metric = 1 + heads.iter().position(|head| head.contains('▲')).expect("sorted by the metric");
    let column = format!("#runs tbody td:nth-child({metric})");
    let rising = numbers(&page.texts(&column));
    assert!(rising.len() == 24 && rising.is_sorted(), "{rising:?}");
    page.click(&format!("#runs th:nth-child({metric}) button"));
    let falling = numbers(&page.texts(&column));
    assert!(falling.is_sorted_by(|a, b| a >= b) && falling.len() == 24, "{falling:?}");

    page.hover("#curves", (300.0, 160.0));
    let hovered = page.texts("#curves > div").join(" ");
    assert!(hovered.contains("epoch") && hovered.contains("adam"), "{hovered}");
    let logarithmic = page.texts("#curves text");
    page.click("#curves-log");
    let linear = page.texts("#curves text");
    assert!(logarithmic != linear && linear.len() > 5, "{logarithmic:?} {linear:?}");

    page.click("#runs tbody tr");
    assert!(page.text("#cards .description").contains("learning_rate"));
    let command = page.text("#cards code");
    assert!(command.starts_with("tallow train --dataset xor ") && command.contains(" --seed "), "{command}");
    assert_eq!(page.said("document.querySelector('#cards canvas').hidden"), false);
    page.press("Escape");
    page.click("#theme");
    assert_eq!(page.said("document.documentElement.dataset.theme"), "dark");
    for colour in [[0, 114, 178], [213, 94, 0]] {
        let seen = page.pixels(colour);
        assert!(seen > 100, "the optimizers' colours are on the page, {colour:?} {seen} times");
    }
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn everything_can_be_done_with_keys() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(EXPERIMENT);
    page.open(&report.join("index.html"));
    for key in ["Enter", " "] {
        page.focus("#runs tbody tr:nth-child(3)");
        page.press(key);
        assert_eq!(page.said("document.querySelector('#run').open"), true, "{key:?} opens a run");
        page.press("Escape");
        assert_eq!(page.said("document.querySelector('#run').open"), false);
        assert_eq!(page.said("document.activeElement.closest('#runs tbody tr')?.sectionRowIndex"), 2, "and back");
    }
    page.focus("#runs tbody tr");
    page.press("ArrowDown");
    assert_eq!(page.said("document.activeElement.sectionRowIndex"), 1, "arrows go from row to row");
    let stops = "document.querySelectorAll('#runs tbody [tabindex=\"0\"]').length";
    assert_eq!(page.said(stops), 1, "the rows are one stop of the Tab key");
    page.focus("#dots .row");
    page.press("Enter");
    assert_eq!(page.said("document.querySelector('#run').open"), true, "a dot opens the run in its middle");
    page.press("Escape");
    page.focus("#heat");
    page.press("ArrowRight");
    assert!(page.text("#told").contains("learning_rate 0.001"), "{}", page.text("#told"));
    page.focus("#runs th button");
    let before = page.texts("#runs tbody td:first-child");
    page.press(" ");
    assert_ne!(page.texts("#runs tbody td:first-child"), before, "sorted");
    assert_eq!(page.said("document.activeElement.parentNode.ariaSort"), "ascending", "the focus stays");
    page.focus("#curves");
    page.press("ArrowRight");
    let told = page.texts("#curves > div").join(" ");
    assert!(told.contains("epoch 1") && told.contains("adam"), "{told}");
    page.focus(".chip");
    page.press("Enter");
    assert_eq!(page.text("#shown"), "12 of 24");
    page.choose("#kept", "0.5");
    assert!(
        page.text("#shown").starts_with("8 of") || page.text("#shown").starts_with("4 of"),
        "{}",
        page.text("#shown")
    );
    assert!(page.text("#conditioned").contains("conditions on the outcome"));
    let unreachable = "[...document.querySelectorAll('button, select, input, .chart[tabindex]')]\
                       .filter((node) => node.offsetParent && node.tabIndex < 0).length";
    assert_eq!(page.said(unreachable), 0);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn a_brush_keeps_its_runs_until_its_axis_is_clicked() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(EXPERIMENT);
    page.open(&report.join("index.html"));
    let right = page.said("document.querySelector('#parallel').clientWidth").as_f64().expect("a width") - 66.0;
    page.drag("#parallel", &[(right, 40.0), (right, 80.0), (right, 150.0)]);
    let kept = page.text("#shown");
    let kept: usize = kept.strip_suffix(" of 24").and_then(|kept| kept.parse().ok()).expect("a count");
    assert!(0 < kept && kept < 24, "{kept}");
    assert_eq!(page.texts("#runs tbody tr").len(), kept);
    page.drag("#parallel", &[(right, 280.0)]);
    assert_eq!(page.text("#shown"), "24 of 24");
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn a_name_hidden_in_a_legend_stays_hidden() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(EXPERIMENT);
    page.open(&report.join("index.html"));
    let name = "[...document.querySelectorAll('#curves text')].find((text) => text.textContent === 'adam')";
    let fill = format!("{name}.getAttribute('fill')");
    let shown = page.said(&fill);
    page.said(&format!("{name}.id = 'adam'"));
    page.click("#adam");
    let hidden = page.said(&fill);
    assert_ne!(hidden, shown);
    page.click("#curves-log");
    assert_eq!(page.said(&fill), hidden);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

/// The interquartile mean that a plot tells for a compared value, read at the place that the arrow keys reach.
fn told(page: &mut Browser, plot: &str, steps: usize, name: &str) -> String {
    page.focus(plot);
    (0..steps).for_each(|_| page.press("ArrowRight"));
    let told = page.said(&format!(
        "[...document.querySelectorAll('{plot} > div:not(:has(svg))')].map((node) => node.innerText).join('\\n')"
    ));
    let told = told.as_str().expect("text").to_owned();
    let line = told.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {told}"));
    line.trim().to_owned()
}

/// A table of a report.
struct Csv {
    heads: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Csv {
    fn read(path: &Path) -> Self {
        let mut table = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let heads = table.headers().expect("heads").iter().map(str::to_owned).collect();
        let rows = table.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect());
        Self { heads, rows: rows.collect() }
    }

    /// A column of the rows that have these values.
    fn column(&self, keys: &[(&str, &str)], column: &str) -> Vec<f64> {
        let at = |key: &str| self.heads.iter().position(|head| head == key).unwrap_or_else(|| panic!("no {key}"));
        let number = |text: &str| text.parse::<f64>().ok();
        let is = |found: &str, value: &str| found == value || number(found).is_some() && number(found) == number(value);
        let rows = self.rows.iter().filter(|row| keys.iter().all(|(key, value)| is(&row[at(key)], value)));
        rows.map(|row| row[at(column)].parse().expect("a number")).collect()
    }

    /// A number of the one row that has these values.
    fn number(&self, keys: &[(&str, &str)], column: &str) -> f64 {
        let found = self.column(keys, column);
        assert_eq!(found.len(), 1, "one row of {keys:?}");
        found[0]
    }
}

/// What a plot tells of a sample: `0.1 (0.05 to 0.2, n = 4)`.
struct Said {
    iqm: f64,
    low: f64,
    high: f64,
    n: usize,
}

impl Said {
    fn of(line: &str) -> Self {
        let words: Vec<&str> = line.split([' ', '(', ')', ',']).filter(|word| !word.is_empty()).collect();
        let number = |k: usize| words[k].replace('∞', "inf").parse().unwrap_or_else(|_| panic!("{line}: {}", words[k]));
        Self { iqm: number(0), low: number(1), high: number(3), n: words[6].parse().expect("a count") }
    }
}

/// Whether a number shown in four digits is one of a table.
fn is_shown(shown: f64, number: f64) -> bool {
    shown == number || (shown - number).abs() <= 0.501 * 10f64.powf(number.abs().log10().floor() - 3.0)
}

#[test]
fn plots_say_what_the_tables_say_case_by_case() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(CASES);
    page.open(&report.join("index.html"));
    let curves = Csv::read(&report.join("plots/curves.csv"));
    let sensitivity = Csv::read(&report.join("plots/sensitivity.csv"));
    for (case, dataset) in [("0", "xor"), ("1", "polynom")] {
        page.choose("#case", case);
        let iqm = curves.number(&[("dataset", dataset), ("optimizer", "adam"), ("epoch", "10")], "iqm");
        let said = Said::of(&told(&mut page, "#curves", 10, "adam"));
        assert!(is_shown(said.iqm, iqm) && said.n == 4, "{dataset}: {}, not {iqm}; all seeds", said.iqm);
        let keys = [("dataset", dataset), ("optimizer", "adam"), ("learning_rate", "0.01")];
        let iqm = sensitivity.number(&keys, "iqm");
        let said = Said::of(&told(&mut page, "#axis", 1, "adam"));
        assert!(is_shown(said.iqm, iqm) && said.n == 4, "{dataset}: {}, not {iqm}", said.iqm);
        assert!(page.text("#axis-note").starts_with(&format!("{dataset}: ")));
    }
    let lost = told(&mut page, "#axis", 2, "sgd, momentum 0.9");
    assert!(lost.starts_with('∞') && lost.contains("4 diverged"), "{lost}");
    assert!(page.texts("#axis text").contains(&"diverged".to_owned()));
    assert!(page.texts("#heat text").contains(&"diverged".to_owned()));
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn a_page_of_more_runs_than_it_holds_tells_numbers_over_all_of_them() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(MANY);
    page.open(&report.join("index.html"));
    assert_eq!(page.text("#shown"), "4000 of 4000");
    assert!(page.text("#runs-note").contains(" of 4000 runs are in this page"), "{}", page.text("#runs-note"));
    let runs = Csv::read(&report.join("runs.csv"));
    let summary = Csv::read(&report.join("summary.csv"));
    let quartiles = |keys: &[(&str, &str)]| {
        let mut all: Vec<f64> = runs.column(keys, "train_loss");
        all.iter_mut().filter(|loss| loss.is_nan()).for_each(|loss| *loss = f64::INFINITY);
        all.sort_by(f64::total_cmp);
        [0.25, 0.75].map(|q| tallow::stats::quantile(&all, q))
    };
    for (step, rate) in ["0.001", "0.01", "0.1", "1", "10"].into_iter().enumerate() {
        for optimizer in ["sgd", "adam"] {
            let keys = [("optimizer", optimizer), ("learning_rate", rate)];
            page.said("document.activeElement.blur()");
            page.choose("#axis-key", "learning_rate");
            let line = told(&mut page, "#axis", step + 1, optimizer);
            let said = Said::of(&line);
            let [low, high] = quartiles(&keys);
            assert!(is_shown(said.iqm, summary.number(&keys, "iqm")) && said.n == 400, "{keys:?}: {line}");
            assert!(is_shown(said.low, low) && is_shown(said.high, high), "{keys:?}: {line}, not {low} and {high}");
        }
    }
    let curves = Csv::read(&report.join("plots/curves.csv"));
    for optimizer in ["sgd", "adam"] {
        let keys = [("optimizer", optimizer), ("epoch", "2")];
        let line = told(&mut page, "#curves", 2, optimizer);
        assert!(is_shown(Said::of(&line).iqm, curves.number(&keys, "iqm")), "{optimizer}: {line}");
        assert_eq!(Said::of(&line).n, 400, "all seeds");
    }
    let mut best = runs.column(&[], "train_loss");
    best.retain(|loss| loss.is_finite());
    best.sort_by(f64::total_cmp);
    let heads = page.texts("#runs th");
    let metric = 1 + heads.iter().position(|head| head.contains('▲')).expect("sorted by the metric");
    let shown = numbers(&page.texts(&format!("#runs tbody td:nth-child({metric})")));
    let first = shown.iter().zip(&best).take(100).filter(|&(&shown, &best)| is_shown(shown, best)).count();
    assert_eq!(first, 100, "the best runs of all are in the table");
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn every_map_has_the_data_of_its_run() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(CASES);
    page.open(&report.join("index.html"));
    page.said("window.data = JSON.parse(document.querySelector('#data').textContent)");
    assert_eq!(page.said("data.planes.length"), 8, "two data sets, four seeds each");
    let spread = "data.facets.map((_, facet) => data.runs.map.filter((map, i) => map >= 0 && data.cells.facet[data.runs.cell[i]] === facet).length)";
    assert_eq!(page.said(spread), json!([24, 24]));
    let mut drawn = Vec::new();
    for row in 1..=2 {
        page.click(&format!("#runs tbody tr:nth-child({row})"));
        drawn.push(page.said("document.querySelector('#cards canvas').toDataURL()"));
        page.press("Escape");
    }
    assert_ne!(drawn[0], drawn[1]);
    // Sorted by loss, the last diverged.
    page.click("#runs tbody tr:last-child");
    assert!(page.text("#cards figcaption").contains("diverged"));
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn a_page_fits_screen_phone_and_paper_and_is_as_dark_as_its_reader_likes_it() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(CASES);
    page.open(&report.join("index.html"));
    let colours = "['backgroundColor', 'color'].map((part) => getComputedStyle(document.body)[part])";
    let (screen, phone, paper) = ((1280, 2400), (390, 844), (718, 1000));
    page.look(screen, "screen", false);
    let day = page.said(colours);
    assert!(light(&day[0]) > 700 && light(&day[1]) < 200, "{day}");
    let overflows =
        "[...document.querySelectorAll('.scroll')].filter((box) => box.scrollWidth > box.clientWidth + 1).length";
    assert_eq!(page.said(overflows), 0, "tables fit the screen");
    page.look(screen, "screen", true);
    let night = page.said(colours);
    assert!(light(&night[0]) < 120 && light(&night[1]) > 500, "{night}");
    page.look(phone, "screen", false);
    assert_eq!(page.said("document.documentElement.scrollWidth"), 390);
    let small = "[...document.querySelectorAll('p, td, th, button, label')]\
                 .filter((node) => node.offsetParent && parseFloat(getComputedStyle(node).fontSize) < 11).length";
    assert_eq!(page.said(small), 0);
    page.look(paper, "print", false);
    let lost =
        "[...document.querySelectorAll('th')].filter((head) => head.getBoundingClientRect().right > innerWidth).length";
    assert_eq!(page.said(lost), 0, "every column is on the paper");
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn an_experiment_without_an_axis_has_a_page() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(NO_AXIS);
    page.open(&report.join("index.html"));
    let cards = "[...document.querySelectorAll('.grid section')].filter((card) => card.offsetParent).length";
    assert_eq!((page.said(cards), page.text("#shown")), (1.into(), "5 of 5".to_owned()));
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn a_page_of_a_thousand_runs_has_less_than_two_megabytes_and_shows_them_all() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(THOUSAND);
    let file = report.join("index.html");
    let size = fs::metadata(&file).expect("the page").len();
    assert!(size < 2_000_000, "{size} bytes");
    page.open(&file);
    assert_eq!((page.text("#shown"), page.texts("#runs tbody tr").len()), ("1000 of 1000".to_owned(), 500));
    page.click("#more");
    assert_eq!(page.texts("#runs tbody tr").len(), 1000);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn the_first_screen_has_the_question_the_answer_a_plot_and_a_map_of_each_value() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(EXPERIMENT);
    for (width, height) in [(1440, 900), (390, 844)] {
        page.look((width, height), "screen", false);
        page.open(&report.join("index.html"));
        for part in ["#question", "#answer", "#dots", "#maps .map:last-child"] {
            let bottom = page.said(&format!("document.querySelector({part:?}).getBoundingClientRect().bottom"));
            assert!(bottom.as_f64().expect("a place") <= f64::from(height), "{part} ends at {bottom} of {height}");
        }
        assert_eq!(page.texts("#maps .map"), page.texts("#dots .name"), "best first");
    }
    assert!(page.text("#maps-note").contains("seed 0"), "{}", page.text("#maps-note"));
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn the_address_holds_what_one_sees() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(CASES);
    let file = report.join("index.html");
    page.open(&file);
    page.choose("#case", "1");
    page.click(".chip");
    page.choose("#axis-key", "learning_rate");
    page.click("#runs th:first-child button");
    page.click("#runs tbody tr:nth-child(2)");
    let seen = "[location.hash, document.querySelector('#shown').textContent, document.querySelector('#case').value, \
                document.querySelector('#run').open, document.querySelector('#cards h3').textContent, \
                document.querySelector('#runs tbody').textContent, document.querySelector('#axis-note').textContent]";
    let before = page.said(seen);
    assert!(before[0].as_str().expect("text").contains("case=1"), "{before}");
    page.open_at(&file, before[0].as_str().expect("text"));
    assert_eq!(page.said(seen), before);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn two_runs_are_kept_side_by_side() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(EXPERIMENT);
    page.open(&report.join("index.html"));
    page.click("#runs tbody tr");
    assert!(page.said("document.querySelectorAll('#cards svg line').length").as_u64() > Some(6), "a weight a line");
    page.click("#cards .pin");
    page.press("Escape");
    page.click("#runs tbody tr:nth-child(2)");
    assert_eq!(page.texts("#cards h3").len(), 2);
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn what_is_selected_and_every_figure_can_be_saved() {
    let Some(mut page) = Browser::start() else { return };
    let (folder, report) = swept(EXPERIMENT);
    let saved = folder.path().join("saved");
    let to = json!({ "behavior": "allow", "downloadPath": saved });
    page.call("Browser.setDownloadBehavior", to);
    page.open(&report.join("index.html"));
    page.click(".chip");
    let mut save = |button: &str, name: &str| {
        page.click(button);
        let file = saved.join(name);
        let found = (0..100).find_map(|_| {
            std::thread::sleep(Duration::from_millis(50));
            fs::read(&file).ok().filter(|bytes| !bytes.is_empty())
        });
        found.unwrap_or_else(|| panic!("{name} is saved"))
    };
    let runs = String::from_utf8(save("#save-runs", "page-runs.csv")).expect("text");
    assert_eq!(runs.lines().count(), 13, "a head and the runs of one optimizer: {runs}");
    assert_eq!(String::from_utf8(save("#save-settings", "page-settings.csv")).expect("text").lines().count(), 4);
    for figure in ["answer", "curves", "two-axes"] {
        let svg = save(&format!("[aria-label='Save {figure} as SVG']"), &format!("page-{figure}.svg"));
        let svg = String::from_utf8(svg).expect("text");
        assert!(svg.starts_with("<svg") && svg.contains("<text"), "real text: {}", &svg[..svg.len().min(300)]);
        let png = save(&format!("[aria-label='Save {figure} as PNG']"), &format!("page-{figure}.png"));
        assert!(png.starts_with(b"\x89PNG"));
    }
    for file in page
        .said("[...document.querySelectorAll('#files a')].map((link) => link.getAttribute('href'))")
        .as_array()
        .expect("links")
    {
        assert!(report.join(file.as_str().expect("a path")).exists(), "{file} lies beside the page");
    }
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn axe_finds_nothing_that_keeps_people_out() {
    const AXE: &str = include_str!("axe/axe.min.js");
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(CASES);
    page.call("Page.setBypassCSP", json!({ "enabled": true }));
    let check = "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))";
    for (dark, opened) in [(false, false), (true, false), (true, true)] {
        page.look((1440, 900), "screen", dark);
        page.open(&report.join("index.html"));
        page.said("document.querySelectorAll('details').forEach((part) => { part.open = true; })");
        page.settle();
        assert!(!page.texts("#drawn section").is_empty(), "the report's figures");
        if opened {
            page.click("#runs tbody tr");
        }
        page.said(&format!("{AXE}; 0"));
        assert_eq!(page.said(check), json!([]), "dark: {dark}, a run opened: {opened}");
    }
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}

#[test]
fn a_page_prints_on_ten_sheets_at_most() {
    let Some(mut page) = Browser::start() else { return };
    let (_folder, report) = swept(EXPERIMENT);
    page.open(&report.join("index.html"));
    let printed = page.call("Page.printToPDF", json!({ "paperWidth": 8.27, "paperHeight": 11.69 }))["data"].clone();
    let sheets = page.said(&format!("atob({printed}).match(/\\/Type\\s*\\/Page\\b/g).length"));
    assert!(sheets.as_u64() <= Some(10), "{sheets} sheets");
    assert!(page.errors.is_empty(), "{:?}", page.errors);
}
