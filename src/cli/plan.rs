//! `tallow plan`: what a sweep would train, and what it would cost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::exit::{Error, Exit, Result};
use super::partition::Part;
use super::selection::{Selected, Selection, StorePath};
use super::{progress, terminal};
use crate::analysis::{Statement, Status};
use crate::engine::memory;
use crate::exec::Census;
use crate::parallel::cores;
use crate::param::Value;
use crate::plan::{Run, RunId};
use crate::report::table::{Cells, Table};
use crate::report::tables;
use crate::search::{Grid, Retrain, Strategy, Survey};
use crate::store::Store;
use crate::text;

/// Runs looked at to say what all will cost.
const SAMPLE: u64 = 1000;

/// Values of an axis told in full.
const TOLD: usize = 12;

/// How a plan is written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// For reading
    Table,
    /// An object
    Json,
    /// Comma-separated values
    Csv,
}

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StorePath,

    #[command(flatten)]
    partition: Part,

    /// Threads to estimate the time for [default: all cores]
    #[arg(long, short, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,

    /// List every run with its identity, status and description
    #[arg(long)]
    list: bool,

    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// What the runs that are new will take.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// With all threads at work; none if no run like these was ever timed.
    seconds: Option<f64>,
    /// Memory while training.
    training: u64,
    /// Memory for the report, which has all histories in it.
    report: u64,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let selected = args.selection.load()?;
    let grid = args.partition.grid(&selected)?;
    let stored = Store::read_or_empty(&args.store.path)?;
    if args.list {
        return list(args.format, &grid, &stored);
    }
    let outlook = args.outlook(&selected, &grid, &stored)?;
    let cost = args.cost(&outlook, &stored)?;
    terminal::print(match args.format {
        Format::Table => args.in_words(&selected, &outlook, cost),
        Format::Json => args.json(&selected, &outlook, cost),
        Format::Csv => csv(&outlook, cost),
    })?;
    Ok(Exit::Done)
}

/// How the runs stand, and what they are like.
#[derive(Debug, Default)]
struct Outlook {
    census: Census,
    /// Of those that are new, how many failed when last tried.
    failed: usize,
    /// Some of those that are new.
    new: Sample,
    /// Some of all.
    all: Sample,
    /// What was understood of each of the user's files, by its label.
    files: Vec<(String, Statement)>,
}

impl Outlook {
    fn look_at(&mut self, run: &Run, is_new: bool) {
        if is_new {
            self.new.take(run);
        }
        self.all.take(run);
    }
}

/// The runs that failed when last tried.
fn failed(stored: &Store) -> Result<BTreeSet<RunId>> {
    Ok(stored.failures()?.into_iter().map(|failed| failed.id).collect())
}

fn parameters(units: &[usize]) -> usize {
    units.windows(2).map(|ends| (ends[0] + 1) * ends[1]).sum()
}

/// Of runs that come one by one, some that are spread evenly among them.
#[derive(Debug)]
struct Sample {
    runs: Vec<Run>,
    /// Every so many is taken.
    every: u64,
    seen: u64,
}

impl Default for Sample {
    fn default() -> Self {
        Self { runs: Vec::new(), every: 1, seen: 0 }
    }
}

impl Sample {
    fn take(&mut self, run: &Run) {
        if self.seen.is_multiple_of(self.every) {
            self.runs.push(run.clone());
        }
        self.seen += 1;
        if self.runs.len() as u64 > 2 * SAMPLE {
            let mut place = 0;
            self.runs.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.every *= 2;
        }
    }
}

impl Args {
    fn threads(&self) -> usize {
        self.jobs.map_or_else(cores, usize::from)
    }

    fn outlook(&self, selected: &Selected, grid: &Grid, stored: &Store) -> Result<Outlook> {
        let mut outlook = Outlook { files: selected.statements()?, ..Outlook::default() };
        let failed = failed(stored)?;
        let counted = if failed.is_empty() { Survey::of_nothing_stored(grid, stored)? } else { None };
        outlook.census = if let Some(Survey { census, .. }) = counted {
            // Nothing to look up: a plan of any size is counted at once.
            let (length, count) = (census.total, census.total.min(SAMPLE));
            let rank = |i: u64| (u128::from(i) * u128::from(length) / u128::from(count)) as u64;
            (0..count).for_each(|i| outlook.look_at(&grid.run(rank(i)), true));
            census
        } else if self.partition.is_empty(selected, grid)? {
            Census::default()
        } else {
            let look = |_, run: &Run, status: Option<Status>| {
                outlook.look_at(run, status.is_none());
                outlook.failed += usize::from(failed.contains(&run.id));
                Ok::<_, Error>(())
            };
            Survey::take(grid, stored, Retrain::Nothing, look)?.census
        };
        Ok(outlook)
    }

    /// What the new runs will take, judged by some of them, and the report of all.
    fn cost(&self, Outlook { census, new, all, .. }: &Outlook, stored: &Store) -> Result<Cost> {
        let durations = stored.durations()?;
        let (mut seconds, mut timed, mut training, mut tables) = (0.0, 0u64, 0u64, BTreeMap::new());
        for run in &new.runs {
            if let Some(estimate) = durations.estimate(&run.description) {
                seconds += estimate;
                timed += 1;
            }
            let dataset = &run.config.dataset;
            if let Some((hash, file)) = dataset.content_hash().zip(dataset.file()) {
                tables.insert(hash.to_owned(), file.bytes() as u64);
            }
            training = training.max(memory::needed(&run.config));
        }
        let kept = |run: &Run| 4 * (parameters(&run.config.units()) + 2 * run.config.epochs) as u64 + 1024;
        let report = all.runs.iter().map(kept).sum::<u64>() / (all.runs.len() as u64).max(1) * census.total;
        let each = (timed > 0).then(|| seconds / timed as f64);
        let busy = (self.threads() as u64).min(census.new_runs());
        let seconds = each.map(|each| each * census.new_runs() as f64 / busy.max(1) as f64);
        let tables: u64 = tables.values().sum();
        Ok(Cost { seconds, training: memory::BASE + training * busy + tables, report })
    }

