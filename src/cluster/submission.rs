//! A submission: a folder of the project that says all of it in plain files.
//!
//! `.tallow/jobs/xor-1/` holds `submission.json`, the experiment file as it was, `slices/K` with the ranks of task K,
//! `tasks.sh` and `finish.sh` as given to the engine, `tasks/K/` with a store for each attempt at task K, and `logs/`.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Slice, Written};
use crate::disk::{self, Lock};
use crate::plan::Plan;

/// Where submissions are, seen from the folder of the project.
pub const FOLDER: &str = ".tallow/jobs";

const RECORD: &str = "submission.json";

/// What a task asks of the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The queue; Slurm says partition.
    pub queue: Option<String>,
    /// The longest a task may take, as the engine spells it.
    pub time: Option<String>,
    /// Cores of a task, each of which trains.
    pub cpus: Option<u32>,
    /// GPUs of a task.
    pub gpus: Option<u32>,
    /// Further arguments of sbatch.
    pub sbatch: Vec<String>,
}

/// All that is known of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// `xor-1`, the name of its folder.
    pub id: String,
    /// What its jobs are called in the queue. No other submission's are: numbers of jobs may be used again by a
    /// controller that lost its state.
    pub name: String,
    /// The experiment file as it was named.
    pub experiment: PathBuf,
    /// The folder from which the experiment file names data.
    pub data: PathBuf,
    /// A hash of the experiment file's text.
    pub hash: String,
    /// Changes to the file.
    pub set: Vec<String>,
    /// The runs of it that are meant.
    pub only: Vec<String>,
    /// The store that takes everything in the end.
    pub store: PathBuf,
    /// The folder of reports.
    pub out: PathBuf,
    /// The folder of the project.
    pub project: PathBuf,
    /// The program that trains.
    pub program: PathBuf,
    /// What a task asks for.
    pub request: Request,
    /// How many tasks, numbered from 1.
    pub tasks: usize,
    /// How many runs.
    pub runs: u64,
    /// The number of the array's job.
    pub array: Option<u64>,
    /// The number of the job that merges and reports.
    pub finish: Option<u64>,
    /// The submission of which this one repeats what is missing.
    pub again: Option<String>,
}

/// How far an attempt at a task is, as it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Runs of the task.
    pub total: u64,
    /// Runs with an outcome.
    pub finished: u64,
    /// Runs that failed.
    pub failed: u64,
}

/// A folder of a submission whose record cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be used: {why}", path.display())]
pub struct Broken {
    /// The `submission.json`.
    path: PathBuf,
    /// What is wrong with it.
    why: String,
}

