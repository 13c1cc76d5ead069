//! The tables of a report. Every number in a plot or page stands in one of them.

mod reread;
mod statistics;
mod summary;

pub use statistics::{
    across, along, budget, checks, comparison, curves, findings, paired, ranges, reached, shares, standings, to_target,
    tuned,
};

pub use reread::{read_best, read_runs};
pub use summary::{SummaryError, read_summary, summary};

use super::table::{Cells, Table};
use crate::analysis::{Analysis, Cell, Entry, Estimate, Numbers, Status, Summary, Value, leading};
use crate::analysis::{KEPT_EPOCH, Measure, Metric, STOPPED_EPOCH, Series, Split};

/// The most rows of a table in a report's folder; longer ones are left to `tallow export`.
pub const ROWS: usize = 100_000;

/// The tables that a report's folder has, beside those that plots draw.
pub fn shown(analysis: &Analysis) -> Vec<Table> {
    let left_out = left_out(analysis);
    let table = |name: &str| match name {
        "runs" => runs(analysis),
        "summary" => summary(analysis),
        "history" => history(analysis, HISTORY_ROWS),
        _ => comparison(analysis),
    };
    let long = ["runs", "summary", "history", "comparison"].into_iter();
    let mut tables: Vec<Table> = long.filter(|name| !left_out.contains(name)).map(table).collect();
    tables.extend([findings(analysis), checks(analysis)]);
    tables.retain(|table| table.len() <= ROWS && (table.name != "checks" || !table.is_empty()));
    tables
}

/// The tables that would have more than `ROWS` rows, so that a report's folder does not have them.
pub fn left_out(analysis: &Analysis) -> Vec<&'static str> {
    let (runs, cells, groups) = (analysis.rows.len(), analysis.cells.len(), analysis.groups.len());
    let rows = [("runs", runs), ("summary", cells), ("history", runs), ("comparison", groups)];
    rows.into_iter().filter(|(_, rows)| *rows > ROWS).map(|(name, _)| name).collect()
}

/// Every table that can be exported.
pub fn all(analysis: &Analysis) -> Vec<Table> {
    let mut tables = vec![runs(analysis), summary(analysis), history(analysis, HISTORY_ROWS), curves(analysis)];
    tables.extend([comparison(analysis), tuned(analysis), paired(analysis), standings(analysis)]);
    tables.extend([budget(analysis), shares(analysis), checks(analysis)]);
    tables.extend([to_target(analysis), reached(analysis), ranges(analysis), findings(analysis)]);
    let sensitive = analysis.sensitive_axis();
    tables.extend(sensitive.map(|axis| along(analysis, axis, "sensitivity")));
    let others = (0..analysis.axes.len()).filter(|&axis| Some(axis) != sensitive);
    tables.extend(others.map(|axis| along(analysis, axis, &format!("along_{}", analysis.axes[axis].key))));
    tables.extend(analysis.axis_pairs().into_iter().map(|(x, y)| across(analysis, x, y)));
    tables.retain(|table| ["runs", "summary", "history"].contains(&table.name.as_str()) || !table.is_empty());
    tables
}

/// With a column per axis, one row per item of `levels`.
fn keys<'a>(
    table: Table,
    analysis: &Analysis,
    axes: &[usize],
    levels: impl Iterator<Item = &'a Vec<Option<usize>>> + Clone,
) -> Table {
    axes.iter().fold(table, |table, &axis| {
        let value = |level: usize| analysis.axes[axis].values[level].clone();
        table.with(&analysis.axes[axis].key, Cells::of(levels.clone().map(|levels| levels[axis].map(value)).collect()))
    })
}

