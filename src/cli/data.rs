//! `tallow data`: a table column by column, what it was taken for, and what is suspicious.

use std::path::{Path, PathBuf};

use super::exit::{Error, Exit, Result};
use super::terminal;
use crate::dataset::Csv;
use crate::param::{Settings, Value};
use crate::report::table::Table;
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

    /// The column to predict; the last one unless it is said
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,

    /// How the file is read, as in an experiment file: --set header=false
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

impl Source {
    /// The dataset of an experiment file that says as much.
    pub(super) fn csv(&self) -> Result<Csv> {
        let mut csv = Csv { path: self.path.to_string_lossy().into_owned(), ..Csv::default() };
        csv.target = self.target.clone().unwrap_or_default();
        for said in &self.set {
            let (key, value) = said
                .split_once('=')
                .ok_or_else(|| Error::refused(format_args!("`--set {}` is not KEY=VALUE", text::plain(said))))?;
            let key = key.trim();
            let known: Vec<&str> = Csv::PARAMS.iter().map(|param| param.name).collect();
            if !known.contains(&key) {
                let error = Error::refused(format_args!("`{}` is not a setting of a file", text::plain(key)));
                return Err(error.help(format!("settings are {}", known.join(", "))));
            }
            let rejected = |why| Error::refused(format_args!("`{key}` {why}"));
            csv.set(key, &value_of(value.trim())).map_err(rejected)?;
        }
        csv.settle().map_err(Error::refused)?;
        Ok(csv)
    }
}

/// A value as TOML spells it; what is not TOML is text.
fn value_of(typed: &str) -> Value {
    fn of(value: toml::Value) -> Option<Value> {
        Some(match value {
            toml::Value::Boolean(b) => Value::Bool(b),
            toml::Value::Integer(i) => Value::Int(i),
            toml::Value::Float(x) => Value::Float(x),
            toml::Value::String(text) => Value::Text(text),
            toml::Value::Array(items) => Value::List(items.into_iter().map(of).collect::<Option<_>>()?),
            toml::Value::Table(table) => {
                let word =
                    |(name, word): (String, toml::Value)| Some(Value::Text(format!("{name} = {}", word.as_str()?)));
                Value::List(table.into_iter().map(word).collect::<Option<_>>()?)
            }
            toml::Value::Datetime(_) => return None,
        })
    }
    let read = format!("v = {typed}").parse::<toml::Table>().ok().and_then(|mut table| of(table.remove("v")?));
    read.unwrap_or_else(|| Value::Text(typed.to_owned()))
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
