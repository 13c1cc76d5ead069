//! `tallow plan`: what a sweep would train, and what it would cost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::exit::{Error, Exit, Result};
use super::forecast::{self, Forecast, SAMPLE, Sample};
use super::partition::Part;
use super::selection::{Selected, Selection, StorePath};
use super::{progress, terminal};
use crate::analysis::{Statement, Status};
use crate::exec::Census;
use crate::parallel::cores;
use crate::param::Value;
use crate::plan::{Run, RunId};
use crate::report::table::{Cells, Table};
use crate::report::tables;
use crate::search::{Grid, Retrain, Strategy, Survey};
use crate::store::Store;
use crate::text;

/// Values of an axis told in full.
const TOLD: usize = 12;

/// How a plan is written.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// Text for people
    Table,
    /// A JSON object
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

    /// The number of threads to estimate the time for [default: all cores]
    #[arg(long, short, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,

    /// List every run with its identity, status and description
    #[arg(long)]
    list: bool,

    /// The format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let selected = args.selection.load()?;
    let grid = args.partition.grid(&selected)?;
    let stored = Store::read_or_empty(&args.store.path)?;
    if args.list {
        return list(args.format, &grid, &stored);
    }
    let outlook = args.outlook(&selected, &grid, &stored)?;
    let cost = args.forecast(&selected, &outlook, &stored)?;
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

    fn forecast(&self, selected: &Selected, outlook: &Outlook, stored: &Store) -> Result<Forecast> {
        let judged = forecast::Outlook {
            census: outlook.census,
            new: &outlook.new,
            all: &outlook.all,
            seeds: selected.plan.replicates().len(),
            threads: self.threads(),
        };
        Ok(Forecast::of(&judged, &stored.durations()?))
    }

    fn in_words(&self, selected: &Selected, outlook: &Outlook, cost: Forecast) -> String {
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

    fn json(&self, selected: &Selected, Outlook { census, failed, files, .. }: &Outlook, cost: Forecast) -> String {
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

fn csv(Outlook { census, failed, .. }: &Outlook, cost: Forecast) -> String {
    let Census { total, done, diverged } = census;
    let (new, cached) = (census.new_runs(), census.cached());
    let Forecast { seconds, training, report } = cost;
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
