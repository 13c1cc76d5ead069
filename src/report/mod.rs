//! A report: tables, figures and pages as bytes in memory, a pure function of an analysis, then files.

pub mod comparison;
pub mod draw;
pub mod figure;
mod folder;
mod html;
mod markdown;
pub mod plots;
pub mod table;
pub mod tables;

pub use folder::{LIST, WriteError, check, write};

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::analysis::Analysis;

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it goes, below the report's folder, with forward slashes: `plots/curves.svg`.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl File {
    /// A file of a report.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

/// Every file of the report. Plots are drawn side by side, on as many threads as the machine has cores.
pub fn build(analysis: &Analysis) -> Vec<File> {
    let tables = tables::all(analysis);
    let mut files: Vec<File> =
        tables.iter().map(|table| File::new(format!("{}.csv", table.name), table.csv())).collect();
    let (mut pictures, mut titles) = (Vec::new(), Vec::new());
    let plots = plots::all(analysis);
    let draw =
        || plots.par_iter().with_max_len(1).map(|plot| (draw::svg(&plot.figure), draw::png(&plot.figure))).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let drawn: Vec<(String, Vec<u8>)> = match rayon::ThreadPoolBuilder::new().num_threads(cores).build() {
        Ok(pool) => pool.install(draw),
        Err(_) => draw(),
    };
    for (plot, (svg, png)) in plots.iter().zip(drawn) {
        let (name, title) = (plot.name(), &plot.figure.title);
        files.push(File::new(format!("plots/{name}.png"), png));
        files.extend(plot.tables.iter().map(|table| File::new(format!("plots/{}.csv", table.name), table.csv())));
        titles.push((name.to_owned(), title.clone()));
        if !plots::ON_PAGE.contains(&name) {
            pictures.push((title.clone(), svg.clone()));
        }
        files.push(File::new(format!("plots/{name}.svg"), svg));
    }
    files.push(File::new("index.html", html::html(analysis, &pictures)));
    files.push(File::new("README.md", markdown::markdown(analysis, &titles, &files)));
    files
}