fn levels_of<'a>(cells: &'a [&'a Cell]) -> impl Iterator<Item = &'a Vec<Option<usize>>> + Clone {
    cells.iter().map(|cell| &cell.levels)
}

/// With the columns of a summary, `mean` to `ci_high`; NaN is empty.
fn summaries(table: Table, prefix: &str, of: impl Iterator<Item = Option<Summary>> + Clone) -> Table {
    let names = ["mean", "std", "min", "median", "max", "iqm", "ci_low", "ci_high"];
    let numbers = |s: Summary| [s.mean, s.std, s.min, s.median, s.max, s.iqm.point, s.iqm.low, s.iqm.high];
    names.into_iter().enumerate().fold(table, |table, (k, name)| {
        let number = |summary: Option<Summary>| summary.map(|summary| numbers(summary)[k]).filter(|x| !x.is_nan());
        table.float(&format!("{prefix}{name}"), of.clone().map(number))
    })
}

/// With a point and its interval, `name`, `name_low` and `name_high`; NaN is empty.
fn estimate(table: Table, name: &str, of: impl Iterator<Item = Estimate> + Clone) -> Table {
    let number = |x: f64| Some(x).filter(|x| !x.is_nan());
    table
        .float(name, of.clone().map(|estimate| number(estimate.point)))
        .float(&format!("{name}_low"), of.clone().map(|estimate| number(estimate.low)))
        .float(&format!("{name}_high"), of.map(|estimate| number(estimate.high)))
}

/// One row per run, in plan order: id, description, status, epochs trained, losses and accuracies, and the epochs that a
/// protocol chose. Description columns
/// are all keys in use, the leading ten first. A key that varies is empty where it does not apply, as in a summary; any
/// other also where it is at its default.
pub fn runs(analysis: &Analysis) -> Table {
    let rows = &analysis.rows;
    let mut table = Table::new("runs").text("id", rows.iter().map(|row| row.id.to_string()));
    let others = analysis.described.iter().map(String::as_str).filter(|key| !leading().contains(key));
    let mut columns: Vec<(&str, bool, Vec<Option<Value>>)> = (leading().iter().copied().chain(others))
        .map(|key| {
            let varies = analysis.axes.iter().any(|axis| axis.key == key);
            // A file is called by its label.
            (key, varies || key == "dataset", Vec::with_capacity(rows.len()))
        })
        .collect();
    for row in 0..rows.len() {
        let run = analysis.run(row);
        for (key, own, values) in &mut columns {
            values.push(if *own { run.value(key) } else { run.description.get(key).cloned() });
        }
    }
    for (key, _, values) in columns {
        table = table.with(key, Cells::of(values));
    }
    let outcomes = || rows.iter().map(|row| row.outcome.as_ref());
    table = table
        .text("status", outcomes().map(|outcome| status(outcome.map(Numbers::status)).to_owned()))
        .int("epochs_trained", outcomes().map(|outcome| outcome.map(|o| o.epochs())));
    let single = |number: &dyn Fn(&Numbers) -> Option<f32>| {
        Cells::Single(outcomes().map(|outcome| outcome.and_then(number)).collect())
    };
    for split in Split::ALL {
        let own = Measure::ALL.iter().map(|&measure| Metric { measure, split });
        let has = |metric: Metric| outcomes().flatten().any(|outcome| outcome.value(metric).is_some());
        // Loss and accuracy stand side by side, those of the training samples whatever the task.
        let any = split == Split::Train || own.clone().any(has);
        let always = |metric: Metric| any && [Measure::Loss, Measure::Accuracy].contains(&metric.measure);
        let shown = own.filter(|&metric| always(metric) || has(metric));
        table = shown.fold(table, |table, metric| table.with(metric.name(), single(&|o| o.value(metric))));
    }
    for name in [KEPT_EPOCH, STOPPED_EPOCH] {
        let epochs = || outcomes().map(|outcome| outcome?.measure(name).map(|epoch| epoch as usize));
        if epochs().any(|epoch| epoch.is_some()) {
            table = table.int(name, epochs());
        }
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

/// Rows of a history that a committed report carries; all are exported.
pub const HISTORY_ROWS: usize = 10_000;

/// One row per run and epoch kept: the loss of the epoch's last batch, the mean over its batches, and what was evaluated.
/// Kept are the first and the last epoch of each run and every k-th between, k the least of 1, 2, 5, 10, 20, … that fits
/// `limit` rows.
pub fn history(analysis: &Analysis, limit: usize) -> Table {
    let longest = |step: usize| {
        let epochs = |row: &Entry| row.outcome.as_ref().map_or(0, |outcome| outcome.epochs());
        analysis.rows.iter().map(|row| kept(epochs(row), step).count()).sum::<usize>()
    };
    let decades = (0..7).flat_map(|power| [1, 2, 5].map(|digit| digit * 10usize.pow(power)));
    let step = decades.into_iter().find(|&step| longest(step) <= limit).unwrap_or(10_000_000);
    let (mut ids, mut seeds, mut epochs) = (Vec::new(), Vec::new(), Vec::new());
    // Those that every training yields, and the others that some run has.
    let has = |series: &Series| analysis.rows.iter().flat_map(|row| &row.outcome).any(|outcome| outcome.has(series));
    let series = Series::all().filter(|series| series.metric.is_none() || has(series));
    let mut columns: Vec<(&Series, Vec<Option<f32>>)> = series.map(|series| (series, Vec::new())).collect();
    for row in &analysis.rows {
        let Some(outcome) = &row.outcome else { continue };
        let id = row.id.to_string();
        for epoch in kept(outcome.epochs(), step) {
            ids.push(Some(id.clone()));
            seeds.push(Some(row.replicate.seed as i64));
            epochs.push(Some(epoch as i64));
            for (series, values) in &mut columns {
                let value = outcome.series(series).get(epoch - 1).copied();
                values.push(value.filter(|value| series.metric.is_none() || !value.is_nan()));
            }
        }
    }
    let table = Table::new("history")
        .with("id", Cells::Text(ids))
        .with("seed", Cells::Int(seeds))
        .with("epoch", Cells::Int(epochs));
    columns.into_iter().fold(table, |table, (series, values)| table.with(series.name, Cells::Single(values)))
}

/// The epochs kept of `len`, counted from 1.
fn kept(len: usize, step: usize) -> impl Iterator<Item = usize> {
    (1..=len).filter(move |&epoch| epoch == 1 || epoch == len || epoch % step == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sample::{rows, subject};

    fn small() -> Analysis {
        let kept = |row: &crate::analysis::Row| {
            let config = &row.run.config;
            config.activation.name() == "relu" && config.optimizer.name() != "rmsprop" && config.learning_rate >= 0.1
        };
        let mut rows: Vec<_> = rows(5).into_iter().filter(kept).collect();
        rows[1].outcome = None;
        Analysis::new(subject(), rows)
    }

    #[test]
    fn every_table_of_a_small_experiment_begins_as_before() {
        let texts = all(&small()).into_iter().map(|table| {
            let csv = String::from_utf8(table.csv()).expect("text");
            let first: Vec<&str> = csv.lines().take(6).collect();
            format!("# {}, {} rows\n{}\n", table.name, table.len(), first.join("\n"))
        });
        insta::assert_snapshot!(texts.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn what_a_protocol_records_stands_in_columns_of_its_own() {
        let plain = Analysis::new(subject(), rows(2));
        let followed = Analysis::new(subject(), crate::analysis::sample::followed(2));
        let names = |table: &Table| table.columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let table = history(&followed, HISTORY_ROWS);
        assert_eq!(
            names(&table),
            [&names(&history(&plain, HISTORY_ROWS))[..], &["validation_loss".to_owned()]].concat()
        );
        let (_, Cells::Single(losses)) = &table.columns[5] else { panic!("single precision") };
        assert!(losses.iter().take(14).enumerate().all(|(i, loss)| loss.is_some() == (i % 2 == 1)), "{losses:?}");
        let table = runs(&followed);
        let chosen = ["kept_epoch".to_owned(), "stopped_epoch".to_owned()];
        assert_eq!(names(&table), [&names(&runs(&plain))[..], &chosen].concat());
        let last = table.columns.iter().rev().take(2).map(|(_, cells)| cells.clone()).collect::<Vec<_>>();
        let [Cells::Int(stopped), Cells::Int(kept)] = &last[..] else { panic!("whole numbers") };
        assert_eq!((kept[1], stopped[1]), (Some(10), Some(15)));
    }

    #[test]
    fn columns_of_a_table_have_equal_lengths_and_different_names() {
        for analysis in [small(), crate::analysis::sample::analysis(), Analysis::new(subject(), Vec::new())] {
            for table in all(&analysis) {
                let mut names: Vec<&String> = table.columns.iter().map(|(name, _)| name).collect();
                assert!(table.columns.iter().all(|(_, cells)| cells.len() == table.len()), "{}", table.name);
                names.sort();
                names.dedup();
                assert_eq!(names.len(), table.columns.len(), "{}", table.name);
            }
        }
    }

    #[test]
    fn a_history_over_its_limit_keeps_first_last_and_every_kth_epoch() {
        let analysis = small();
        let full = history(&analysis, HISTORY_ROWS);
        assert_eq!(full.len(), 18 * 20 + 3, "18 runs trained to the end, one diverged in its third epoch");
        let thin = history(&analysis, 100);
        let (_, Cells::Int(epochs)) = &thin.columns[2] else { panic!("epochs are whole numbers") };
        let first: Vec<i64> = epochs.iter().flatten().copied().take(5).collect();
        assert_eq!(first, [1, 5, 10, 15, 20]);
    }
}
