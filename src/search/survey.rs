//! How the runs that a strategy asks for stand in a store, and which of them are to be trained.

use super::Strategy;
use crate::engine::Status;
use crate::exec::Census;
use crate::measure::Metric;
use crate::plan::{Ranks, Run, RunId};
use crate::store::{Store, StoreError};

/// Runs looked up together.
pub const CHUNK: usize = 1024;

/// Which of the runs that have an outcome are trained again. Their outcomes stay until they have others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retrain {
    /// Train no run that has an outcome.
    #[default]
    Nothing,
    /// Those that diverged.
    Diverged,
    /// Train every run again.
    All,
}

impl Retrain {
    /// Whether a run that ended so is trained again.
    pub fn wants(self, status: Status) -> bool {
        match self {
            Self::Nothing => false,
            Self::Diverged => status != Status::Done,
            Self::All => true,
        }
    }
}

/// Whether a stored run has the series and measures that are asked for; what it lacks is added when it is trained again.
fn has_all(store: &Store, run: &Run) -> Result<bool, StoreError> {
    let asked = run.config.evaluated().map(|series| series.name);
    Ok(store.has_series(&run.id, asked, run.config.evaluate.every)?
        && store.has_measures(&run.id, run.config.asked().map(Metric::name))?)
}

/// How the runs asked for stand. It keeps the ranks of those to be trained, not the runs: a few numbers in most cases, 8 MB
/// at worst for a million runs of which every other is stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many there are of each kind; those trained again count as new.
    pub census: Census,
    /// The runs to be trained.
    pub lacking: Ranks,
}

impl Survey {
    /// Makes every run once, looks it up in `store`, and shows it to `look`.
    ///
    /// # Errors
    /// If the store cannot be read, and those of `look`.
    pub fn take<E: From<StoreError>>(
        strategy: &dyn Strategy,
        store: &Store,
        retrain: Retrain,
        mut look: impl FnMut(u64, &Run, Option<Status>) -> Result<(), E>,
    ) -> Result<Self, E> {
        let Self { mut census, mut lacking } = Self::default();
        for chunk in chunks(strategy.runs()) {
            let ids: Vec<RunId> = chunk.iter().map(|(_, run)| run.id).collect();
            for ((rank, run), status) in chunk.iter().zip(store.statuses(&ids)?) {
                let status = match status.filter(|status| !retrain.wants(*status)) {
                    Some(status) if has_all(store, run)? => Some(status),
                    _ => None,
                };
                look(*rank, run, status)?;
                census.total += 1;
                match status {
                    Some(Status::Done) => census.done += 1,
                    Some(Status::Diverged { .. }) => census.diverged += 1,
                    None => lacking.push(*rank..rank + 1),
                }
            }
        }
        Ok(Self { census, lacking })
    }

    /// The same where that takes no look at the runs: of a store without an outcome, and runs that are counted already.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn of_nothing_stored(strategy: &dyn Strategy, store: &Store) -> Result<Option<Self>, StoreError> {
        let Some(total) = strategy.count() else { return Ok(None) };
        let mut lacking = Ranks::default();
        lacking.push(0..total);
        Ok(store.is_empty()?.then_some(Self { census: Census::of_new(total), lacking }))
    }
}

/// What is to be looked up, some at a time as it is pulled: one by one costs more, all at once is too much to hold.
pub fn chunks<T>(items: impl Iterator<Item = T>) -> impl Iterator<Item = Vec<T>> {
    let mut items = items.fuse();
    std::iter::from_fn(move || Some(items.by_ref().take(CHUNK).collect::<Vec<T>>()).filter(|chunk| !chunk.is_empty()))
}
