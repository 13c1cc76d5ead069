//! Where workers get their runs: one lazy iterator behind a lock, cut into cohorts of equal shape.

use std::iter::Fuse;
use std::sync::{Mutex, PoisonError};

use crate::plan::Run;
use crate::spec::RunConfig;

/// Runs still to be handed out.
pub(super) struct Source<I, E>(Mutex<State<I, E>>);

struct State<I, E> {
    runs: Fuse<I>,
    /// Taken from `runs`, not yet handed out.
    next: Option<Run>,
    /// How many may still be handed out.
    allowed: u64,
    error: Option<E>,
}

impl<E, I: Iterator<Item = Result<Run, E>>> Source<I, E> {
    pub(super) fn new(runs: I, most: Option<u64>) -> Self {
        let allowed = most.unwrap_or(u64::MAX);
        Self(Mutex::new(State { runs: runs.fuse(), next: None, allowed, error: None }))
    }

    /// The next runs of equal shape, `most` at most; none if there are no more or reading them failed.
    pub(super) fn pull(&self, most: usize) -> Vec<Run> {
        // Only the iterator can panic under the lock; it then ends the sweep, and the other workers are to end as well.
        let Ok(mut state) = self.0.lock() else { return Vec::new() };
        let mut cohort: Vec<Run> = Vec::new();
        while cohort.len() < most && state.allowed > 0 {
            let Some(run) = state.take() else { break };
            if cohort.last().is_some_and(|last| !same_shape(&last.config, &run.config)) {
                state.next = Some(run);
                break;
            }
            state.allowed -= 1;
            cohort.push(run);
        }
        cohort
    }

    /// Whether all runs were handed out, or the error that kept them from being.
    pub(super) fn finish(self) -> Result<bool, E> {
        let mut state = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let more = state.allowed == 0 && state.take().is_some();
        state.error.map_or(Ok(!more), Err)
    }
}

impl<E, I: Iterator<Item = Result<Run, E>>> State<I, E> {
    fn take(&mut self) -> Option<Run> {
        if self.next.is_some() || self.error.is_some() {
            return self.next.take();
        }
        self.runs.next()?.map_err(|error| self.error = Some(error)).ok()
    }
}

/// Whether two runs are the same work on different numbers.
fn same_shape(a: &RunConfig, b: &RunConfig) -> bool {
    (a.lib, a.epochs, a.batch_size) == (b.lib, b.epochs, b.batch_size)
        && a.hidden == b.hidden
        && a.dataset.shape() == b.dataset.shape()
        && a.dataset.train_len() == b.dataset.train_len()
}
