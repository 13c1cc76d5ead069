//! `--wait`: follows a submission as if it were a local sweep.

use std::time::{Duration, Instant};

use super::exit::{Exit, Result};
use super::interrupt::Interrupt;
use super::progress::Progress;
use super::{finish, terminal};
use crate::cluster::Submission;
use crate::cluster::slurm::{self, State};

/// Between two looks at the tasks' own files.
const PAUSE: Duration = Duration::from_millis(500);

/// Slurm is asked less and less often.
const FIRST: Duration = Duration::from_secs(1);
const LAST: Duration = Duration::from_secs(15);

/// Silence of the controller that is worth a word.
const SILENCE: Duration = Duration::from_secs(60);

/// Follows the tasks to their end, merges what they have trained, also if the job for that is lost, and reports.
pub(super) fn run(submission: &Submission) -> Result<Exit> {
    let stop = Interrupt::heard()?.stop();
    let mut progress = Progress::new(false);
    progress.expect(submission.runs);
    let (mut asked, mut heard) = (Instant::now(), Instant::now());
    let (mut wait, mut silent, mut absent) = (FIRST, false, 0);
    while absent < 2 {
        if stop.is_set() {
            drop(progress);
            terminal::say(format_args!("no longer following {0}; its tasks go on, see `tallow jobs`", submission.id));
            return Ok(Exit::Interrupted);
        }
        std::thread::sleep(PAUSE);
        let tasks = (1..=submission.tasks).map(|task| submission.progress(task));
        progress.reach(tasks.map(|task| task.finished + task.failed).sum());
        if asked.elapsed() < wait {
            continue;
        }
        asked = Instant::now();
        match slurm::jobs(&[&submission.name]) {
            // The controller may be about to start a task again, or just be back itself: once is not enough.
            Ok(jobs) if jobs.iter().all(|job| job.state == State::Over) => (absent, wait) = (absent + 1, FIRST),
            Ok(_) => (absent, heard, wait) = (0, asked, (wait * 5 / 4).min(LAST)),
            // A controller that does not answer says nothing about the tasks.
            Err(error) if heard.elapsed() > SILENCE && !silent => {
                terminal::say(format_args!("{error}; waiting for it"));
                silent = true;
            }
            Err(_) => wait = FIRST,
        }
    }
    drop(progress);
    finish::run(submission)
}
