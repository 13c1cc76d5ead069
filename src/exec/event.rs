//! What happens during a sweep, told to one consumer in the order in which it happens.

use std::ops::AddAssign;
use std::time::SystemTime;

use super::Options;
use crate::engine::Outcome;
use crate::plan::{Run, RunId};

/// How the runs of a sweep stand before any is trained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Runs asked for.
    pub total: u64,
    /// Of these, trained to the end already.
    pub done: u64,
    /// Of these, diverged already.
    pub diverged: u64,
}

impl Census {
    /// Of so many runs that all are to be trained.
    pub fn of_new(total: u64) -> Self {
        Self { total, ..Self::default() }
    }

    /// Runs with an outcome.
    pub fn cached(&self) -> u64 {
        self.done + self.diverged
    }

    /// Runs to be trained.
    pub fn new_runs(&self) -> u64 {
        self.total - self.cached()
    }
}

impl AddAssign for Census {
    fn add_assign(&mut self, other: Self) {
        self.total += other.total;
        self.done += other.done;
        self.diverged += other.diverged;
    }
}

/// What happens during a sweep. A run that started and neither finished nor failed was dropped because of a stop.
#[derive(Debug)]
pub enum Event {
    /// First of all. A search of several rungs begins and ends once for each.
    SweepStarted {
        /// How the runs stand.
        census: Census,
        /// Runs that are to be trained now: those that are new, if not fewer are allowed.
        expected: u64,
    },
    /// The system lets this process have only so many threads; 0 if the runs are trained on the calling one.
    FewerThreads(usize),
    /// A worker took the run.
    Started(RunId),
    /// The run has an outcome.
    Finished {
        /// The run that was trained.
        run: Run,
        /// What it yielded.
        outcome: Outcome,
        /// When its training began.
        started: SystemTime,
        /// How long it took; a cohort's time is shared equally.
        seconds: f64,
    },
    /// The run could not be trained, or its training panicked.
    Failed {
        /// The run that could not be trained.
        run: Run,
        /// What the engine said, or what the training panicked with.
        message: String,
        /// Whether no other run can be trained either: the sweep ends.
        fatal: bool,
    },
    /// Nothing for a moment: time to commit or to redraw.
    Idle,
    /// Told once: `stop` was set from outside a while ago, and some runs still have not noticed. A caller that
    /// cannot wait for them may end the process.
    Overdue,
    /// Last of all: nothing is in flight any more.
    SweepEnded(Ended),
}

impl Event {
    /// Whether it is a failure after which no run is to be started.
    pub(super) fn is_last(&self, options: &Options) -> bool {
        matches!(self, Self::Failed { fatal, .. } if *fatal || options.fail_fast)
    }
}

/// Why a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// There was no further run.
    Complete,
    /// `stop` was set from outside.
    Stopped,
    /// A run failed, and that was to be the end, or no other could be trained either.
    Failed,
    /// As many runs as were allowed have been started, and there are more.
    MaxRuns,
    /// Time was up, and there are more runs.
    TimeLimit,
}
