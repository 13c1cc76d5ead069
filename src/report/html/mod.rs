//! The report page: one self-contained HTML file that opens from disk, without network or server.
//!
//! Facts travel as JSON; losses and decision maps as one deflated block of bytes that the page unpacks: two bytes a
//! loss, one a map cell. ECharts, of a pinned package, is inlined; every text is set as text, never as markup.

mod encode;
mod page;

use serde::Serialize;

use crate::analysis::Analysis;
use crate::text::markup;

pub(super) use page::fixed;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const CHARTS: &str = include_str!("../../../assets/echarts/echarts.min.js");

/// The page as HTML. `figures` are trusted SVG pictures to show below the interactive part, each with its title.
pub fn html(analysis: &Analysis, figures: &[(String, String)]) -> String {
    let (page, bytes) = page::page(analysis);
    render(&page, &bytes, figures)
}

/// Everything the page shows, apart from losses and maps.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The experiment.
    pub name: String,
    /// Its question, or a title.
    pub question: String,
    /// The answer in one sentence.
    pub answer: String,
    /// What the audit found.
    pub findings: Vec<Finding>,
    /// What is measured.
    pub metric: Metric,
    /// Whether runs have an accuracy.
    pub accuracy: bool,
    /// What is compared.
    pub compare: Compare,
    /// Every key that varies, the compared one among them; seeds are not.
    pub axes: Vec<Axis>,
    /// The axis shown first in the sensitivity plot.
    pub sensitivity: Option<String>,
    /// The comparison table.
    pub comparison: Comparison,
    /// Keys that do not vary, with their values.
    pub fixed: serde_json::Map<String, serde_json::Value>,
    /// Which epochs' losses are kept and the range of their logarithms.
    pub history: HistoryScale,
    /// Cells per side of a decision map.
    pub map: usize,
    /// Per dataset: its task and some of its points.
    pub datasets: std::collections::BTreeMap<String, Plane>,
    /// One entry per run in each column.
    pub runs: Runs,
    /// The command that repeats a run; `{id}` stands for its identity.
    pub command: String,
    /// Where the numbers come from, without clock or host.
    pub provenance: String,
}

/// A sentence of the audit.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// `warn` or `info`.
    pub kind: &'static str,
    /// The sentence.
    pub text: String,
    /// The edit of the experiment file that answers it.
    pub edit: Option<String>,
}

/// The metric's names.
#[derive(Debug, Serialize)]
pub struct Metric {
    /// In full, for axes.
    pub label: String,
    /// In a word.
    pub short: String,
}

/// The compared key.
#[derive(Debug, Serialize)]
pub struct Compare {
    /// Its name.
    pub key: String,
    /// Its values in order.
    pub values: Vec<String>,
    /// A colour per value, `#rrggbb`.
    pub colors: Vec<String>,
}

/// A key that varies.
#[derive(Debug, Serialize)]
pub struct Axis {
    /// Its name.
    pub key: String,
    /// Its values in order, as text.
    pub values: Vec<String>,
    /// Its values as numbers, where all are.
    pub numbers: Option<Vec<f64>>,
}

/// The comparison table, ready to show.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// Heads.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<ComparisonRow>,
    /// How settings were chosen and judged.
    pub note: String,
}

/// A row of the comparison table.
#[derive(Debug, Serialize)]
pub struct ComparisonRow {
    /// Index of the compared value, for its colour.
    pub value: Option<usize>,
    /// Cells.
    pub cells: Vec<String>,
}

/// The scale of stored losses.
#[derive(Debug, Serialize)]
pub struct HistoryScale {
    /// Epochs kept, from 1.
    pub epochs: Vec<usize>,
    /// Lowest decimal logarithm.
    pub low: f64,
    /// Highest decimal logarithm.
    pub high: f64,
}

/// The plane of a two-feature dataset.
#[derive(Debug, Serialize)]
pub struct Plane {
    /// `regression`, `binary` or `multiclass`.
    pub task: &'static str,
    /// `[x1, x2, target]` of some points.
    pub points: Vec<[f64; 3]>,
    /// Lower left corner of the maps.
    pub from: [f64; 2],
    /// Upper right corner of the maps.
    pub to: [f64; 2],
    /// Lowest target.
    pub low: f64,
    /// Highest target.
    pub high: f64,
}

/// The runs, column by column.
#[derive(Debug, Default, Serialize)]
pub struct Runs {
    /// Identities.
    pub id: Vec<String>,
    /// Replicate seeds.
    pub seed: Vec<u64>,
    /// 0 done, 1 diverged.
    pub status: Vec<u8>,
    /// The metric; none if it diverged.
    pub metric: Vec<Option<f64>>,
    /// Accuracy; none for regression or if it diverged.
    pub accuracy: Vec<Option<f64>>,
    /// Epochs trained.
    pub epochs: Vec<usize>,
    /// Per key that varies: indices into the axis' values.
    pub axis: std::collections::BTreeMap<String, Vec<usize>>,
    /// Per run: which decision map is its own, or -1.
    pub map: Vec<i64>,
}

/// Fills the template. `bytes` holds the losses (mean, then last) and the maps.
fn render(page: &Page, bytes: &[u8], figures: &[(String, String)]) -> String {
    let figures: String = figures
        .iter()
        .map(|(title, svg)| {
            let title = markup(title);
            format!("<section><h2>{title}</h2><div class=\"figure\">{svg}</div></section>\n")
        })
        .collect();
    // `<` never stands in the JSON, so that no text can end the script element.
    let data = serde_json::to_string(page).expect("text keys and finite numbers").replace('<', "\\u003c");
    let blob = encode::base64(&encode::deflate(bytes));
    fill(&[
        ("title", &markup(&page.question)),
        ("style", STYLE),
        ("figures", &figures),
        ("data", &data),
        ("blob", &blob),
        ("charts", CHARTS),
        ("script", SCRIPT),
    ])
}

/// Fills the template's `{{marks}}` in one pass, so that nothing filled in is read again.
fn fill(values: &[(&str, &str)]) -> String {
    let mut html = String::with_capacity(TEMPLATE.len() + values.iter().map(|(_, text)| text.len()).sum::<usize>());
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (mark, after) = after.split_once("}}").expect("every mark of the template is closed");
        let (_, text) = values.iter().find(|(name, _)| *name == mark).expect("every mark of the template is known");
        html.push_str(before);
        html.push_str(text);
        rest = after;
    }
    html.push_str(rest);
    html
}
