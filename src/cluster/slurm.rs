//! Slurm, through its commands.

use std::io;
use std::path::Path;
use std::process::{Command, Output};

/// What Slurm could not do. Completes “error: …”.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The command is not there or cannot be started.
    #[error("cannot start `{command}`: {source}")]
    Start {
        /// The program that was started: sbatch, squeue or scancel.
        command: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The command failed.
    #[error("`{command}` failed: {said}")]
    Refused {
        /// The program that failed.
        command: &'static str,
        /// What it said.
        said: String,
    },
    /// The command succeeded, but what it said names no job: the script may be in the queue or not.
    #[error("`sbatch` names no job: it said `{said}`")]
    Nameless {
        /// What it said.
        said: String,
    },
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// In the queue.
    Waiting,
    /// On a node.
    Running,
    /// Over, however it ended.
    Over,
}

/// A job in the queue, or not long out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// What it is called.
    pub name: String,
    /// Which task of an array.
    pub task: Option<usize>,
    /// How it stands.
    pub state: State,
}

/// Submits a script to Slurm and returns the number of its job, which starts once the job `after` has ended, in
/// whatever way.
///
/// # Errors
/// If `sbatch` cannot be started, fails, or prints no job number.
pub fn submit(script: &Path, after: Option<u64>) -> Result<u64, EngineError> {
    let mut command = Command::new("sbatch");
    command.arg("--parsable").args(after.map(|job| format!("--dependency=afterany:{job}"))).arg(script);
    let said = run("sbatch", &mut command)?;
    number(&said).ok_or_else(|| EngineError::Nameless { said: crate::text::brief(said.trim()) })
}

/// The number of a job that was submitted: `17`, or with several clusters `17;north`. A wrapper of sbatch may say more
/// beside it, or `Submitted batch job 17`.
fn number(said: &str) -> Option<u64> {
    let line = |line: &str| {
        let line = line.trim();
        line.strip_prefix("Submitted batch job ").unwrap_or(line).split([';', ' ']).next()?.parse().ok()
    };
    said.lines().rev().find_map(line)
}

/// The jobs with these names. Slurm forgets jobs that ended a while ago.
///
/// # Errors
/// If `squeue` cannot be started or fails.
pub fn jobs(names: &[&str]) -> Result<Vec<Job>, EngineError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut command = Command::new("squeue");
    command
        .args(["--noheader", "--array", "--states=all", "--format=%i|%T|%j"])
        .arg(format!("--name={}", names.join(",")));
    Ok(run("squeue", &mut command)?.lines().filter_map(job).collect())
}

/// Cancels the jobs with that name.
///
/// # Errors
/// If `scancel` cannot be started or fails.
pub fn cancel(name: &str) -> Result<(), EngineError> {
    run("scancel", Command::new("scancel").arg(format!("--name={name}"))).map(drop)
}

fn run(name: &'static str, command: &mut Command) -> Result<String, EngineError> {
    let output = command.output().map_err(|source| EngineError::Start { command: name, source })?;
    let Output { status, stdout, stderr } = output;
    if !status.success() {
        let said = String::from_utf8_lossy(&stderr);
        return Err(EngineError::Refused { command: name, said: crate::text::plain(said.trim()) });
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// Reads `17_3|RUNNING|tallow-xor-1-3fa9c2d1`.
fn job(line: &str) -> Option<Job> {
    let mut fields = line.trim().splitn(3, '|');
    let (id, state, name) = (fields.next()?, fields.next()?, fields.next()?);
    let task = id.split_once('_').and_then(|(_, task)| task.parse().ok());
    let state = match state {
        "BOOT_FAIL" | "CANCELLED" | "COMPLETED" | "DEADLINE" | "FAILED" | "NODE_FAIL" | "OUT_OF_MEMORY"
        | "PREEMPTED" | "REVOKED" | "TIMEOUT" => State::Over,
        "PENDING" | "CONFIGURING" | "REQUEUED" | "REQUEUE_FED" | "REQUEUE_HOLD" | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => {
            State::Waiting
        }
        _ => State::Running,
    };
    Some(Job { name: name.to_owned(), task, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_job_is_found_among_words() {
        assert_eq!(number("17\n"), Some(17));
        assert_eq!(number("17;north\n"), Some(17));
        assert_eq!(number("welcome to the cluster\n17\n"), Some(17));
        assert_eq!(number("Submitted batch job 17 on cluster north\n"), Some(17));
        assert_eq!(number("job array accepted\n"), None);
    }

    #[test]
    fn lines_of_squeue_are_read() {
        let read = |line: &str| job(line).map(|job| (job.task, job.state));
        assert_eq!(read("17_3|RUNNING|tallow-xor-1-ab"), Some((Some(3), State::Running)));
        assert_eq!(read("17_12|COMPLETING|x"), Some((Some(12), State::Running)));
        assert_eq!(read("18|PENDING|x"), Some((None, State::Waiting)));
        assert_eq!(read("17_4|NODE_FAIL|x"), Some((Some(4), State::Over)));
        assert_eq!(read(""), None);
        assert_eq!(job("1|FAILED|a|b").map(|job| job.name), Some("a|b".to_owned()));
    }
}