impl Submission {
    /// With a name for its jobs that no other has: from the project, the submission and when it is made by whom.
    pub fn named(mut self, process: u32) -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let unique = format!("{}\n{}\n{process}\n{now:?}", self.project.display(), self.id);
        self.name = format!("tallow-{}-{}", self.id, &blake3::hash(unique.as_bytes()).to_hex()[..8]);
        self
    }

    /// Its folder, from the project's.
    pub fn folder(&self) -> PathBuf {
        Path::new(FOLDER).join(&self.id)
    }

    /// The experiment file as it was submitted. It keeps its name, which may be the experiment's.
    pub fn copy(&self) -> PathBuf {
        self.folder().join(self.file_name())
    }

    fn file_name(&self) -> &std::ffi::OsStr {
        self.experiment.file_name().unwrap_or("experiment.toml".as_ref())
    }

    /// Whether this is the same experiment, so that ranks mean the same runs.
    pub fn is_of(&self, other: &Self) -> bool {
        (&self.hash, &self.set, &self.data) == (&other.hash, &other.set, &other.data)
    }

    /// An identifier that no submission has yet: `xor-1`, `xor-2`, …
    pub fn next_id(name: &str) -> String {
        let free = |number: &u64| !Path::new(FOLDER).join(format!("{name}-{number}")).exists();
        format!("{name}-{}", (1..).find(free).unwrap_or(u64::MAX))
    }

    /// Writes the folder: beside its place, synced, and moved there as a whole. If another process has taken the identifier
    /// meanwhile, the next free one is taken.
    ///
    /// # Errors
    /// Of the system; then there is no such folder.
    pub fn create(mut self, text: &str, plan: &Plan, slices: &[Slice]) -> io::Result<Self> {
        fs::create_dir_all(FOLDER)?;
        let lock = Lock::take(Path::new(FOLDER))?;
        for (left, _) in lock.unfinished_folders() {
            // Of a process that was killed: nobody has seen it. No link in it is followed.
            let _ = fs::remove_dir_all(left);
        }
        if self.folder().symlink_metadata().is_ok() {
            let name = self.id.rsplit_once('-').map_or(&*self.id, |(name, _)| name).to_owned();
            self.id = Self::next_id(&name);
            self = self.named(std::process::id());
        }
        let (folder, staged) = (self.folder(), lock.beside(&self.folder()));
        let placed = self.write(&staged, text, plan, slices).and_then(|()| fs::rename(&staged, &folder));
        if let Err(error) = placed.and_then(|()| disk::sync(Path::new(FOLDER))) {
            let _ = fs::remove_dir_all(&staged);
            return Err(error);
        }
        Ok(self)
    }

    fn write(&self, staged: &Path, text: &str, plan: &Plan, slices: &[Slice]) -> io::Result<()> {
        fs::create_dir(staged)?;
        for inner in ["slices", "logs", "tasks"] {
            fs::create_dir(staged.join(inner))?;
        }
        disk::write(&staged.join(self.file_name()), text.as_bytes())?;
        for (task, slice) in (1..).zip(slices) {
            disk::write(&staged.join("slices").join(format!("{task}")), slice.text(plan).as_bytes())?;
            fs::create_dir(staged.join("tasks").join(format!("{task}")))?;
        }
        disk::write(&staged.join("tasks.sh"), self.tasks_script().as_bytes())?;
        disk::write(&staged.join("finish.sh"), self.finish_script().as_bytes())?;
        disk::write(&staged.join(RECORD), self.record()?.as_bytes())?;
        [staged.join("slices"), staged.join("tasks"), staged.to_owned()]
            .iter()
            .try_for_each(|folder| disk::sync(folder))
    }

    fn record(&self) -> io::Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }

    /// Writes the record anew.
    ///
    /// # Errors
    /// Of the system; the record is then as it was.
    pub fn save(&self) -> io::Result<()> {
        Lock::take(&self.folder())?.place(Path::new(RECORD), self.record()?.as_bytes())
    }

    /// Reads the submission of that identifier. `None` if there is none.
    ///
    /// # Errors
    /// If its record cannot be read, or says what no submission can: a record may come with a project from anywhere.
    pub fn load(id: &str) -> Result<Option<Self>, Broken> {
        let mut name = Path::new(id).components();
        if !matches!((name.next(), name.next()), (Some(Component::Normal(_)), None)) {
            return Ok(None);
        }
        let path = Path::new(FOLDER).join(id).join(RECORD);
        let broken = |why: String| Broken { path: path.clone(), why };
        let bytes = match disk::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(|error| broken(error.to_string()))?,
        };
        let read: Self = serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
        match read.flaw(id) {
            Some(flaw) => Err(broken(flaw)),
            None => Ok(Some(read)),
        }
    }

    /// What a record says that none of ours does.
    fn flaw(&self, id: &str) -> Option<String> {
        let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
        let one_line = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
        let Self { name, experiment, data, store, out, project, program, request, tasks, .. } = self;
        let named =
            name.strip_prefix("tallow-").and_then(|name| name.strip_prefix(id)).is_some_and(|rest| rest.len() == 9);
        let leads_out = |path: &&PathBuf| path.components().any(|part| part == Component::ParentDir);
        let words = [&request.queue, &request.time].into_iter().flatten().chain(&request.sbatch);
        if self.id != id || !plain(id) {
            return Some(format!("it says that it is `{}`", crate::text::brief(&self.id)));
        }
        if !named || !plain(name) {
            return Some(format!("its jobs cannot be called `{}`", crate::text::brief(name)));
        }
        if let Some(path) = [store, out].into_iter().find(leads_out) {
            return Some(format!("`{}` leads out of the project", crate::text::brief(&path.to_string_lossy())));
        }
        let paths = [experiment, data, store, out, project, program];
        if let Some(path) = paths.into_iter().find(|path| !path.to_str().is_some_and(one_line)) {
            return Some(format!("`{}` cannot stand in a script", crate::text::brief(&path.to_string_lossy())));
        }
        if let Some(word) = words.into_iter().find(|word| !one_line(word)) {
            return Some(format!("`{}` is not one line", crate::text::brief(word)));
        }
        let slices = fs::read_dir(self.folder().join("slices")).map_or(0, Iterator::count);
        (*tasks > slices).then(|| format!("it says that it has {tasks} tasks, and there are slices for {slices}"))
    }

    /// Every submission of the project, oldest first of each experiment, and those that cannot be used. A folder without a
    /// record is none.
    ///
    /// # Errors
    /// If the folder of submissions cannot be read.
    pub fn all() -> io::Result<(Vec<Self>, Vec<Broken>)> {
        let entries = match fs::read_dir(FOLDER) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Default::default()),
            entries => entries?,
        };
        let mut ids = Vec::new();
        for entry in entries {
            ids.extend(entry?.file_name().into_string().ok().filter(|name| !name.starts_with(disk::UNFINISHED)));
        }
        let number = |id: &String| {
            let (name, number) = id.rsplit_once('-').unwrap_or((id, ""));
            (name.to_owned(), number.parse::<u64>().unwrap_or(0))
        };
        ids.sort_by_key(number);
        let (mut sound, mut broken) = (Vec::new(), Vec::new());
        for id in &ids {
            match Self::load(id) {
                Ok(submission) => sound.extend(submission),
                Err(flawed) => broken.push(flawed),
            }
        }
        Ok((sound, broken))
    }

    /// The slice of a task; `None` if it cannot be read or is of another plan.
    pub fn slice(&self, task: usize, plan: &Plan) -> Option<Slice> {
        let text = std::fs::read_to_string(self.folder().join("slices").join(task.to_string())).ok()?;
        Written::parse(&text)?.of(plan).cloned()
    }

    /// Files of the attempts at a task with this extension, in order of name.
    fn attempts(&self, task: usize, extension: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder().join("tasks").join(task.to_string()));
        let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<PathBuf> =
            paths.filter(|path| path.extension().is_some_and(|own| own == extension)).collect();
        paths.sort();
        paths
    }

    /// The stores of all attempts at all tasks.
    pub fn stores(&self) -> Vec<PathBuf> {
        (1..=self.tasks).flat_map(|task| self.attempts(task, "db")).collect()
    }

    /// How far a task is: as far as its best attempt.
    pub fn progress(&self, task: usize) -> Progress {
        let read = |path: PathBuf| serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok();
        let attempts = self.attempts(task, "json").into_iter().filter_map(read);
        attempts.max_by_key(|progress: &Progress| (progress.finished, progress.failed)).unwrap_or_default()
    }
}
