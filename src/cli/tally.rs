//! What came of a sweep, counted.

use std::time::Instant;

use crate::engine::Status;
use crate::exec::{Census, Ended, Event};
use crate::plan::Run;

/// Counts what is trained now, beside how the runs stood before.
#[derive(Debug)]
pub(super) struct Tally {
    /// How the runs stood.
    pub census: Census,
    /// Runs trained now.
    pub trained: u64,
    /// Of these, diverged.
    pub diverged: u64,
    /// Runs that failed, and why.
    pub failed: Vec<(Run, String)>,
    /// Why it ended.
    pub ended: Ended,
    /// From its beginning to the last commit.
    pub seconds: f64,
    began: Option<Instant>,
}

/// Of nothing.
impl Default for Tally {
    fn default() -> Self {
        let (census, ended) = (Census::default(), Ended::Complete);
        Self { census, trained: 0, diverged: 0, failed: Vec::new(), ended, seconds: 0.0, began: None }
    }
}

impl Tally {
    /// Counts what happened.
    pub fn on(&mut self, event: &Event) {
        match event {
            Event::SweepStarted { census, .. } => {
                self.census += *census;
                self.began.get_or_insert_with(Instant::now);
            }
            Event::Finished { outcome, .. } => {
                self.trained += 1;
                self.diverged += u64::from(outcome.status != Status::Done);
            }
            Event::Failed { run, message, .. } => self.failed.push((run.clone(), message.clone())),
            Event::SweepEnded(ended) => {
                self.ended = *ended;
                self.seconds = self.began.map_or(0.0, |began| began.elapsed().as_secs_f64());
            }
            Event::FewerThreads(_) | Event::Started(_) | Event::Idle | Event::Overdue => {}
        }
    }

    /// Runs that were to be trained and neither have an outcome now nor failed.
    pub fn left(&self) -> u64 {
        self.census.new_runs() - self.trained - self.failed.len() as u64
    }
}
