//! The report page: one self-contained HTML file that opens from disk, without network or server.
//!
//! Facts travel as JSON; losses, decision maps, data points, weights and commands as one block of bytes. That block, the
//! report's figures and ECharts, of a pinned package, are deflated, and unpacked by the page. Every text is set as text,
//! never as markup.

mod cells;
mod encode;
mod maps;
mod networks;
mod page;

use serde::Serialize;

use crate::analysis::{Analysis, Better, Statement};
use crate::text::{self, markup};

pub use cells::{Cells, Curve};
pub(super) use page::fixed;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// Bundled from the modules in `page/`, see `assets/echarts/package.json`.
const SCRIPT: &str = include_str!("page.js");
const CHARTS: &str = include_str!("../../../assets/echarts/echarts.min.js");

/// The page as HTML. `figures` are trusted SVG pictures to show below the interactive part, each with its title; `files`
/// are the paths of what lies beside it.
pub fn html(analysis: &Analysis, figures: &[(String, String)], files: Vec<String>) -> String {
    let (page, bytes) = page::page(analysis, files);
    render(&page, &bytes, &understood(analysis), figures)
}

/// Everything the page shows, apart from losses, maps, points and commands.
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
    /// What runs have beside the metric.
    pub beside: Option<Beside>,
    /// What is compared.
    pub compare: Compare,
    /// The keys that are tuned.
    pub tune: Vec<String>,
    /// The keys that are told apart.
    pub facet: Vec<String>,
    /// Their combinations, as text.
    pub facets: Vec<String>,
    /// The combinations of tuned values, as text.
    pub settings: Vec<String>,
    /// Every key that varies, the compared one among them; seeds are not.
    pub axes: Vec<Axis>,
    /// The axis shown first in the sensitivity plot.
    pub sensitivity: Option<String>,
    /// The comparison.
    pub comparison: Table,
    /// How settings were chosen and judged.
    pub note: String,
    /// The compared values two by two.
    pub pairs: Table,
    /// Keys that do not vary, with their values.
    pub fixed: serde_json::Map<String, serde_json::Value>,
    /// Which epochs' losses are kept and the range of their logarithms.
    pub history: HistoryScale,
    /// Cells per side of a decision map.
    pub map: usize,
    /// The data sets on which maps are drawn, each with one seed.
    pub planes: Vec<Plane>,
    /// The networks of the runs that judge, as far as there is room.
    pub networks: Vec<Network>,
    /// Where in the block of bytes what begins.
    pub places: Places,
    /// The plots' colours.
    pub palette: Palette,
    /// Every setting, over all its runs.
    pub cells: Cells,
    /// The series that curves are of: training's own first.
    pub series: Vec<Series>,
    /// Learning curves over all runs that they are of.
    pub curves: Vec<Curve>,
    /// The runs that the page holds one by one, an entry each in every column.
    pub runs: Runs,
    /// How many runs have an outcome.
    pub trained: usize,
    /// The files beside the page, by their paths from it.
    pub files: Vec<String>,
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

/// Numbers of every epoch.
#[derive(Debug, Serialize)]
pub struct Series {
    /// What they are called.
    pub label: String,
    /// Whether more is better.
    pub higher: bool,
}

impl From<&crate::analysis::Series> for Series {
    fn from(series: &crate::analysis::Series) -> Self {
        Self { label: series.label.to_string(), higher: series.better == Better::Higher }
    }
}

/// The metric's names.
#[derive(Debug, Serialize)]
pub struct Metric {
    /// In full, for axes.
    pub label: String,
    /// In a word.
    pub short: String,
    /// Whether more of it is better.
    pub higher: bool,
}

