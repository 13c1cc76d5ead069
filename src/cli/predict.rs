//! `tallow predict`: what a trained network says of the rows of a new file.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::chosen::Network;
use super::exit::{Error, Exit, Result};
use super::terminal;
use crate::dataset::Asked;
use crate::predictor::{Predictions, Predictor};
use crate::table::{Problem, TableError};
use crate::text;

/// Names and words told of a kind.
const TOLD: usize = 8;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    network: Network,

    /// The rows: a file as those to train on, or - for stdin
    #[arg(value_name = "NEW.csv")]
    rows: PathBuf,

    /// Average what several networks say: those of all seeds of the setting
    #[arg(long, value_name = "WHICH", value_enum)]
    ensemble: Option<Ensemble>,
}

/// Whose predictions are averaged.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Ensemble {
    /// Values, or probabilities, over all seeds of the setting
    Seeds,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let members = match args.ensemble {
        None => vec![args.network.one()?],
        Some(Ensemble::Seeds) => args.network.all_seeds()?,
    };
    let mut piped = Vec::new();
    let is_piped = args.rows == Path::new("-");
    if is_piped {
        io::stdin().lock().read_to_end(&mut piped).map_err(|error| Error::refused(format_args!("stdin: {error}")))?;
    }
    let (mut told, mut predictions) = (Vec::new(), Vec::with_capacity(members.len()));
    for member in &members {
        let of = &member.preprocessing;
        let asked = if is_piped { of.read(&piped) } else { of.read_file(&args.rows) };
        let asked = asked.map_err(|error| unreadable(&args.rows, error))?;
        // Members that were trained on other rows of one file may know other words.
        for line in notes(&asked) {
            if !told.contains(&line) {
                terminal::say(format_args!("note: {}", text::plain(&line)));
                told.push(line);
            }
        }
        predictions.push(member.predict(&asked.inputs));
    }
    let classes = &members[0].preprocessing.fitted.classes;
    if members.iter().any(|member| member.preprocessing.fitted.classes != *classes) {
        return Err(Error::refused("the networks were trained on other classes"));
    }
    let predictions = Predictions::mean(predictions).ok_or_else(|| Error::failed("no network was left"))?;
    terminal::print(written(&members[0], &predictions).map_err(Error::failed)?)?;
    Ok(Exit::Done)
}

fn unreadable(path: &Path, error: TableError) -> Error {
    let path = terminal::path(path);
    match error {
        TableError::Read(error) => Error::refused(format_args!("cannot read `{path}`: {error}")),
        TableError::Problems(problems) => {
            let place = |problem: &Problem| match problem.place() {
                place if place.is_empty() => place,
                place => format!(", {place}"),
            };
            let help = |problem: &Problem| problem.help.as_ref().map_or(String::new(), |help| format!("; {help}"));
            let line = |problem: &Problem| format!("`{path}`{}: {}{}", place(problem), problem.message, help(problem));
            Error::refused(problems.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// What a person should know of the rows.
fn notes(asked: &Asked) -> Vec<String> {
    let mut notes = Vec::new();
    if !asked.unused.is_empty() {
        let named: Vec<String> =
            asked.unused.iter().take(TOLD).map(|name| format!("`{}`", text::brief(name))).collect();
        let more = asked.unused.len().saturating_sub(TOLD);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let are = if asked.unused.len() == 1 { "column is" } else { "columns are" };
        notes.push(format!("the network does not use {}{more}: such {are} not looked at", named.join(", ")));
    }
    for unseen in &asked.inputs.unseen {
        let cells = text::count(unseen.cells, "cell");
        notes.push(format!(
            "column `{}`: {cells} with a word that no training row has, such as `{}`; the network takes it for none of the \
             column's words",
            text::brief(&unseen.column),
            text::brief(&unseen.word)
        ));
    }
    notes
}

/// As CSV: `prediction` and for classes the probability of each, `p_setosa`. An output that is not a number is an empty cell.
fn written(predictor: &Predictor, predictions: &Predictions) -> csv::Result<Vec<u8>> {
    let names = &predictor.preprocessing.fitted.classes;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = names.iter().map(|class| format!("p_{class}"));
    writer.write_record(std::iter::once("prediction".to_owned()).chain(header))?;
    match predictions {
        Predictions::Values(values) => {
            for &value in values {
                writer.write_record([if value.is_nan() { String::new() } else { text::float(value) }])?;
            }
        }
        Predictions::Classes { classes, probabilities } => {
            for (class, probabilities) in classes.iter().zip(probabilities.chunks_exact(names.len().max(1))) {
                let class = class.map_or_else(String::new, |class| names[class].clone());
                let probabilities = probabilities.iter().map(|&p| if p.is_nan() { String::new() } else { single(p) });
                writer.write_record(std::iter::once(class).chain(probabilities))?;
            }
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The shortest decimal that reads back as the same f32.
fn single(x: f32) -> String {
    if x == 0.0 || x.abs() >= 1e-4 { format!("{x}") } else { format!("{x:e}") }
}
