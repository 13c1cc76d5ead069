//! Which runs are trained: a strategy asks for some and, told what they came to, for more.
//!
//! What is asked for together is a rung. Its runs are trained in whatever order the machine likes; only when each of them
//! has an outcome in the store does the strategy decide again, and all it sees are those outcomes, by identity. So it
//! decides the same at any number of threads and after any interruption: of what a sweep finds stored, nothing is trained
//! again, and the strategy is told the same.

mod grid;
mod recorder;
mod survey;
mod sweep;

use crate::engine::Outcome;
use crate::plan::{Run, RunId};
use crate::store::{Store, StoreError};

pub use grid::{Grid, Part};
pub use recorder::Recorder;
pub use survey::{CHUNK, Retrain, Survey, chunks};
pub use sweep::Sweep;

/// Runs with their ranks, each made when it is pulled.
pub type Ranked<'a> = Box<dyn Iterator<Item = (u64, Run)> + Send + 'a>;

/// Decides which runs are trained.
pub trait Strategy: Sync {
    /// The runs asked for now, with ascending ranks.
    fn runs(&self) -> Ranked<'_>;

    /// The run of a rank among those.
    fn run(&self, rank: u64) -> Run;

    /// How many they are, if that is known without making them; their ranks then count from 0.
    fn count(&self) -> Option<u64> {
        None
    }

    /// Goes on to the next rung, now that every run asked for has an outcome; whether there is one.
    ///
    /// # Errors
    /// Those of `told`.
    fn next(&mut self, told: &Told) -> Result<bool, StoreError>;
}

/// What the runs asked for came to: outcomes in the store, looked up as a strategy asks for them.
#[derive(Debug)]
pub struct Told<'a>(&'a Store);

impl Told<'_> {
    /// The outcome of a run that was asked for.
    ///
    /// # Errors
    /// If the store cannot be read, or the run is another.
    pub fn outcome(&self, id: &RunId) -> Result<Outcome, StoreError> {
        self.0.outcome(id)?.ok_or_else(|| StoreError::Unknown { prefix: id.full() })
    }
}
