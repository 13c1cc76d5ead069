//! `tallow diff`: which cells of a report, or of a store, changed: seed by seed, or beyond their interval.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::exit::{Error, Exit, Result};
use super::selection::Selection;
use super::terminal;
use crate::analysis::{Analysis, Change, Point, Scale, What, diff, scale_of};
use crate::report::table::Table;
use crate::report::tables;
use crate::store::Store;
use crate::text;

/// How a store's file begins.
const STORE: &[u8; 16] = b"SQLite format 3\0";

/// The table that every report has.
const SUMMARY: &str = "summary.csv";

/// Changes told in full.
const TOLD: usize = 50;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The old report: its folder, its summary.csv, or either of them in git as REVISION:PATH; or a store, with --of
    #[arg(value_name = "OLD")]
    old: String,

    /// The new report, named in the same way
    #[arg(value_name = "NEW")]
    new: String,

    /// The experiment file whose runs to compare, if OLD or NEW is a store
    #[arg(long, value_name = "FILE")]
    of: Option<PathBuf>,

    /// Print shifts of at most this share of the old value, but do not count them as failures
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    tolerance: f64,
}

/// A share, 0 or more.
fn share(text: &str) -> std::result::Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| *share >= 0.0);
    share.ok_or_else(|| "a share is a number from 0 up, such as 0.05".to_owned())
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let (old, new) = (args.side(&args.old)?, args.side(&args.new)?);
    let changes = diff(&old.points, &new.points);
    let cells_of =
        |changes: &mut dyn Iterator<Item = &Change>| changes.map(|change| &change.key).collect::<BTreeSet<_>>().len();
    let changed = cells_of(&mut changes.iter());
    let beyond = cells_of(&mut changes.iter().filter(|change| change.exceeds(args.tolerance)));
    let mut lines = String::new();
    for change in changes.iter().take(TOLD) {
        let sign = if change.exceeds(args.tolerance) { '!' } else { '·' };
        lines += &format!("{sign} {}\n", text::plain(&told(change)));
    }
    if changes.len() > TOLD {
        lines += &format!("… and {} more\n", changes.len() - TOLD);
    }
    lines += &winners(&old, &new);
    let cells = text::count(old.points.len().max(new.points.len()), "cell");
    lines += &format!("{cells}: {changed} changed, {beyond} beyond interval and tolerance\n");
    terminal::print(lines)?;
    Ok(if beyond == 0 { Exit::Done } else { Exit::Failed })
}

/// What was best before and is not now, and what is now; nothing where either report does not tell.
fn winners(old: &Side, new: &Side) -> String {
    let (Some(before), Some(after)) = (&old.best, &new.best) else { return String::new() };
    let line = |word: &str, best: &String| format!("· best {word}: {}\n", text::plain(best));
    let gone = before.difference(after).take(TOLD).map(|best| line("before", best));
    gone.chain(after.difference(before).take(TOLD).map(|best| line("now", best))).collect()
}

fn told(change: &Change) -> String {
    let key: Vec<String> = change.key.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let what = match change.what {
        What::Appeared => "is new".to_owned(),
        What::Vanished => "is gone".to_owned(),
        What::Counted { old, new } => format!("{} before, {new} now", text::count(old, "run")),
        What::Diverged { old, new } => format!("diverged {} of {} before, {} of {} now", old.0, old.1, new.0, new.1),
        What::Shifted(shift) => {
            let (word, seeds) =
                if shift.better > shift.worse { ("better", shift.better) } else { ("worse", shift.worse) };
            let bounds = |factor: f64| {
                let [low, high] = [shift.gap.low, shift.gap.high].map(|bound| text::short(factor * bound));
                format!("95 % {low} to {high}")
            };
            let by = match scale_of(change.metric) {
                Scale::Ratio => format!("{} times as high ({})", text::short(shift.gap.point), bounds(1.0)),
                Scale::Difference => {
                    format!("by {} percentage points ({})", text::short(100.0 * shift.gap.point), bounds(100.0))
                }
            };
            format!(
                "{} {} before, {} now: {word} on {seeds} of {} seeds, {by}",
                change.metric.label(),
                text::short(shift.old),
                text::short(shift.new),
                shift.n,
            )
        }
        What::Moved { old, new, relative, better } => format!(
            "{} {} ({} to {}) before, {} now: {} {} %",
            change.metric.label(),
            text::short(old.point),
            text::short(old.low),
            text::short(old.high),
            text::short(new.point),
            if better { "better by" } else { "worse by" },
            text::short(100.0 * relative),
        ),
    };
    format!("{}: {what}", if key.is_empty() { "all runs".to_owned() } else { key.join(", ") })
}

