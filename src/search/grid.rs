//! The grid: the runs of a plan, or some of them, asked for at once. It never listens.

use super::{Ranked, Strategy, Told};
use crate::plan::{Filter, Partition, Plan, Ranks, Run};
use crate::store::StoreError;

/// Which of the runs that are meant one process takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<'a> {
    /// All of them.
    Whole,
    /// One of so many parts, counted among those that are meant.
    Equal(Partition),
    /// Those of some ranks in the plan, whatever else is meant.
    Slice(&'a Ranks),
}

/// The runs of a plan that a filter leaves, or a part of them. Their ranks are those of the plan.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    plan: &'a Plan,
    filter: &'a Filter,
    part: Part<'a>,
}

impl<'a> Grid<'a> {
    /// That part of what `filter` leaves of `plan`.
    pub fn new(plan: &'a Plan, filter: &'a Filter, part: Part<'a>) -> Self {
        Self { plan, filter, part }
    }

    /// The runs with their ranks.
    pub fn into_runs(self) -> Ranked<'a> {
        let Self { plan, filter, part } = self;
        let meant = (0..).zip(plan.iter()).filter(|(_, run)| filter.matches(run));
        match part {
            Part::Whole => Box::new(meant),
            Part::Equal(partition) => {
                // Counted among those that are meant, as nextest counts what its filters leave.
                let held = (0..).zip(meant).filter(move |(place, (_, run))| partition.holds(*place, &run.id));
                Box::new(held.map(|(_, ranked)| ranked))
            }
            Part::Slice(ranks) => Box::new(ranks.iter().map(|rank| (rank, plan.run(rank)))),
        }
    }
}

impl Strategy for Grid<'_> {
    fn runs(&self) -> Ranked<'_> {
        self.into_runs()
    }

    fn run(&self, rank: u64) -> Run {
        self.plan.run(rank)
    }

    fn count(&self) -> Option<u64> {
        (self.part == Part::Whole && *self.filter == Filter::default()).then(|| self.plan.len())
    }

    /// There is one rung, whatever it comes to.
    fn next(&mut self, _: &Told) -> Result<bool, StoreError> {
        Ok(false)
    }
}
