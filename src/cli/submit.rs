//! `tallow submit`: hands what the store lacks to a cluster.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::exit::{Error, Exit, Result};
use super::selection::{Out, Selected, Selection, StorePath};
use super::{finish, follow, submission, terminal};
use crate::cluster::slurm::{self, State};
use crate::cluster::{self, Dealer, Request, Slice, Submission};
use crate::plan::Plan;
use crate::search::{Part, Survey};
use crate::store::Store;
use crate::text;

/// What hands out the tasks.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Engine {
    /// Slurm: sbatch, squeue, scancel
    Slurm,
}

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StorePath,

    #[command(flatten)]
    out: Out,

    /// What hands out the tasks
    #[arg(long, value_enum, default_value_t = Engine::Slurm)]
    engine: Engine,

    /// Tasks at most; they get about as much work each
    #[arg(long, value_name = "N", default_value = "64")]
    tasks: NonZeroUsize,

    /// The queue (Slurm: partition) [default: the cluster's]
    #[arg(long, value_name = "NAME", value_parser = line)]
    queue: Option<String>,

    /// The longest a task may take, as Slurm spells it: 1:00:00 [default: the cluster's]
    #[arg(long, value_name = "TIME", value_parser = line)]
    time: Option<String>,

    /// Cores of a task, each of which trains [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    cpus: Option<u32>,

    /// GPUs of a task, which then trains on the first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    gpus: Option<u32>,

    /// One more argument of sbatch: --sbatch-arg=--account=lab
    #[arg(long = "sbatch-arg", value_name = "ARG", allow_hyphen_values = true, value_parser = line)]
    sbatch: Vec<String>,

    /// Print the batch scripts; write and submit nothing
    #[arg(long)]
    dry_run: bool,

    /// Follow the tasks to their end, then report as a local sweep does
    #[arg(long)]
    wait: bool,
}

/// What stands in a line of a script.
fn line(text: &str) -> std::result::Result<String, String> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err("it must be one line of text".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let Engine::Slurm = args.engine;
    let selected = args.selection.load()?;
    let (draft, text) = args.draft(&selected)?;
    let Some((submission, slices)) = deal(draft, &selected, args.tasks.get(), args.dry_run)? else {
        return finish::report(&selected, &args.store.path, &args.out.folder(&selected.experiment));
    };
    if args.dry_run {
        let scripts = format!("{}\n{}", submission.tasks_script(), submission.finish_script());
        terminal::print(scripts)?;
        return Ok(Exit::Done);
    }
    let submission = hand_over(submission, &text, &selected, &slices)?;
    if args.wait { follow::run(&submission) } else { Ok(Exit::Done) }
}

impl Args {
    /// The submission before its runs are known, and the text of the experiment file.
    fn draft(&self, selected: &Selected) -> Result<(Submission, String)> {
        let Selection { file, set, only, data_folder } = &self.selection;
        let unusable = |what: &str, error| Error::failed(format_args!("cannot find {what}: {error}"));
        let text = std::fs::read_to_string(file).map_err(|error| unusable("the experiment file", error))?;
        let project = std::env::current_dir().map_err(|error| unusable("this folder", error))?;
        let program = std::env::current_exe().map_err(|error| unusable("this program", error))?;
        let Self { queue, time, cpus, gpus, sbatch, .. } = self;
        let request =
            Request { queue: queue.clone(), time: time.clone(), cpus: *cpus, gpus: *gpus, sbatch: sbatch.clone() };
        let submission = Submission {
            id: Submission::next_id(&selected.experiment.name),
            name: String::new(),
            experiment: file.clone(),
            data: data_folder.clone().unwrap_or_else(|| beside(file)),
            hash: blake3::hash(text.as_bytes()).to_hex()[..32].to_owned(),
            set: set.clone(),
            only: only.clone(),
            store: self.store.path.clone(),
            out: self.out.reports().to_owned(),
            project,
            program,
            request,
            tasks: 0,
            runs: 0,
            array: None,
            finish: None,
            again: None,
        };
        Ok((submission.named(std::process::id()), text))
    }
}

/// The folder of a file.
fn beside(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => ".".into(),
    }
}

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
    let seeds = plan.seeds().len();
    for first in (0..plan.len()).step_by(seeds.max(1) as usize) {
        let cost = cluster::cost(&plan.run(first).config);
        (first..first + seeds).for_each(|rank| dealer.add(rank, cost));
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
pub(super) fn hand_over(
    mut submission: Submission,
    text: &str,
    selected: &Selected,
    slices: &[Slice],
) -> Result<Submission> {
    let folder = submission.folder();
    let unwritten = |error| Error::failed(format_args!("cannot write `{}`: {error}", folder.display()));
    submission.create(text, &selected.plan, slices).map_err(unwritten)?;
    let submitted = slurm::submit(&folder.join("tasks.sh"), None).map_err(|error| {
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
