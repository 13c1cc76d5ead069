//! `tallow compare`: the answer in the terminal, or as a table for other tools.

use std::io::{self, IsTerminal};

use super::exit::{Error, Exit, Result};
use super::selection::{Selection, StorePath};
use super::{answer, sketch, terminal};
use crate::analysis::Analysis;
use crate::report::table::{Cells, Table};
use crate::report::{comparison, tables};
use crate::spec;
use crate::store::Store;
use crate::text;

/// How a table is written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Aligned columns, for reading
    Text,
    /// GitHub-flavoured Markdown
    Md,
    /// Comma-separated values
    Csv,
    /// An array of objects
    Json,
    /// A LaTeX tabular in the manner of booktabs
    Latex,
    /// Apache Parquet, with the columns' types, for pandas, polars and R
    Parquet,
}

impl Format {
    /// The comparison, or with `pairs` the pairs, in numbers for machines or in words for people.
    pub fn comparison(self, analysis: &Analysis, pairs: bool) -> Table {
        let for_machines = match self {
            Self::Csv | Self::Json | Self::Parquet => true,
            Self::Text | Self::Md | Self::Latex => false,
        };
        match (for_machines, pairs) {
            (true, false) => tables::comparison(analysis),
            (true, true) => tables::paired(analysis),
            (false, false) => comparison::comparison(analysis),
            (false, true) => comparison::pairs(analysis),
        }
    }

    /// A table in this form.
    pub fn of(self, table: &Table) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Text => table.aligned().into(),
            Self::Md => table.markdown().into(),
            Self::Csv => table.csv(),
            Self::Json => table.json().into(),
            Self::Latex => table.latex().into(),
            Self::Parquet if io::stdout().is_terminal() => {
                let error = Error::refused("Parquet is not for a terminal");
                return Err(error.help(format!("write it to a file: … > {}.parquet", table.name)));
            }
            Self::Parquet => table.parquet().map_err(Error::failed)?,
        })
    }
}

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StorePath,

    /// Compare the values of these keys, in place of those that the file compares
    #[arg(long, value_name = "KEY,…", value_delimiter = ',')]
    by: Vec<String>,

    /// The format of the table
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let known = spec::describable();
    if let Some(key) = args.by.iter().find(|key| !known.contains(&key.as_str())) {
        let error = Error::refused(format_args!("no run has a key `{}`", text::plain(key)));
        return Err(match text::nearest(key, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(format!("keys are {}", known.join(", "))),
        });
    }
    let selected = args.selection.load()?;
    for key in &args.by {
        if ["seed", "fold", "folds"].contains(&key.as_str()) {
            return Err(Error::refused("seeds and folds are replicates and cannot be compared"));
        }
        let axes = || selected.plan.axes().iter().map(|axis| axis.key.as_str());
        if !axes().any(|axis| spec::speak_of_one(axis, key)) {
            let error = Error::refused(format_args!("`{key}` does not vary in `{}`", selected.experiment.name));
            return Err(error.help(format!("keys that do: {}", axes().collect::<Vec<_>>().join(", "))));
        }
    }
    let store = Store::read(&args.store.path)?;
    let analysis = selected.analysis(&store, &args.by)?;
    if args.format != Format::Text {
        terminal::print(args.format.of(&args.format.comparison(&analysis, false))?)?;
        return Ok(Exit::Done);
    }
    terminal::print(in_full(&analysis))?;
    Ok(Exit::Done)
}

/// Rows of a table that are printed for people.
const TOLD: usize = 10_000;

/// A table's first rows, and the command for the others.
fn shortened(table: &Table, name: &str, print: impl Fn(&Table) -> String) -> String {
    match table.len().saturating_sub(TOLD) {
        0 => print(table),
        more => {
            let rows = text::count(more, "more row");
            print(&table.first(TOLD)) + &format!("… and {rows}, which `tallow export FILE --table {name}` writes\n")
        }
    }
}

fn in_full(analysis: &Analysis) -> String {
    let mut lines = String::new();
    if let Some(question) = &analysis.question {
        lines += &format!("{}\n", terminal::bold(&text::plain(question)));
    }
    lines += &format!("{}\n\n", text::plain(&analysis.answer()));
    let table = comparison::comparison(analysis);
    let curves = (0..analysis.facets.len()).flat_map(|facet| analysis.ranking(facet)).map(|(group, _)| {
        let curve = analysis.curves.iter().find(|curve| (curve.facet, curve.value) == (group.facet, group.value));
        curve.map(|curve| sketch::sparkline(&curve.points.iter().map(|point| point.median).collect::<Vec<_>>(), 20))
    });
    let overall = comparison::overall(analysis);
    if !overall.is_empty() {
        lines += &format!("{}\n", overall.aligned());
    }
    let table = table.with("loss by epoch", Cells::Text(curves.collect()));
    lines += &shortened(&table, "comparison", |table| answer::ranked(analysis, table));
    if !analysis.pairs.is_empty() {
        lines += &format!("\n{}", shortened(&comparison::pairs(analysis), "pairs", Table::aligned));
    }
    lines += &answer::findings(analysis);
    lines + &format!("\n{}\n", comparison::note(analysis))
}
