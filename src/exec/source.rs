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
pub(super) struct Source<I>(Mutex<State<I>>);

struct State<I> {
    runs: Fuse<I>,
    /// Taken from `runs`, not yet handed out.
    waiting: VecDeque<Run>,
    /// How many may still be handed out.
    allowed: u64,
}

impl<I: Iterator<Item = Run>> Source<I> {
    /// Hands out so many at most.
    pub(super) fn new(runs: I, allowed: u64) -> Self {
        Self(Mutex::new(State { runs: runs.fuse(), waiting: VecDeque::new(), allowed }))
    }

    /// The next runs of equal shape; none if there are no more.
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

    /// Whether all runs were handed out.
    pub(super) fn finish(self) -> bool {
        let mut state = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.read_ahead(1);
        state.waiting.is_empty()
    }
}

impl<I: Iterator<Item = Run>> State<I> {
    /// Reads until so many runs wait or there are no more.
    fn read_ahead(&mut self, most: usize) {
        let missing = most.saturating_sub(self.waiting.len());
        self.waiting.extend(self.runs.by_ref().take(missing));
    }
}