/// What is told beside the metric.
#[derive(Debug, Serialize)]
pub struct Beside {
    /// Its name.
    pub label: String,
    /// Whether it is a share, to be told in percent.
    pub share: bool,
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
    /// A stroke per value, as ECharts calls it.
    pub dashes: Vec<&'static str>,
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

/// A table, ready to show.
#[derive(Debug, Serialize)]
pub struct Table {
    /// Heads.
    pub columns: Vec<String>,
    /// How many of the columns name the row; the others hold numbers.
    pub names: usize,
    /// Rows.
    pub rows: Vec<TableRow>,
}

/// A row of a table.
#[derive(Debug, Serialize)]
pub struct TableRow {
    /// The compared values in the last of the naming columns, for their colours.
    pub values: Vec<usize>,
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
    /// Which series are kept of every run: indices into the series.
    pub series: Vec<usize>,
}

/// The plane of a two-feature data set drawn with one seed.
#[derive(Debug, Serialize)]
pub struct Plane {
    /// `regression`, `binary` or `multiclass`.
    pub task: &'static str,
    /// Lower left corner.
    pub from: [f64; 2],
    /// Upper right corner.
    pub to: [f64; 2],
    /// Lowest and highest target.
    pub targets: [f64; 2],
    /// The names of the classes; none for a regression.
    pub classes: Vec<String>,
    /// The first of its points among all.
    pub first: usize,
    /// Its points.
    pub points: usize,
}

/// A trained network.
#[derive(Debug, Serialize)]
pub struct Network {
    /// Widths from input to output.
    pub units: Vec<usize>,
    /// The first of its weights among all.
    pub at: usize,
    /// The largest of them.
    pub scale: f64,
}

/// Where in the block of bytes what begins, after the losses.
#[derive(Debug, Default, Serialize)]
pub struct Places {
    /// The maps: a byte a cell.
    pub maps: usize,
    /// The points: two bytes across, two up, and the target in the maps' measure.
    pub points: usize,
    /// The weights, a byte each, in 127ths of their network's largest; each unit's bias behind its weights.
    pub weights: usize,
    /// The commands that train each run again, a line each, to the end.
    pub commands: usize,
}

/// The plots' colours, `#rrggbb`.
#[derive(Debug, Serialize)]
pub struct Palette {
    /// For numbers, from low to high, evenly.
    pub numbers: Vec<String>,
    /// For probabilities, from 0 to 1, evenly.
    pub probabilities: Vec<String>,
    /// For classes.
    pub classes: Vec<String>,
}

/// The runs, column by column.
#[derive(Debug, Default, Serialize)]
pub struct Runs {
    /// Identities.
    pub id: Vec<String>,
    /// Replicate seeds.
    #[serde(serialize_with = "exact")]
    pub seed: Vec<u64>,
    /// 0 done, 1 diverged.
    pub status: Vec<u8>,
    /// The metric; none if it diverged.
    pub metric: Vec<Option<f64>>,
    /// Accuracy; none for regression or if it diverged.
    pub beside: Vec<Option<f64>>,
    /// Epochs trained.
    pub epochs: Vec<usize>,
    /// Indices into the cells.
    pub cell: Vec<usize>,
    /// 1 if the run is at the best setting of its compared value.
    pub judged: Vec<u8>,
    /// Which decision map is its own, or -1.
    pub map: Vec<i64>,
    /// Which plane the map lies on, or -1.
    pub plane: Vec<i64>,
    /// Which network is its own, or -1.
    pub network: Vec<i64>,
}

/// What was understood of the user's files; nothing where there are none.
fn understood(analysis: &Analysis) -> String {
    let section = |(label, Statement { facts, notes }): &(String, Statement)| {
        let fact = |(word, said): &(&str, String)| format!("<dt>{word}</dt><dd>{}</dd>", markup(said));
        let facts: String = facts.iter().map(fact).collect();
        let notes: String = notes.iter().map(|note| format!("<li>{}</li>", markup(note))).collect();
        let notes = if notes.is_empty() { notes } else { format!("<ul>{notes}</ul>") };
        format!("<section><h2>Data: {}</h2><dl>{facts}</dl>{notes}</section>\n", markup(label))
    };
    analysis.files().iter().map(section).collect()
}

/// Whole numbers, as text where JavaScript's numbers are no longer exact.
fn exact<S: serde::Serializer>(numbers: &[u64], to: S) -> Result<S::Ok, S::Error> {
    const EXACT: u64 = 1 << 53;
    to.collect_seq(numbers.iter().map(|&number| match number {
        0..=EXACT => serde_json::Value::from(number),
        beyond => beyond.to_string().into(),
    }))
}

/// Fills the template. `bytes` holds the losses (series by series), then what `Places` says.
fn render(page: &Page, bytes: &[u8], understood: &str, figures: &[(String, String)]) -> String {
    let figures: String = figures
        .iter()
        .map(|(title, svg)| {
            // A word drawn as outlines is a picture of that word.
            let svg = svg.replace("<g transform", "<g role=\"img\" transform");
            // The picture has its title in it; the heading is for those who hear the page.
            format!(
                "<section><h3 class=\"hidden\">{}</h3><div class=\"figure\" tabindex=\"0\">{svg}</div></section>\n",
                markup(title)
            )
        })
        .collect();
    let packed = |bytes: &[u8]| encode::base64(&encode::deflate(bytes));
    // `<` never stands in the JSON, so that no text can end the script element.
    let data = serde_json::to_string(page).expect("text keys and finite numbers").replace('<', "\\u003c");
    let data = text::masked(&data);
    fill(&[
        ("title", &markup(&page.question)),
        ("style", STYLE),
        ("understood", understood),
        ("figures", &packed(figures.as_bytes())),
        ("data", &data),
        ("blob", &packed(bytes)),
        ("charts", &packed(CHARTS.as_bytes())),
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
