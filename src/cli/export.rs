//! `tallow export`: any table of a report, in the form another tool wants.

use super::compare::Format;
use super::exit::{Error, Exit, Result};
use super::selection::{Selection, StorePath};
use super::terminal;
use crate::report::table::Table;
use crate::report::tables;
use crate::store::Store;
use crate::text;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    /// The table: runs, history (every epoch), summary, comparison, pairs, or any other of the report's CSV files
    #[arg(long, value_name = "NAME", default_value = "runs")]
    table: String,

    /// The format
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,

    #[command(flatten)]
    store: StorePath,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let selected = args.selection.load()?;
    let store = Store::read(&args.store.path)?;
    let analysis = selected.analysis(&store, &[])?;
    let table: Option<Table> = match args.table.as_str() {
        "history" => Some(tables::history(&analysis, usize::MAX)),
        table @ ("comparison" | "pairs") => Some(args.format.comparison(&analysis, table == "pairs")),
        name => tables::all(&analysis).into_iter().find(|table| table.name == name),
    };
    let Some(table) = table else {
        let mut names: Vec<String> = tables::all(&analysis).into_iter().map(|table| table.name).collect();
        names.extend(["comparison".to_owned(), "pairs".to_owned()]);
        let error = Error::refused(format_args!("there is no table `{}`", text::plain(&args.table)));
        return Err(error.help(format!("tables are {}", names.join(", "))));
    };
    terminal::print(args.format.of(&table)?)?;
    Ok(Exit::Done)
}
