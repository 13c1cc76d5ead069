//! `tallow show`: one stored run in full.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::exit::{Error, Exit, Result};
use super::progress::duration;
use super::selection::StorePath;
use super::{confusion, sketch, terminal};
use crate::analysis::{Layer, Outcome, Status};
use crate::dataset::{Csv, Origin};
use crate::measure::series::LOSS_LAST;
use crate::measure::{KEPT_EPOCH, Measure, Metric, STOPPED_EPOCH, Series, Split, Unit};
use crate::param::Value;
use crate::plan::{Description, RunId, reproduce};
use crate::spec::RunConfig;
use crate::store::{Failed, Provenance, Record, Store, StoreError};
use crate::text;

/// Bars of a history's sparkline.
const WIDTH: usize = 60;

/// Numbers of a parameter printed in full; larger ones are cut as PyTorch cuts them.
const MOST: usize = 1000;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The run: its identity, or as much of its beginning as no other run shares
    #[arg(value_name = "RUN")]
    run: String,

    #[command(flatten)]
    store: StorePath,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let store = Store::read(&args.store.path)?;
    match store.find(&args.run) {
        Ok(record) => terminal::print(in_full(&record))?,
        Err(StoreError::Unknown { prefix }) => match failure(&store, &prefix)? {
            Some(failed) => terminal::print(failed_in_full(&failed))?,
            None => {
                let path = terminal::path(&args.store.path);
                let error = Error::refused(format_args!("no run in `{path}` begins with `{}`", text::plain(&prefix)));
                return Err(error.help("identities stand in runs.csv; `tallow plan FILE --list` lists them too"));
            }
        },
        Err(other) => return Err(other.into()),
    }
    Ok(Exit::Done)
}

/// The run that failed and whose identity begins so, if there is exactly one.
fn failure(store: &Store, prefix: &str) -> Result<Option<Failed>> {
    let Some((first, last)) = RunId::range(prefix) else { return Ok(None) };
    let failures = store.failures()?.into_iter().filter(|failed| (first..=last).contains(&failed.id));
    let failures: Vec<Failed> = failures.collect();
    Ok(<[Failed; 1]>::try_from(failures).ok().map(|[failed]| failed))
}

fn in_full(record: &Record) -> String {
    let Record { id, description, outcome, provenance } = record;
    let head = format!("{} {id}\n", terminal::bold("run"));
    head + &sheet(description, outcome)
        + &confusion::of(record)
        + &origin(provenance)
        + &again(description, provenance.source.as_ref())
}

fn failed_in_full(failed: &Failed) -> String {
    let head = format!("run {}, failed {}: {}\n", failed.id, utc(failed.at), text::plain(&failed.message));
    head + &described(&failed.description) + &again(&failed.description, None)
}

/// Description, parameters, loss, accuracy and history of a run.
pub(super) fn sheet(description: &Description, outcome: &Outcome) -> String {
    let history: Vec<f64> = outcome.series(&LOSS_LAST).iter().map(|&loss| f64::from(loss)).collect();
    let loss = |loss: f32| text::short(f64::from(loss));
    let measure = |metric: Metric| {
        let value = outcome.value(metric)?;
        let split = if metric.split == Split::Train { String::new() } else { format!("{} ", metric.split.name()) };
        let text = if metric.measure.unit == Unit::Share { format!("{} %", percent(value)) } else { loss(value) };
        Some(format!("{split}{:<8}  {text}\n", metric.measure.name))
    };
    let mut lines = described(description) + &parameters(description, &outcome.layers) + "\n";
    for split in Split::ALL {
        lines.extend(Measure::ALL.iter().filter_map(|&of| measure(Metric { measure: of, split })));
    }
    if let Status::Diverged { epoch } = outcome.status {
        lines += &format!("diverged  in epoch {epoch}\n");
    }
    for (name, what) in
        [(KEPT_EPOCH, "kept      the weights of epoch"), (STOPPED_EPOCH, "stopped   early, after epoch")]
    {
        lines.extend(outcome.measures.get(name).map(|epoch| format!("{what} {epoch}\n")));
    }
    let ends = match (outcome.series(&LOSS_LAST).first(), outcome.series(&LOSS_LAST).last()) {
        (Some(&first), Some(&last)) => format!("{} → {}", loss(first), loss(last)),
        _ => String::new(),
    };
    let epochs = text::count(history.len(), "epoch");
    lines += &format!("history   {}  {ends} in {epochs}\n", sketch::sparkline(&history, WIDTH));
    for series in Series::all().filter(|series| series.metric.is_some() && outcome.has(series)) {
        let values: Vec<f32> = outcome.series(series).iter().copied().filter(|value| !value.is_nan()).collect();
        let history: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
        let ends = match (values.first(), values.last()) {
            (Some(&first), Some(&last)) => format!("{} → {}", loss(first), loss(last)),
            _ => "no epoch was looked at".to_owned(),
        };
        lines += &format!("{:<22}  {}  {ends}\n", series.label, sketch::sparkline(&history, WIDTH));
    }
    lines
}

