//! `tallow init`: an experiment file for a table, with comments, that runs at once.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use super::data::{Source, read};
use super::exit::{Error, Exit, Result};
use super::terminal;
use crate::dataset::{Columns, Csv};
use crate::param::Named;
use crate::table::{self, ColumnKind, Problem, Problems, Understood, Warning};
use crate::text;

/// Most columns that are dropped for being of no use as they are.
const MOST_DROPPED: usize = 200;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,

    /// Write to this file instead of stdout; it must not exist yet
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let mut csv = args.source.csv()?;
    if let Some(output) = args.output.as_ref().filter(|output| output.symlink_metadata().is_ok()) {
        return Err(there(output));
    }
    let mut dropped = BTreeMap::new();
    let (table, understood) = loop {
        let reading = csv.reading().map_err(Error::refused)?;
        let table = read(&args.source.path, &reading)?;
        match table::understand(&table, &reading) {
            Ok(understood) => break (table, understood),
            Err(problems) => drop_useless(&mut csv, &mut dropped, &problems, &args.source.path)?,
        }
    };
    let warnings = table::warnings(&table, &understood, csv.standardize);
    csv.target = understood.target.name.clone();
    csv.path = from_folder_of(&args.source.path, args.output.as_deref());
    let file = experiment(&csv, &understood, &dropped, &warnings);
    let Some(output) = &args.output else {
        terminal::print(file)?;
        return Ok(Exit::Done);
    };
    let made = OpenOptions::new().write(true).create_new(true).open(output);
    let written = made.and_then(|mut made| made.write_all(file.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => there(output),
        _ => Error::failed(format_args!("cannot write `{}`: {error}", terminal::path(output))),
    })?;
    let path = terminal::path(output);
    terminal::say(format_args!("{path} is written; `tallow sweep {path}` trains it"));
    Ok(Exit::Done)
}

fn there(output: &Path) -> Error {
    let error = Error::refused(format_args!("`{}` is there already, and is left as it is", terminal::path(output)));
    error.help("name another file with -o")
}

/// Drops the features that cannot be used as they are; what is wrong with anything else is an error.
fn drop_useless(csv: &mut Csv, dropped: &mut BTreeMap<String, String>, problems: &Problems, path: &Path) -> Result<()> {
    let Columns(columns) = &mut csv.columns;
    for problem in problems.iter() {
        // Where no target is named it is the last column, and dropping that would make another the target.
        let useless = problem.help.as_ref().is_some_and(|help| help.contains("\"drop\""));
        let column = problem.column.as_ref().filter(|column| useless && **column != csv.target);
        match column {
            Some(column) if dropped.len() < MOST_DROPPED && !columns.contains_key(column) => {
                columns.insert(column.clone(), ColumnKind::Drop);
                dropped.insert(column.clone(), problem.message.clone());
            }
            _ => {
                let line = |problem: &Problem| format!("`{}`: {problem}", terminal::path(path));
                return Err(Error::refused(problems.iter().map(line).collect::<Vec<_>>().join("\n")));
            }
        }
    }
    Ok(())
}

/// The path of a file as an experiment file at `output` says it.
fn from_folder_of(path: &Path, output: Option<&Path>) -> String {
    let folder = output.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    let relative = folder.and_then(|folder| between(&folder.canonicalize().ok()?, &path.canonicalize().ok()?));
    relative.unwrap_or_else(|| path.to_owned()).to_string_lossy().into_owned()
}

/// The way from a folder to a file, both of them absolute.
fn between(folder: &Path, file: &Path) -> Option<PathBuf> {
    let (from, to): (Vec<Component>, Vec<Component>) = (folder.components().collect(), file.components().collect());
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    // Another drive has no way there.
    if same == 0 {
        return None;
    }
    let up = from[same..].iter().map(|_| Component::ParentDir);
    Some(up.chain(to[same..].iter().copied()).collect())
}

fn experiment(csv: &Csv, understood: &Understood, dropped: &BTreeMap<String, String>, warnings: &[Warning]) -> String {
    let target = &understood.target;
    let mut file = String::new();
    let mut comment = |words: &str| file += &format!("# {}\n", text::plain(words));
    comment(&format!("{}: {understood}", csv.name()));
    dropped.iter().for_each(|(name, why)| comment(&format!("`{}` is dropped: {why}", text::brief(name))));
    warnings.iter().for_each(|warning| comment(&format!("Look at this: {warning}.")));
    let question = format!("Which optimizer and learning rate predict {} best?", target.name);
    let kind = if target.inferred { String::new() } else { format!("\nkind = {}", text::toml(csv.kind.name())) };
    let columns: Vec<String> = csv
        .columns
        .0
        .iter()
        .map(|(name, kind)| format!("{} = {}\n", text::toml(name), text::toml(kind.name())))
        .collect();
    let columns = match &*columns.concat() {
        "" => "# columns = { some_column = \"drop\", another = \"category\" }\n".to_owned(),
        said => format!("\n[train.dataset.columns]\n{said}"),
    };
    let other: String = other_settings(csv);
    file + &format!(
        "\
question = {question}
seeds = 5 # how often each setting is trained: other splits, first weights and batch orders

[train]
test = 0.25 # the share of the rows that judges, never trained on
epochs = 100
# hidden = [64], batch_size = 32 and shuffle = true are the defaults for a file

[train.dataset]
name = \"csv\"
path = {path}
target = {target}{kind}
{other}{columns}
[grid] # every combination is trained
optimizer = [\"adam\", \"sgd\"]
learning_rate = {{ log = [0.001, 0.1], steps = 5 }}

[report]
compare = \"optimizer\" # which of them is best
tune = \"learning_rate\" # each at its own best
",
        question = text::toml(&question),
        path = text::toml(&csv.path),
        target = text::toml(&target.name),
    )
}

/// What else was said on the command line of how the file is read.
fn other_settings(csv: &Csv) -> String {
    use crate::param::Settings;
    // `standardize` follows from `scale`.
    let told = ["path", "target", "kind", "columns", "standardize"];
    let said = csv.changed().into_iter().filter(|(name, _)| !told.contains(name));
    said.map(|(name, value)| format!("{name} = {}\n", value.toml())).collect()
}
