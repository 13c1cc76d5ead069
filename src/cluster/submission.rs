//! A submission: a folder of the project that says all of it in plain files.
//!
//! `.tallow/jobs/xor-1/` holds `submission.json`, the experiment file as it was, `slices/K` with the ranks of task K,
//! `tasks.sh` and `finish.sh` as given to the engine, `tasks/K/` with a store for each attempt at task K, and `logs/`.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Slice, Written};
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
        self.folder().join(self.experiment.file_name().unwrap_or("experiment.toml".as_ref()))
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

    /// Writes the folder, which must not exist yet.
    pub fn create(&self, text: &str, plan: &Plan, slices: &[Slice]) -> io::Result<()> {
        std::fs::create_dir_all(FOLDER)?;
        let folder = self.folder();
        std::fs::create_dir(&folder)?;
        for inner in ["slices", "logs", "tasks"] {
            std::fs::create_dir(folder.join(inner))?;
        }
        std::fs::write(self.copy(), text)?;
        for (task, slice) in (1..).zip(slices) {
            std::fs::write(folder.join("slices").join(format!("{task}")), slice.text(plan))?;
            std::fs::create_dir(folder.join("tasks").join(format!("{task}")))?;
        }
        std::fs::write(folder.join("tasks.sh"), self.tasks_script())?;
        std::fs::write(folder.join("finish.sh"), self.finish_script())?;
        self.save()
    }

    /// Writes the record anew.
    pub fn save(&self) -> io::Result<()> {
        let (path, new) = (self.folder().join(RECORD), self.folder().join(".submission.json.new"));
        std::fs::write(&new, format!("{}\n", serde_json::to_string_pretty(self)?))?;
        std::fs::rename(new, path)
    }

    /// Reads the submission of that identifier.
    pub fn load(id: &str) -> io::Result<Self> {
        let text = std::fs::read_to_string(Path::new(FOLDER).join(id).join(RECORD))?;
        serde_json::from_str(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Every submission of the project, oldest first of each experiment. A folder without a record is none.
    pub fn all() -> io::Result<Vec<Self>> {
        let entries = match std::fs::read_dir(FOLDER) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut ids = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.path().join(RECORD).exists() {
                ids.extend(entry.file_name().into_string().ok());
            }
        }
        let number = |id: &String| {
            let (name, number) = id.rsplit_once('-').unwrap_or((id, ""));
            (name.to_owned(), number.parse::<u64>().unwrap_or(0))
        };
        ids.sort_by_key(number);
        ids.iter().map(|id| Self::load(id)).collect()
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
