//! Handing runs to a cluster: what the store lacks is dealt to tasks, and these are submitted.

use super::exit::{Error, Result};
use super::selection::Selected;
use super::{submission, terminal};
use crate::cluster::slurm::{self, EngineError, State};
use crate::cluster::{self, Dealer, Slice, Submission};
use crate::plan::Plan;
use crate::search::{Part, Survey};
use crate::store::Store;
use crate::text;

/// Deals what the store lacks, and no other submission is at, to at most `tasks` tasks; `None` if that is nothing.
pub(super) fn deal(
    draft: Submission,
    selected: &Selected,
    tasks: usize,
    dry: bool,
) -> Result<Option<(Submission, Vec<Slice>)>> {
    let (under_way, whose) = if dry { Default::default() } else { under_way(&draft, selected)? };
    let store = Store::read_or_empty(&draft.store)?;
    let mut dealer = Dealer::new(tasks);
    if under_way.is_empty() && Survey::of_nothing_stored(&selected.grid(Part::Whole), &store)?.is_some() {
        deal_all(&selected.plan, &mut dealer);
        return Ok(Some(dealt(draft, dealer)));
    }
    let mut waiting = 0;
    selected.survey(&store, |rank, run, status| {
        match status {
            Some(_) => {}
            None if under_way.binary_search(&rank).is_ok() => waiting += 1,
            None => dealer.add(rank, cluster::cost(&run.config)),
        }
        Ok(())
    })?;
    let (submission, slices) = dealt(draft, dealer);
    if slices.is_empty() && waiting > 0 {
        let runs = text::count(waiting, "run");
        return Err(Error::refused(format_args!(
            "the {runs} that the store lacks are under way in {}",
            whose.join(", ")
        ))
        .help("`tallow jobs` tells how far they are"));
    }
    Ok((!slices.is_empty()).then_some((submission, slices)))
}

/// Deals a whole plan: replicates of a grid point cost the same, so only one of them is made.
fn deal_all(plan: &Plan, dealer: &mut Dealer) {
    let replicates = plan.replicates().len();
    for first in (0..plan.len()).step_by(replicates.max(1) as usize) {
        let cost = cluster::cost(&plan.run(first).config);
        (first..first + replicates).for_each(|rank| dealer.add(rank, cost));
    }
}

fn dealt(draft: Submission, dealer: Dealer) -> (Submission, Vec<Slice>) {
    let slices = dealer.deal();
    let runs = slices.iter().map(|slice| slice.ranks().len()).sum();
    (Submission { tasks: slices.len(), runs, ..draft }, slices)
}

/// Ranks that tasks in the queue are at, ascending, and the submissions these are of.
fn under_way(draft: &Submission, selected: &Selected) -> Result<(Vec<u64>, Vec<String>)> {
    let others: Vec<Submission> = submission::all()?.into_iter().filter(|other| other.is_of(draft)).collect();
    let names: Vec<&str> = others.iter().map(|other| other.name.as_str()).collect();
    let jobs = slurm::jobs(&names).map_err(Error::failed)?;
    let (mut ranks, mut whose) = (Vec::new(), Vec::new());
    for other in &others {
        let live = jobs.iter().filter(|job| job.name == other.name && job.state != State::Over);
        let slices: Vec<Slice> = live.filter_map(|job| other.slice(job.task?, &selected.plan)).collect();
        if !slices.is_empty() {
            whose.push(other.id.clone());
        }
        ranks.extend(slices.iter().flat_map(|slice| slice.ranks().iter()));
    }
    ranks.sort_unstable();
    Ok((ranks, whose))
}

/// Writes the folder and submits its scripts.
pub(super) fn submit(draft: Submission, text: &str, selected: &Selected, slices: &[Slice]) -> Result<Submission> {
    let folder = draft.folder();
    let unwritten = |error| Error::failed(format_args!("cannot write `{}`: {error}", folder.display()));
    let mut submission = draft.create(text, &selected.plan, slices).map_err(unwritten)?;
    let folder = submission.folder();
    let submitted = slurm::submit(&folder.join("tasks.sh"), None).map_err(|error| {
        if let EngineError::Nameless { .. } = error {
            // The tasks may be in the queue, and need the folder.
            let help = format!(
                "`squeue --name={}` says whether the tasks were submitted; `tallow jobs finish {1}` merges what they train, \
                 `tallow jobs cancel {1}` ends them",
                submission.name, submission.id
            );
            return Error::failed(error).help(help);
        }
        // Nothing was handed over, so nothing is left to be seen.
        let _ = std::fs::remove_dir_all(&folder);
        Error::failed(error)
    })?;
    submission.array = Some(submitted);
    submission.save().map_err(unwritten)?;
    let id = &submission.id;
    submission.finish = Some(slurm::submit(&folder.join("finish.sh"), Some(submitted)).map_err(|error| {
        let help = format!("the tasks are submitted; `tallow jobs finish {id}` merges and reports what they train");
        Error::failed(error).help(help)
    })?);
    submission.save().map_err(unwritten)?;
    tell(&submission, slices);
    Ok(submission)
}

fn tell(submission: &Submission, slices: &[Slice]) {
    let Submission { id, array, finish, .. } = submission;
    let [array, finish] = [array, finish].map(|job| job.unwrap_or_default());
    let costs = || slices.iter().map(Slice::cost);
    let mean = costs().sum::<u64>() as f64 / slices.len() as f64;
    let most = costs().max().unwrap_or(0) as f64 / mean;
    terminal::say(format_args!(
        "{id}: {} in {}, the largest {} of the mean; job {array}, then job {finish} merges and reports",
        text::count(submission.runs as usize, "run"),
        text::count(submission.tasks, "task"),
        text::short((most * 1000.0).round() / 1000.0),
    ));
    terminal::say(format_args!(
        "  files:  {}\n  follow: tallow jobs, or squeue --name={}\n  cancel: tallow jobs cancel {id}",
        submission.folder().display(),
        submission.name
    ));
}