/// What a report, or a store, tells.
struct Side {
    points: Vec<Point>,
    /// What is best in each case; `None` where it does not tell.
    best: Option<BTreeSet<String>>,
}

impl Args {
    /// The cells of a report, or of what a store holds of an experiment.
    fn side(&self, from: &str) -> Result<Side> {
        let is_store = is_store(Path::new(from));
        let analysis = if is_store { Some(self.stored(from)?) } else { None };
        let unreadable =
            |error| Error::refused(format_args!("cannot read the report `{}`: {error}", text::plain(from)));
        let summary = match &analysis {
            Some(analysis) => tables::summary(analysis).csv(),
            None => read(from, SUMMARY)?,
        };
        let mut points = tables::read_summary(&summary).map_err(unreadable)?;
        // A summary by itself tells nothing of single runs, and older reports have no comparison.
        let beside = |name: &str, table: fn(&Analysis) -> Table| match &analysis {
            Some(analysis) => Some(table(analysis).csv()),
            None if from.ends_with(".csv") => None,
            None => read(from, name).ok(),
        };
        if let Some(runs) = beside("runs.csv", tables::runs) {
            tables::read_runs(&runs, &mut points).map_err(unreadable)?;
        }
        let best = beside("comparison.csv", tables::comparison);
        let best = best.map(|comparison| tables::read_best(&comparison).map_err(unreadable)).transpose()?;
        Ok(Side { points, best })
    }

    /// What a store holds of the experiment.
    fn stored(&self, from: &str) -> Result<Analysis> {
        let Some(file) = &self.of else {
            let error =
                Error::refused(format_args!("`{}` is a store, which holds runs of any kind", text::plain(from)));
            return Err(error.help("say of which experiment: --of FILE"));
        };
        let selection = Selection { file: file.clone(), set: Vec::new(), only: Vec::new(), data_folder: None };
        let analysis = selection.load()?.analysis(&Store::read(Path::new(from))?, &[])?;
        if !analysis.has_outcome() {
            return Err(selection.unstored(Path::new(from)));
        }
        Ok(analysis)
    }
}

fn is_store(path: &Path) -> bool {
    let mut head = [0; STORE.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *STORE
}

/// The bytes of a table of a report: of a file, of one in a folder, or of either in a git revision.
fn read(from: &str, table: &str) -> Result<Vec<u8>> {
    let path = Path::new(from);
    let file = if path.is_dir() { path.join(table) } else { path.to_owned() };
    let failed = |reason: String| {
        let error = Error::refused(format_args!("cannot read the report `{}`: {reason}", text::plain(from)));
        error.help("give a report's folder, its summary.csv, or one in git: HEAD~1:reports/xor")
    };
    match (std::fs::read(&file), from.split_once(':')) {
        (Ok(bytes), _) => Ok(bytes),
        (Err(_), Some((revision, path))) if !revision.is_empty() && !revision.starts_with('-') => {
            let inner = if path.ends_with(".csv") {
                path.to_owned()
            } else {
                format!("{}/{table}", path.trim_end_matches('/'))
            };
            let show = |object: String| {
                let output = Command::new("git").arg("show").arg(object).output();
                output.map_err(|error| failed(format!("git: {error}")))
            };
            // A path as git takes it, from the top of the repository, or from here.
            let from_top = show(format!("{revision}:{inner}"))?;
            if from_top.status.success() {
                return Ok(from_top.stdout);
            }
            let from_here = show(format!("{revision}:./{inner}"))?;
            match from_here.status.success() {
                true => Ok(from_here.stdout),
                false => Err(failed(text::plain(String::from_utf8_lossy(&from_top.stderr).trim()))),
            }
        }
        (Err(error), _) => Err(failed(error.to_string())),
    }
}