    fn in_words(&self, selected: &Selected, outlook: &Outlook, cost: Cost) -> String {
        let (census, failed) = (outlook.census, outlook.failed);
        let Census { total, diverged, .. } = census;
        let (new, cached) = (census.new_runs(), census.cached());
        let replicates = selected.plan.replicates();
        let part = &self.partition;
        let mut lines = format!("{}{part}: {}", selected.experiment.name, text::count(total as usize, "run"));
        if selected.is_whole() && self.partition.is_whole() {
            let points = text::count((total / replicates.len()) as usize, "grid point");
            lines += &format!(", {points} × {}", replicates);
        }
        lines += &format!("\n  {new} new · {cached} cached · {diverged} diverged");
        lines += &if failed > 0 { format!(" · {failed} failed before\n\n") } else { "\n\n".to_owned() };
        for (label, statement) in &outlook.files {
            lines += &format!("  {}\n", terminal::statement(label, statement));
        }
        let width = selected.plan.axes().iter().map(|axis| axis.key.len()).max().unwrap_or(0).max(6);
        for axis in selected.plan.axes() {
            let mut values: Vec<String> = axis.values.iter().take(TOLD).map(Value::to_string).collect();
            if axis.values.len() > TOLD {
                values.push(format!("… ({} in all)", axis.values.len()));
            }
            lines += &format!("  {:<width$}  {}\n", axis.key, text::plain(&values.join(", ")));
        }
        let threads = text::count(self.threads(), "thread");
        let time = match cost.seconds {
            _ if new == 0 => "none, all is stored".to_owned(),
            Some(seconds) => {
                let time = progress::duration(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
                format!("about {time} on {threads}, as runs like these took before")
            }
            None => "unknown until the first runs are stored".to_owned(),
        };
        let (training, report) = (text::size(cost.training), text::size(cost.report));
        let memory = match new {
            0 => format!("about {report} for the report"),
            _ => format!("about {training} to train, {report} for the report"),
        };
        let gap = if selected.plan.axes().is_empty() { "" } else { "\n" };
        lines + &format!("{gap}  {:<width$}  {time}\n  {:<width$}  {memory}\n", "time", "memory")
    }

    fn json(&self, selected: &Selected, Outlook { census, failed, files, .. }: &Outlook, cost: Cost) -> String {
        let axis = |axis: &crate::plan::Axis| serde_json::json!({ "key": axis.key, "values": axis.values });
        let file = |(label, Statement { facts, notes }): &(String, Statement)| {
            let facts: BTreeMap<_, _> = facts.iter().cloned().collect();
            serde_json::json!({ "label": label, "facts": facts, "notes": notes })
        };
        let object = serde_json::json!({
            "name": selected.experiment.name,
            "files": files.iter().map(file).collect::<Vec<_>>(),
            "total": census.total,
            "new": census.new_runs(),
            "cached": census.cached(),
            "done": census.done,
            "diverged": census.diverged,
            "failed": failed,
            "seeds": selected.plan.replicates().seeds.iter().collect::<Vec<_>>(),
            "folds": selected.plan.replicates().folds.len(),
            "axes": selected.plan.axes().iter().map(axis).collect::<Vec<_>>(),
            "seconds": cost.seconds,
            "threads": self.threads(),
            "training_bytes": cost.training,
            "report_bytes": cost.report,
        });
        format!("{object:#}\n")
    }
}

fn csv(Outlook { census, failed, .. }: &Outlook, cost: Cost) -> String {
    let Census { total, done, diverged } = census;
    let (new, cached) = (census.new_runs(), census.cached());
    let Cost { seconds, training, report } = cost;
    let seconds = seconds.map_or_else(String::new, |seconds| format!("{seconds:?}"));
    format!(
        "total,new,cached,done,diverged,failed,seconds,training_bytes,report_bytes\n\
         {total},{new},{cached},{done},{diverged},{failed},{seconds},{training},{report}\n"
    )
}

/// Writes every run: identity, status, and the keys in use.
fn list(format: Format, grid: &Grid, stored: &Store) -> Result<Exit> {
    let runs: Vec<Run> = grid.runs().map(|(_, run)| run).collect();
    let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
    let table = listing(&runs, &stored.statuses(&ids)?, &failed(stored)?);
    terminal::print(match format {
        Format::Table => table.aligned().into_bytes(),
        Format::Json => table.json().into_bytes(),
        Format::Csv => table.csv(),
    })?;
    Ok(Exit::Done)
}

fn listing(runs: &[Run], statuses: &[Option<Status>], failed: &BTreeSet<RunId>) -> Table {
    let mut keys: Vec<String> = crate::spec::leading().iter().map(|key| (*key).to_owned()).collect();
    for (key, _) in runs.iter().flat_map(|run| run.description.iter()) {
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    }
    let status = |(run, status): (&Run, &Option<Status>)| match status {
        None if failed.contains(&run.id) => "failed".to_owned(),
        None => "new".to_owned(),
        status => tables::status(*status).to_owned(),
    };
    let table = Table::new("plan")
        .text("run", runs.iter().map(|run| run.id.to_string()))
        .text("status", runs.iter().zip(statuses).map(status));
    keys.into_iter().fold(table, |table, key| {
        let cells = Cells::of(runs.iter().map(|run| run.description.get(&key).cloned()).collect());
        table.with(key, cells)
    })
}
