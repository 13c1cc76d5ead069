//! The tables every report has: runs, summary, history. Every number in a plot or page stands in one of its tables.

use super::table::{Cells, Table};
use crate::analysis::{Analysis, LEADING, Metric, Reading, Status, Summary};

/// One row per run, in plan order: id, description, status, epochs trained, losses and accuracies. Description columns
/// are all keys in use, the leading ten first; a key at its default is empty.
pub fn runs(analysis: &Analysis) -> Table {
    let rows = &analysis.rows;
    let mut table = Table::new("runs").text("id", rows.iter().map(|row| row.run.id.to_string()));
    let mut others: Vec<&str> = rows.iter().flat_map(|row| row.run.description.iter().map(|(key, _)| key)).collect();
    others.retain(|key| !LEADING.contains(key));
    others.sort_unstable();
    others.dedup();
    for key in LEADING.into_iter().chain(others) {
        table = table.with(key, Cells::of(rows.iter().map(|row| row.run.description.get(key).cloned()).collect()));
    }
    let outcomes = || rows.iter().map(|row| row.outcome.as_ref());
    table = table
        .text("status", outcomes().map(|outcome| status(outcome.map(|o| o.status)).to_owned()))
        .int("epochs_trained", outcomes().map(|outcome| outcome.map(|o| o.history.mean.len())));
    let single = |number: &dyn Fn(&crate::analysis::Outcome) -> Option<f32>| {
        Cells::Single(outcomes().map(|outcome| outcome.and_then(number)).collect())
    };
    table =
        table.with("train_loss", single(&|o| Some(o.train.loss))).with("train_accuracy", single(&|o| o.train.accuracy));
    if outcomes().flatten().any(|outcome| outcome.test.is_some()) {
        table = table
            .with("test_loss", single(&|o| o.test.map(|test| test.loss)))
            .with("test_accuracy", single(&|o| o.test.and_then(|test| test.accuracy)));
    }
    table
}

/// The word for how a run stands: `done`, `diverged`, `missing`.
pub fn status(status: Option<Status>) -> &'static str {
    match status {
        None => "missing",
        Some(Status::Done) => "done",
        Some(Status::Diverged { .. }) => "diverged",
    }
}

/// One row per cell: the keys that vary, counts, and the metric over the seeds. `mean`, `std`, `min` and `max` are over
/// the runs that did not diverge; `median`, `iqm` and its 95 % interval count diverged runs as worst.
pub fn summary(analysis: &Analysis) -> Table {
    let cells = &analysis.cells;
    let mut table = Table::new("summary");
    for (i, axis) in analysis.axes.iter().enumerate() {
        let values = cells.iter().map(|cell| cell.levels[i].map(|level| axis.values[level].clone()));
        table = table.with(axis.key.clone(), Cells::of(values.collect()));
    }
    table = table
        .text("metric", cells.iter().map(|_| analysis.metric.name().to_owned()))
        .int("n", cells.iter().map(|cell| cell.metric.n))
        .int("done", cells.iter().map(|cell| cell.done))
        .int("diverged", cells.iter().map(|cell| cell.diverged))
        .int("missing", cells.iter().map(|cell| cell.missing));
    let columns = |table: Table, prefix: &str, of: &dyn Fn(usize) -> Option<Summary>| {
        let names = ["mean", "std", "min", "median", "max", "iqm", "ci_low", "ci_high"];
        let numbers = |s: Summary| [s.mean, s.std, s.min, s.median, s.max, s.iqm.point, s.iqm.low, s.iqm.high];
        names.into_iter().enumerate().fold(table, |table, (k, name)| {
            let number = |i| of(i).map(|summary| numbers(summary)[k]).filter(|x: &f64| !x.is_nan());
            table.float(&format!("{prefix}{name}"), (0..cells.len()).map(number))
        })
    };
    table = columns(table, "", &|i| Some(cells[i].metric));
    let is_accuracy = matches!(analysis.metric, Metric::TrainAccuracy | Metric::TestAccuracy);
    if !is_accuracy && cells.iter().any(|cell| cell.accuracy.is_some()) {
        table = columns(table, "accuracy_", &|i| cells[i].accuracy);
    }
    table
}

/// Rows of a history that a committed report carries.
pub const HISTORY_ROWS: usize = 50_000;

/// One row per run and epoch kept: the loss of the epoch's last batch and the mean over its batches. Kept are the first
/// and the last epoch of each run and every k-th between, k the least of 1, 2, 5, 10, 20, … that fits `limit` rows.
pub fn history(analysis: &Analysis, limit: usize) -> Table {
    let longest = |step: usize| {
        let epochs = |row: &crate::analysis::Row| row.outcome.as_ref().map_or(0, |outcome| outcome.history.mean.len());
        analysis.rows.iter().map(|row| kept(epochs(row), step).count()).sum::<usize>()
    };
    let decades = (0..7).flat_map(|power| [1, 2, 5].map(|digit| digit * 10usize.pow(power)));
    let step = decades.into_iter().find(|&step| longest(step) <= limit).unwrap_or(10_000_000);
    let (mut ids, mut seeds, mut epochs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut last, mut mean) = (Vec::new(), Vec::new());
    for row in &analysis.rows {
        let Some(outcome) = &row.outcome else { continue };
        let id = row.run.id.to_string();
        for epoch in kept(outcome.history.mean.len(), step) {
            ids.push(Some(id.clone()));
            seeds.push(Some(row.run.config.seed as i64));
            epochs.push(Some(epoch as i64));
            last.push(outcome.history.last.get(epoch - 1).copied());
            mean.push(Some(outcome.history.mean[epoch - 1]));
        }
    }
    Table::new("history")
        .with("id", Cells::Text(ids))
        .with("seed", Cells::Int(seeds))
        .with("epoch", Cells::Int(epochs))
        .with("loss_last", Cells::Single(last))
        .with("loss_mean", Cells::Single(mean))
}

/// The epochs kept of `len`, counted from 1.
fn kept(len: usize, step: usize) -> impl Iterator<Item = usize> {
    (1..=len).filter(move |&epoch| epoch == 1 || epoch == len || epoch % step == 0)
}

/// A run's metric as a number: infinite (or accuracy 0) if it diverged, `None` if it is missing.
pub fn metric(analysis: &Analysis, row: usize) -> Option<f64> {
    match analysis.reading(row) {
        Reading::Missing => None,
        Reading::Diverged => Some(crate::analysis::worst(analysis.metric)),
        Reading::Value(x) => Some(x),
    }
}

/// Every table of a report.
pub fn all(analysis: &Analysis) -> Vec<Table> {
    vec![runs(analysis), summary(analysis), history(analysis, HISTORY_ROWS)]
}
