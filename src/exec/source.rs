//! Where workers get their runs: one lazy iterator behind a lock, cut into cohorts of equal shape.

use std::collections::VecDeque;
use std::iter::Fuse;
use std::sync::{Mutex, PoisonError};

use super::Cohort;
use crate::engine::alike;
use crate::plan::Run;

/// Of how many cohorts the runs are looked through for some of equal shape; one by one, none is read ahead.
const AHEAD: usize = 16;

/// Runs looked through at most, unless one cohort alone has more: each that waits takes some memory.
const WAITING: usize = 16_384;

/// Runs still to be handed out.
pub(super) struct Source<I, E>(Mutex<State<I, E>>);

struct State<I, E> {
    runs: Fuse<I>,
    /// Taken from `runs`, not yet handed out.
    waiting: VecDeque<Run>,
    /// How many may still be handed out.
    allowed: u64,
    error: Option<E>,
}

impl<E, I: Iterator<Item = Result<Run, E>>> Source<I, E> {
    pub(super) fn new(runs: I, most: Option<u64>) -> Self {
        let allowed = most.unwrap_or(u64::MAX);
        Self(Mutex::new(State { runs: runs.fuse(), waiting: VecDeque::new(), allowed, error: None }))
    }

    /// The next runs of equal shape; none if there are no more or reading them failed.
    pub(super) fn pull(&self, cohort: &Cohort) -> Vec<Run> {
        // Only the iterator can panic under the lock; it then ends the sweep, and the other workers are to end as well.
        let Ok(mut state) = self.0.lock() else { return Vec::new() };
        state.read_ahead(1);
        let Some(first) = state.waiting.front() else { return Vec::new() };
        let most = cohort(&first.config).max(1);
        if most > 1 {
            state.read_ahead((AHEAD * most).min(WAITING).max(most));
        }
        let most = most.min(usize::try_from(state.allowed).unwrap_or(usize::MAX));
        if most == 0 {
            return Vec::new();
        }
        let mut cohort: Vec<Run> = state.waiting.pop_front().into_iter().collect();
        let mut others = VecDeque::new();
        while cohort.len() < most
            && let Some(run) = state.waiting.pop_front()
        {
            if alike(&cohort[0].config, &run.config) { cohort.push(run) } else { others.push_back(run) }
        }
        others.append(&mut state.waiting);
        state.waiting = others;
        state.allowed -= cohort.len() as u64;
        cohort
    }

    /// From now on none is handed out.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).allowed = 0;
    }

    /// Whether all runs were handed out, or the error that kept them from being.
    pub(super) fn finish(self) -> Result<bool, E> {
        let mut state = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.read_ahead(1);
        let more = state.allowed == 0 && !state.waiting.is_empty();
        state.error.map_or(Ok(!more), Err)
    }
}

impl<E, I: Iterator<Item = Result<Run, E>>> State<I, E> {
    /// Reads until so many runs wait, there are no more, or there is an error.
    fn read_ahead(&mut self, most: usize) {
        while self.waiting.len() < most && self.error.is_none() {
            match self.runs.next() {
                Some(Ok(run)) => self.waiting.push_back(run),
                Some(Err(error)) => self.error = Some(error),
                None => break,
            }
        }
    }
}
