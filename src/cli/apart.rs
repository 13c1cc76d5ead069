//! Training in a process of its own, whose end ends nothing else: with `--isolate`, and for runs that may have ended one.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::exit::{Error, Exit, Result};
use super::provenance;
use crate::dataset::{self, Origin};
use crate::engine::{self, Device, Failure, Outcome, Stop};
use crate::plan::{Description, Run};
use crate::spec::RunConfig;
use crate::store::{Record, Store};
use crate::text;

/// Between two looks at a process.
const PAUSE: Duration = Duration::from_millis(5);

/// The command of the process.
pub(super) const COMMAND: &str = "train-apart";

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Where the outcome goes
    #[arg(long)]
    store: PathBuf,

    #[arg(long)]
    device: String,
}

/// Trains a run in a process of its own, which a stop ends.
pub(super) fn train(run: &Run, device: &str, stop: &Stop) -> std::result::Result<Outcome, Failure> {
    let failed = |error: io::Error| Failure::Died(format!("could not be started: {error}"));
    let folder = std::env::temp_dir().join(format!("tallow-{}-{}", std::process::id(), run.id.full()));
    std::fs::create_dir(&folder).map_err(failed)?;
    let ended = in_folder(&folder, run, device, stop);
    // It holds what was read from it.
    let _ = std::fs::remove_dir_all(&folder);
    ended.map_err(failed)?
}

fn in_folder(folder: &Path, run: &Run, device: &str, stop: &Stop) -> io::Result<std::result::Result<Outcome, Failure>> {
    let store = folder.join("store.db");
    let mut child = Command::new(std::env::current_exe()?)
        .args([COMMAND, "--device", device, "--store"])
        .arg(&store)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    // It stays open: the process ends where this one does.
    let mut input = child.stdin.take();
    if let Some(input) = &mut input {
        // A description does not say where a file lies.
        let origin = serde_json::to_string(&run.config.dataset.origin()).map_err(io::Error::other)?;
        // How the process ended says more than that it did not read.
        let _ = writeln!(input, "{}\n{origin}", run.description.canonical());
    }
    let Some(status) = wait(&mut child, stop)? else { return Ok(Err(Failure::Stopped)) };
    if !status.success() {
        let mut said = String::new();
        child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said)).transpose()?;
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).map(text::brief);
        let said = last.map(|line| format!(", saying `{line}`")).unwrap_or_default();
        return Ok(Err(Failure::Died(format!("ended with {status}{said}"))));
    }
    let outcome = Store::read(&store).and_then(|store| store.outcome(&run.id));
    Ok(outcome
        .map_err(|error| error.to_string())
        .and_then(|outcome| outcome.ok_or("left no outcome".into()))
        .map_err(Failure::Died))
}

/// How a process ended; `None` if it was ended because of a stop.
fn wait(child: &mut Child, stop: &Stop) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status).filter(|status| status.success() || !stop.is_set()));
        }
        if stop.is_set() {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
}

/// What the process does: it reads a description and where its data lie, trains it, and leaves the outcome in a store.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let (mut text, mut origin) = (String::new(), String::new());
    io::stdin().read_line(&mut text).map_err(Error::failed)?;
    io::stdin().read_line(&mut origin).map_err(Error::failed)?;
    std::thread::spawn(|| {
        // Nobody is there any more who would take the outcome.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(Exit::Interrupted as i32);
    });
    let description = Description::parse(text.trim_end()).ok_or_else(|| Error::refused("this is not a description"))?;
    let mut config = RunConfig::try_from(&description).map_err(Error::failed)?;
    let origin: Option<Origin> = serde_json::from_str(&origin).map_err(Error::failed)?;
    if let Some(origin) = origin {
        config.dataset = config.dataset.at(&origin);
    }
    config.dataset = config.dataset.open(Path::new(""))?;
    let run = Run::new(config);
    let device = Device::open(&args.device)?;
    break_on_purpose(std::slice::from_ref(&run.config));
    let trained =
        engine::train(std::slice::from_ref(&run.config), &dataset::Cache::default(), &device, &Stop::default());
    let outcome = trained.into_iter().next().ok_or_else(|| Error::failed("the engine returned no result"))?;
    let outcome = outcome.map_err(Error::failed)?;
    let record = Record { id: run.id, description: run.description, outcome, provenance: provenance::here(&device) };
    Store::open(&args.store, COMMAND)?.append(&[record])?;
    Ok(Exit::Done)
}

/// Tests see what becomes of a run that panics, or that ends its process, by naming its seed here.
pub(super) fn break_on_purpose(cohort: &[RunConfig]) {
    let seed = |name| std::env::var(name).ok().and_then(|seed: String| seed.parse::<u64>().ok());
    let has = |seed: u64| cohort.iter().any(|run| run.seed == seed);
    if let Some(seed) = seed("__TALLOW_PANIC_AT_SEED") {
        assert!(!has(seed), "seed {seed} was told to panic");
    }
    if seed("__TALLOW_ABORT_AT_SEED").is_some_and(has) {
        std::process::abort();
    }
}
