//! The report page in a real browser: headless Chromium opens it from disk, uses it, and no error may be logged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

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

/// What a person would do on the page, and what they should see; the answers end in an attribute of the body.
const PERSON: &str = r##"
<script>
const answers = { errors: [] };
addEventListener("error", (event) => answers.errors.push(event.message));
addEventListener("unhandledrejection", (event) => answers.errors.push(String(event.reason)));
const $ = (selector) => document.querySelector(selector);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const texts = (selector) => [...document.querySelectorAll(selector)].map((node) => node.textContent);
(async () => {
  while (!document.documentElement.dataset.ready) await pause(20);
  answers.question = $("#question").textContent;
  answers.all = $("#shown").textContent;
  $(".chip").click();
  answers.filtered = $("#shown").textContent;
  $("#reset").click();
  answers.reset = $("#shown").textContent;
  const metric = [...document.querySelectorAll("#runs th")].findIndex((th) => th.textContent.includes("▲"));
  const column = () => texts(`#runs tbody td:nth-child(${metric + 1})`);
  answers.rising = column();
  document.querySelectorAll("#runs th")[metric].click();
  answers.falling = column();
  const box = $("#curves").getBoundingClientRect();
  const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true };
  for (const kind of ["mousemove", "mousemove"]) { $("#curves svg").dispatchEvent(new MouseEvent(kind, at)); await pause(200); }
  answers.hover = texts("#curves > div").join(" ");
  $("#curves-log").click();
  answers.ticks = texts("#curves text");
  document.querySelector("#runs tbody tr").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  await pause(100);
  answers.dialog = $("#run").open && $("#run-description").textContent;
  answers.command = $("#run-command").textContent;
  answers.map = !$("#run-map").parentElement.hidden;
  $("#close").click();
  // The upper part of the last axis of the parallel coordinates, marked with the mouse, then by a click unmarked.
  const lines = $("#parallel").getBoundingClientRect();
  const mouse = (kind, y) => $("#parallel svg").dispatchEvent(
    new MouseEvent(kind, { clientX: lines.right - 66, clientY: lines.top + y, bubbles: true }));
  for (const [kind, y] of [["mousemove", 40], ["mousedown", 40], ["mousemove", 80], ["mousemove", 150], ["mouseup", 150]]) mouse(kind, y);
  await pause(300);
  answers.brushed = [$("#shown").textContent, document.querySelectorAll("#runs tbody tr").length];
  $("#reset").click();
  answers.unbrushed = $("#shown").textContent;
  $("#theme").click();
  answers.theme = document.documentElement.dataset.theme;
  document.body.dataset.answers = JSON.stringify(answers);
})();
</script>
"##;

/// What a page tells of itself as it stands, to itself and to a page that frames it.
const TOLD: &str = r##"
<script>
(async () => {
  while (!document.documentElement.dataset.ready) await new Promise((done) => setTimeout(done, 20));
  const all = (selector) => [...document.querySelectorAll(selector)];
  const told = {
    width: innerWidth,
    needed: document.documentElement.scrollWidth,
    small: all("p, td, th, button, label").filter((node) => node.offsetParent && parseFloat(getComputedStyle(node).fontSize) < 11).length,
    background: getComputedStyle(document.body).backgroundColor,
    colour: getComputedStyle(document.body).color,
    // Whatever reacts to a click and is not reached by the tabulator key.
    unreachable: all("button, summary, select, input, #runs tbody tr, #runs th").filter((node) => node.offsetParent && node.tabIndex < 0).length,
    reachable: all("button, summary, select, input, a[href], #runs tbody tr").filter((node) => node.offsetParent && node.tabIndex >= 0).length,
  };
  document.body.dataset.answers = JSON.stringify(told);
  parent.postMessage(JSON.stringify(told), "*");
})();
</script>
"##;

/// A page as wide as a phone, around another.
const PHONE: &str = r#"<body><iframe src="told.html" width="390" height="844" style="border: 0"></iframe>
<script>onmessage = (event) => { document.body.dataset.answers = event.data; };</script></body>"#;

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from);
    named.into_iter().chain(usual).find(|path| path.exists())
}

