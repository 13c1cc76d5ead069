//! Which classes a stored network takes for which: the matrix that `tallow show` prints, of the rows that judge it.

use super::exit::{Error, Result};
use super::verify;
use crate::analysis::Status;
use crate::measure::{Confusion, Measure, Metric, Outputs};
use crate::report::table::Table;
use crate::store::Record;
use crate::text;

/// Classes of which the whole matrix is printed; of more, each class alone.
const MOST: usize = 12;

/// The matrix and each class's recall, precision and F1, on the test rows, else on those of validation, else on those trained on.
/// Nothing of a regression and of a run that diverged; a line that says why where the data cannot be had.
pub(super) fn of(record: &Record) -> String {
    let accuracy = record.outcome.value(Metric::TRAIN_LOSS.with(Measure::Accuracy));
    if record.outcome.status != Status::Done || accuracy.is_none() {
        return String::new();
    }
    match classified(record) {
        Ok(printed) => printed,
        Err(Error::Told { message, .. }) => format!("\nThe classes cannot be told apart: {message}\n"),
        Err(Error::Input(_)) => "\nThe classes cannot be told apart: the data cannot be read.\n".to_owned(),
    }
}

fn classified(record: &Record) -> Result<String> {
    let config = verify::again(record)?.config;
    let data = config.dataset.generate(config.seed)?;
    let splits = [("test", &data.test), ("validation", &data.validation), ("training", &data.train)];
    let Some((split, rows)) = splits.into_iter().find(|(_, rows)| !rows.is_empty()) else { return Ok(String::new()) };
    let network = config.network(record.outcome.layers.clone());
    let confusion = Confusion::of(&Outputs::new(data.task, rows, network.predict(&rows.x)));
    let names: Vec<String> = config.dataset.class_names().iter().map(|name| text::plain(name)).collect();
    Ok(format!(
        "\nclasses of the {}\n{}",
        text::count(rows.len(), &format!("{split} row")),
        table(&confusion, &names).aligned()
    ))
}

/// A row for each class: how many of its rows are taken for each, and how well it is recognized.
fn table(confusion: &Confusion, names: &[String]) -> Table {
    let classes = || 0..confusion.classes();
    let mut table = Table::new("classes").text("class", names.iter().cloned());
    if confusion.classes() <= MOST {
        for predicted in classes() {
            let counts = classes().map(|own| confusion.count(own, predicted));
            table = table.float(&format!("as {}", names[predicted]), counts);
        }
    }
    table
        .float("rows", classes().map(|own| confusion.total(own)))
        .float("recall", classes().map(|class| confusion.recall(class)))
        .float("precision", classes().map(|class| confusion.precision(class)))
        .float("F1", classes().map(|class| confusion.f1(class)))
}
