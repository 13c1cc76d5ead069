//! `tallow data`: a table column by column, what it was taken for, and what is suspicious.

use std::path::{Path, PathBuf};

use super::exit::{Error, Exit, Result};
use super::terminal;
use crate::dataset::Csv;
use crate::report::table::Table;
use crate::spec;
use crate::table::{self, Described, Reading, Role, TableError, Warning};
use crate::text;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
}

/// A file, and what is said of how it is read.
#[derive(clap::Args, Debug)]
pub(super) struct Source {
    /// The file: CSV or the like, packed with gzip or not, or Parquet
    #[arg(value_name = "FILE")]
    pub path: PathBuf,

    /// The column to predict [default: the last one]
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,

    /// Change how the file is read, by a setting of an experiment file: --set header=false
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl Source {
    /// The dataset of an experiment file that says as much.
    pub(super) fn csv(&self) -> Result<Csv> {
        let (path, target) = (self.path.to_string_lossy().into_owned(), self.target.clone().unwrap_or_default());
        let csv = Csv { path, target, ..Csv::default() };
        let mut csv = spec::file_with_settings(csv, &self.set)?;
        csv.settle().map_err(Error::refused)?;
        Ok(csv)
    }
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let csv = args.source.csv()?;
    let reading = csv.reading().map_err(Error::refused)?;
    let path = terminal::path(&args.source.path);
    let table = read(&args.source.path, &reading)?;
    let columns = shown(&table::describe(&table)).aligned();
    let head = format!("{}: {}, {}\n\n{columns}\n", path, table.found, text::count(table.rows, "row"));
    terminal::print(head)?;
    let understood = table::understand(&table, &reading).map_err(|problems| {
        let count = problems.iter().count();
        let lines: Vec<String> = problems.iter().map(|problem| format!("  {problem}")).collect();
        let what = if count == 1 { "one thing is".to_owned() } else { format!("{count} things are") };
        Error::refused(format_args!("`{path}` cannot be used as it is; {what} wrong\n{}", lines.join("\n")))
    })?;
    let mut lines = format!("{understood}\n");
    // Scales that are far apart are told here, though files are scaled by default; numbers that merge only where they do.
    let mut warnings = table::warnings(&table, &understood, false);
    warnings.retain(|warning| !(csv.standardize && matches!(warning, Warning::Merges { .. })));
    lines += if warnings.is_empty() { "\nNothing is suspicious.\n" } else { "\nSuspicious:\n" };
    lines.extend(warnings.iter().map(|warning| format!("- {warning}\n")));
    terminal::print(text::plain_lines(&lines).as_bytes())?;
    Ok(Exit::Done)
}

/// Reads a table, every problem on a line.
pub(super) fn read(path: &Path, reading: &Reading) -> Result<table::Table> {
    table::read_file(path, reading).map_err(|error| match error {
        TableError::Read(source) => Error::failed(format_args!("cannot read `{}`: {source}", terminal::path(path))),
        TableError::Problems(problems) => Error::refused(format_args!("`{}`: {problems}", terminal::path(path))),
    })
}

fn shown(columns: &[Described]) -> Table {
    let words = |of: fn(&Described) -> Option<String>| columns.iter().map(of).collect::<Vec<_>>();
    Table::new("columns")
        .text("column", words(|column| Some(text::brief(&column.name))))
        .text("use", words(|column| Some(role(column.role).to_owned())))
        .text("type", words(|column| Some(column.kind.to_owned())))
        .int("missing", columns.iter().map(|column| column.missing))
        .int("distinct", columns.iter().map(|column| column.distinct))
        .text("range", words(|column| column.range.as_ref().map(ToString::to_string)))
        .text("example", words(|column| column.example.as_ref().map(|cell| text::brief(cell))))
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Feature => "input",
        Role::Target => "target",
        Role::Weight => "weight",
        Role::Group => "group",
        Role::Unused => "dropped",
        Role::Nameless => "no name",
    }
}