fn percent(share: f32) -> String {
    format!("{:.2}", 100.0 * f64::from(share))
}

/// Key by key; what is said of how a file is read, though at its default, would hide the rest.
fn described(description: &Description) -> String {
    let is_file = description.get("data_hash").is_some();
    let shown = || description.iter().filter(|(key, value)| !(is_file && Csv::is_default(key, value)));
    let width = shown().map(|(key, _)| key.len()).max().unwrap_or(0);
    let line = |(key, value): (&str, &Value)| format!("  {key:<width$}  {}\n", text::plain(&value.to_string()));
    shown().map(line).collect()
}

/// Weight and bias of each layer, as PyTorch prints them.
fn parameters(description: &Description, layers: &[Layer]) -> String {
    let units = description.get("units").map(Value::to_string).unwrap_or_default();
    let units: Vec<usize> = units.split('-').filter_map(|width| width.parse().ok()).collect();
    let mut lines = String::new();
    for (i, (layer, ends)) in layers.iter().zip(units.windows(2)).enumerate() {
        lines += &format!("\nlayer {}, {} → {}\n", i + 1, ends[0], ends[1]);
        lines += &matrix("weight", &layer.weight, ends[0]);
        lines += &matrix("bias", &layer.bias, ends[1]);
    }
    lines
}

/// Rows of numbers to four places, columns aligned; the name stands before the first.
fn matrix(name: &str, values: &[f32], columns: usize) -> String {
    let shown = &values[..values.len().min(MOST)];
    let cells: Vec<String> = shown.iter().map(|x| format!("{x:.4}")).collect();
    let width = cells.iter().map(String::len).max().unwrap_or(0);
    let mut lines = String::new();
    for (i, row) in cells.chunks(columns.max(1)).enumerate() {
        let row: Vec<String> = row.iter().map(|cell| format!("{cell:>width$}")).collect();
        let name = if i == 0 { name } else { "" };
        lines += &format!("  {name:<6}  {}\n", row.join("  "));
    }
    if values.len() > MOST {
        lines += &format!("  {:6}  … {} more\n", "", values.len() - MOST);
    }
    lines
}

fn origin(provenance: &Provenance) -> String {
    let Provenance { version, commit, numerics, device, host_cpu, source, started, seconds } = provenance;
    let from =
        |source: &Origin| format!("\ndata      `{}` as `{}`", text::plain(&source.path), text::plain(&source.label));
    let from = source.as_ref().map_or_else(String::new, from);
    let commit = commit.as_ref().map(|commit| format!(", commit {}", text::plain(commit))).unwrap_or_default();
    let [version, device] = [version, device].map(|word| text::plain(word));
    let took = duration(Duration::try_from_secs_f64(*seconds).unwrap_or_default());
    format!(
        "{from}\ntrained   {} in {took} by tallow {version} (numerics {numerics}{commit}) on {device}, {}\n",
        utc(*started),
        text::plain(host_cpu)
    )
}

fn again(description: &Description, source: Option<&Origin>) -> String {
    match RunConfig::try_from(description) {
        Ok(run) if run.dataset.is_file() && source.is_none() => {
            "again     with the file of the data: its place is not stored\n".to_owned()
        }
        Ok(mut run) => {
            if let Some(source) = source {
                run.dataset = run.dataset.at(source);
            }
            format!("again     {}\n", text::plain(&reproduce::command(&run)))
        }
        Err(error) => format!("again     not with this version of tallow: {}\n", text::plain(&error.to_string())),
    }
}

/// `2026-11-23 08:44:10 UTC`, by Howard Hinnant's `civil_from_days`.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, rest) = (seconds / 86400, seconds % 86400);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_in_leap_years_too() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(at(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(at(1_709_251_199), "2024-02-29 23:59:59 UTC");
        assert_eq!(at(1_735_689_600), "2025-01-01 00:00:00 UTC");
    }
}
