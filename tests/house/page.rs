//! The report page's script is what its modules say.

use std::fs;
use std::path::Path;

#[test]
fn the_bundle_is_made_of_todays_modules() {
    let html = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/html");
    let modules = fs::read_dir(html.join("page")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut modules: Vec<_> = modules.collect();
    modules.sort();
    let mut sources = flate2::Crc::new();
    for module in &modules {
        let text = fs::read_to_string(module).expect("a module");
        sources.update(text.as_bytes());
        for (place, line) in text.lines().enumerate() {
            let (length, module) = (line.chars().count(), module.display());
            assert!(length <= 120, "{module}:{} has {length} characters", place + 1);
        }
    }
    let bundle = fs::read_to_string(html.join("page.js")).expect("the bundle");
    let first = bundle.lines().next().unwrap_or_default();
    let made = format!("sources {}.", sources.sum());
    assert!(first.ends_with(&made), "run `npm ci && npm run page` in assets/echarts: {first}, not {made}");
}
