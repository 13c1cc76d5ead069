//! `tallow jobs`: what was submitted, how far it is, and what to do about it.

use std::process::id as process;

use super::exit::{Error, Exit, Result};
use super::selection::Selected;
use super::submission::{self, all, load};
use super::{conflict, finish, follow, handover, terminal};
use crate::cluster::slurm::{self, Job, State};
use crate::cluster::{Slice, Submission};
use crate::plan::RunId;
use crate::report::table::Table;
use crate::search::chunks;
use crate::store::Store;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Command {
    /// List every submission with its runs: done, running, waiting, failed, missing
    List,
    /// Submit the missing runs of a submission, and nothing else
    Resubmit {
        /// The submission, such as xor-1
        id: String,
        /// The largest number of tasks [default: as many as before]
        #[arg(long, value_name = "N")]
        tasks: Option<std::num::NonZeroUsize>,
        /// Follow the tasks to their end, then write the report as a local sweep does
        #[arg(long)]
        wait: bool,
    },
    /// Cancel the tasks of a submission, and keep what they have trained
    Cancel {
        /// The submission, such as xor-1
        id: String,
    },
    /// Merge what the tasks of a submission have trained, and write the report if nothing is missing. The last job of a
    /// submission runs this; you may run it at any time, any number of times
    Finish {
        /// The submission, such as xor-1
        id: String,
    },
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    match args.command.clone().unwrap_or(Command::List) {
        Command::List => list(),
        Command::Resubmit { id, tasks, wait } => resubmit(&load(&id)?, tasks.map(usize::from), wait),
        Command::Cancel { id } => cancel(&load(&id)?),
        Command::Finish { id } => finish::run(&load(&id)?),
    }
}

/// The runs of a submission by how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    done: u64,
    running: u64,
    waiting: u64,
    failed: u64,
    missing: u64,
}

fn list() -> Result<Exit> {
    let submissions = all()?;
    if submissions.is_empty() {
        terminal::say("nothing was submitted from this folder; see `tallow submit --help`");
        return Ok(Exit::Done);
    }
    let names: Vec<&str> = submissions.iter().map(|submission| submission.name.as_str()).collect();
    let jobs = slurm::jobs(&names).unwrap_or_else(|error| {
        terminal::say(format_args!("{error}; what is running or waiting is told as missing"));
        Vec::new()
    });
    let (mut names, mut counts, mut numbers) = (Vec::new(), [const { Vec::new() }; 6], Vec::new());
    for submission in &submissions {
        let own: Vec<&Job> = jobs.iter().filter(|job| job.name == submission.name).collect();
        let Standing { done, running, waiting, failed, missing } = standing(submission, &own)?;
        let own = [submission.array, submission.finish].into_iter().flatten().map(|job| job.to_string());
        numbers.push(own.collect::<Vec<_>>().join(" "));
        names.push(submission.id.clone());
        for (column, count) in counts.iter_mut().zip([submission.runs, done, running, waiting, failed, missing]) {
            column.push(count as usize);
        }
    }
    let heads = ["runs", "done", "running", "waiting", "failed", "missing"];
    let table = heads
        .into_iter()
        .zip(counts)
        .fold(Table::new("jobs").text("submission", names), |table, (head, column)| table.int(head, column));
    terminal::print(table.text("jobs", numbers).aligned())?;
    Ok(Exit::Done)
}

/// While tasks are in the queue they say themselves how far they are; then the store does. It is not read while another
/// machine may write to it.
fn standing(submission: &Submission, jobs: &[&Job]) -> Result<Standing> {
    if jobs.iter().all(|job| job.state == State::Over) {
        return settled(submission);
    }
    let mut standing = Standing::default();
    let selected = submission::plan(submission)?;
    for task in 1..=submission.tasks {
        let runs = submission.slice(task, &selected.plan).map_or(0, |slice| slice.ranks().len());
        let progress = submission.progress(task);
        let (done, failed) = (progress.finished.min(runs), progress.failed.min(runs));
        standing.done += done;
        standing.failed += failed;
        let left = runs.saturating_sub(done + failed);
        match jobs.iter().find(|job| job.task == Some(task)).map(|job| job.state) {
            Some(State::Running) => standing.running += left,
            Some(State::Waiting) => standing.waiting += left,
            Some(State::Over) | None => standing.missing += left,
        }
    }
    Ok(standing)
}

/// As the store says, when no task is left.
fn settled(submission: &Submission) -> Result<Standing> {
    let selected = submission::plan(submission)?;
    let store = Store::read_or_empty(&submission.store)?;
    let failures: std::collections::BTreeSet<RunId> = store.failures()?.into_iter().map(|failed| failed.id).collect();
    let mut standing = Standing::default();
    for ids in identities(submission, &selected) {
        for (id, status) in ids.iter().zip(store.statuses(&ids)?) {
            match status {
                Some(_) => standing.done += 1,
                None if failures.contains(id) => standing.failed += 1,
                None => standing.missing += 1,
            }
        }
    }
    Ok(standing)
}

/// The runs of a submission, some at a time.
fn identities<'a>(submission: &'a Submission, selected: &'a Selected) -> impl Iterator<Item = Vec<RunId>> + 'a {
    let slices = (1..=submission.tasks).filter_map(|task| submission.slice(task, &selected.plan));
    slices.flat_map(|slice: Slice| {
        chunks(slice.ranks().iter().map(|rank| selected.plan.run(rank).id)).collect::<Vec<Vec<RunId>>>()
    })
}

fn resubmit(submission: &Submission, tasks: Option<usize>, wait: bool) -> Result<Exit> {
    let selected = submission::plan(submission)?;
    let merged = finish::merge(submission)?;
    if merged.conflicting > 0 {
        return conflict::refuse(&merged);
    }
    let draft = Submission {
        id: Submission::next_id(&selected.experiment.name),
        again: Some(submission.id.clone()),
        array: None,
        finish: None,
        program: submission::program()?,
        project: submission::project()?,
        ..submission.clone()
    };
    let tasks = tasks.unwrap_or(submission.tasks);
    let Some((again, slices)) = handover::deal(draft.named(process()), &selected, tasks, false)? else {
        return finish::run(submission);
    };
    let again = handover::submit(again, &submission::text_of(submission)?, &selected, &slices)?;
    if wait { follow::run(&again) } else { Ok(Exit::Done) }
}

fn cancel(submission: &Submission) -> Result<Exit> {
    slurm::cancel(&submission.name).map_err(Error::failed)?;
    terminal::say(format_args!(
        "{0}: cancelled; `tallow jobs finish {0}` merges what was trained, `tallow jobs resubmit {0}` goes on",
        submission.id
    ));
    Ok(Exit::Done)
}
