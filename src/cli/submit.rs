//! `tallow submit`: hands what the store lacks to a cluster.

use std::num::NonZeroUsize;
use std::path::{Component, Path, PathBuf};

use super::exit::{Error, Exit, Result};
use super::selection::{Out, Selected, Selection, StorePath};
use super::{finish, follow, handover, submission, terminal};
use crate::cluster::{Request, Submission};

/// The scheduler.
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

    /// The largest number of tasks; each gets about as much work
    #[arg(long, value_name = "N", default_value = "64")]
    tasks: NonZeroUsize,

    /// The queue (Slurm: partition) [default: the cluster's]
    #[arg(long, value_name = "NAME", value_parser = line)]
    queue: Option<String>,

    /// The longest a task may take, as Slurm spells it: 1:00:00 [default: the cluster's]
    #[arg(long, value_name = "TIME", value_parser = line)]
    time: Option<String>,

    /// The number of cores of a task, each of which trains [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    cpus: Option<u32>,

    /// The number of GPUs of a task, which trains on the first of them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    gpus: Option<u32>,

    /// Pass one more argument to sbatch: --sbatch-arg=--account=lab
    #[arg(long = "sbatch-arg", value_name = "ARG", allow_hyphen_values = true, value_parser = line)]
    sbatch: Vec<String>,

    /// Print the batch scripts, and write and submit nothing
    #[arg(long)]
    dry_run: bool,

    /// Follow the tasks to their end, then write the report as a local sweep does
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
    let Some((submission, slices)) = handover::deal(draft, &selected, args.tasks.get(), args.dry_run)? else {
        return finish::report(&selected, &args.store.path, &args.out.folder(&selected.experiment));
    };
    if args.dry_run {
        let scripts = format!("{}\n{}", submission.tasks_script(), submission.finish_script());
        terminal::print(scripts)?;
        return Ok(Exit::Done);
    }
    let submission = handover::submit(submission, &text, &selected, &slices)?;
    if args.wait { follow::run(&submission) } else { Ok(Exit::Done) }
}

impl Args {
    /// The submission before its runs are known, and the text of the experiment file.
    fn draft(&self, selected: &Selected) -> Result<(Submission, String)> {
        let Selection { file, set, only, data_folder } = &self.selection;
        let text =
            std::fs::read_to_string(file).map_err(|error| submission::not_found("the experiment file", error))?;
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
            store: settled(&self.store.path)?,
            out: settled(self.out.reports())?,
            project: submission::project()?,
            program: submission::program()?,
            request,
            tasks: 0,
            runs: 0,
            array: None,
            finish: None,
            again: None,
        };
        let Submission { experiment, data, store, out, project, program, .. } = &submission;
        for path in [experiment, data, store, out, project, program] {
            if path.to_str().is_none_or(|path| path.chars().any(char::is_control)) {
                return Err(Error::refused(format_args!("`{}` cannot stand in a script", terminal::path(path)))
                    .help("a path of a submission is text without line ends and other control characters"));
            }
        }
        Ok((submission.named(std::process::id()), text))
    }
}

/// A path of the record. One that leads out of the project is absolute there, so that what leads out otherwise is not ours.
fn settled(path: &Path) -> Result<PathBuf> {
    let mut settled = PathBuf::new();
    let leads_out = path.components().any(|part| part == Component::ParentDir);
    for part in if leads_out { submission::project()?.join(path) } else { path.to_owned() }.components() {
        // As the shell has it, since a folder that is yet to be made has no other parent.
        if part == Component::ParentDir { _ = settled.pop() } else { settled.push(part) }
    }
    Ok(settled)
}

/// The folder of a file.
fn beside(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => ".".into(),
    }
}