fn browse(chromium: &Path, profile: &Path, arguments: &[&str], page: &Path) -> (String, String) {
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"])
        .args(["--enable-logging=stderr", "--virtual-time-budget=10000", "--window-size=1280,2400"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium starts");
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn answers(dom: &str) -> serde_json::Value {
    let start = dom.find("data-answers=\"").expect("the page became ready and the person came to the end") + 14;
    let end = start + dom[start..].find('"').expect("a closing quote");
    let text = dom[start..end].replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&text).expect("the answers are JSON")
}

fn numbers(column: &serde_json::Value) -> Vec<f64> {
    let texts = column.as_array().expect("a column").iter().filter_map(|cell| cell.as_str());
    texts.filter_map(|text| text.replace('−', "-").parse().ok()).collect()
}

/// A folder with the experiment's report, and the report's page.
fn swept() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a scratch folder");
    fs::write(folder.path().join("page.toml"), EXPERIMENT).expect("written");
    assert_cmd::cargo::cargo_bin_cmd!("tallow")
        .current_dir(folder.path())
        .args(["sweep", "page.toml", "--quiet"])
        .assert()
        .success();
    let report = folder.path().join("reports/page/index.html");
    (folder, report)
}

/// The sum of a colour's parts, from 0 for black to 765 for white.
fn light(colour: &serde_json::Value) -> u32 {
    let text = colour.as_str().unwrap_or_default().trim_start_matches("rgb(").trim_end_matches(')');
    text.split(", ").filter_map(|part| part.parse::<u32>().ok()).sum()
}

#[test]
fn a_page_fits_a_phone_and_is_as_dark_as_its_reader_likes_it() {
    let Some(chromium) = chromium() else {
        eprintln!("skipped: no Chromium on this machine (set CHROMIUM to its path)");
        return;
    };
    let (folder, report) = swept();
    let html = fs::read_to_string(&report).expect("the report page");
    let (told, phone) = (folder.path().join("told.html"), folder.path().join("phone.html"));
    fs::write(&told, html.replace("</body>", &format!("{TOLD}</body>"))).expect("written");
    fs::write(&phone, PHONE).expect("written");
    let page = |page: &Path, dark: bool| {
        let scheme = format!("--blink-settings=preferredColorScheme={}", if dark { 0 } else { 1 });
        answers(&browse(&chromium, &folder.path().join("profile"), &["--dump-dom", &scheme], page).0)
    };
    let day = page(&told, false);
    assert!(light(&day["background"]) > 700 && light(&day["colour"]) < 200, "{day}");
    assert_eq!(day["unreachable"], 0, "{day}");
    assert!(day["reachable"].as_u64().is_some_and(|count| count > 30), "{day}");
    let night = page(&told, true);
    assert!(light(&night["background"]) < 120 && light(&night["colour"]) > 500, "{night}");
    let phone = page(&phone, false);
    assert_eq!((&phone["width"], &phone["needed"], &phone["small"]), (&390.into(), &390.into(), &0.into()), "{phone}");
}

#[test]
fn a_person_can_filter_sort_hover_and_open_a_run_without_an_error() {
    let Some(chromium) = chromium() else {
        eprintln!("skipped: no Chromium on this machine (set CHROMIUM to its path)");
        return;
    };
    let (folder, report) = swept();
    let html = fs::read_to_string(&report).expect("the report page");
    assert!(!html.contains("<optimizer>"), "text from the file is escaped");
    assert!(!html.contains("http://") || !html.contains("src=\"http"), "nothing is fetched");

    let used = folder.path().join("used.html");
    fs::write(&used, html.replace("</body>", &format!("{PERSON}</body>"))).expect("written");
    let (dom, log) = browse(&chromium, &folder.path().join("profile"), &["--dump-dom"], &used);
    let said = answers(&dom);
    assert_eq!(said["errors"], serde_json::json!([]));
    assert!(!log.contains("CONSOLE"), "the console is silent: {log}");
    assert_eq!(said["question"], "Which <optimizer> learns XOR & how fast?");
    assert_eq!(
        (&said["all"], &said["filtered"], &said["reset"]),
        (&"24 of 24".into(), &"12 of 24".into(), &"24 of 24".into())
    );
    let (rising, falling) = (numbers(&said["rising"]), numbers(&said["falling"]));
    assert!(rising.len() > 10 && rising.is_sorted(), "{rising:?}");
    assert!(falling.is_sorted_by(|a, b| a >= b), "{falling:?}");
    assert!(
        said["hover"].as_str().is_some_and(|text| text.contains("epoch") && text.contains("adam")),
        "{}",
        said["hover"]
    );
    assert!(said["dialog"].as_str().is_some_and(|text| text.contains("learning_rate")), "{}", said["dialog"]);
    assert!(said["command"].as_str().is_some_and(|text| text.starts_with("tallow ")), "{}", said["command"]);
    assert_eq!((&said["map"], &said["theme"]), (&true.into(), &"dark".into()));
    let brushed = said["brushed"][0].as_str().and_then(|text| text.strip_suffix(" of 24")?.parse::<u64>().ok());
    assert!(brushed.is_some_and(|count| 0 < count && count < 24), "{}", said["brushed"]);
    assert_eq!((&said["brushed"][1].as_u64(), &said["unbrushed"]), (&brushed, &"24 of 24".into()));

    let picture = folder.path().join("page.png");
    let shot = format!("--screenshot={}", picture.display());
    browse(&chromium, &folder.path().join("profile"), &[&shot], &report);
    let colours = colours(&picture);
    for (name, colour) in [("first", [0, 114, 178]), ("second", [213, 94, 0])] {
        let seen =
            colours.iter().filter(|rgb| rgb.iter().zip(colour).all(|(&a, b): (&u8, u8)| a.abs_diff(b) < 12)).count();
        assert!(seen > 100, "the {name} optimizer's colour is on the page, seen {seen} pixels of it");
    }
}

fn colours(picture: &Path) -> Vec<[u8; 3]> {
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(picture).expect("a screenshot")));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("a frame");
    pixels.truncate(info.buffer_size());
    pixels.chunks_exact(info.color_type.samples()).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}
