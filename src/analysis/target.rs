//! Epochs to target: how soon a run's training loss first comes down to a number; never, if it does not.

use super::series::LOSS_MEAN;
use super::tuned::{Choice, Group};
use super::{Analysis, Numbers, Status};
use crate::stats::{self, Estimate};

/// The automatic target is the median final loss of the facet's best setting with this slack: without it, half of the
/// runs that it is taken from would miss it.
pub const SLACK: f64 = 1.1;

/// How the tuned setting of a group reaches the facet's target. Diverged runs never do. A target that is taken from runs
/// is judged on others: it is that of every second seed, and judged on the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    /// The runs, by ascending seed.
    pub rows: Vec<usize>,
    /// Each run's first epoch (from 1) with a mean training loss at or below the target; infinite if there is none.
    pub epochs: Vec<f64>,
    /// The same in optimizer steps.
    pub steps: Vec<f64>,
    /// Median epoch, misses infinite.
    pub median_epochs: f64,
    /// Median step, misses infinite.
    pub median_steps: f64,
    /// Share of runs that reach it, with Wilson's interval.
    pub success: Estimate,
}

impl Reach {
    /// How many runs reach it.
    pub fn reached(&self) -> usize {
        reached(&self.epochs)
    }
}

fn reached(epochs: &[f64]) -> usize {
    epochs.iter().filter(|epoch| epoch.is_finite()).count()
}

impl Analysis {
    /// Each facet's target, a mean training loss of an epoch: the experiment's, else `SLACK` times the median, over every
    /// second seed, of the last epoch's mean loss of the facet's best tuned setting.
    pub(super) fn found_targets(&self, given: Option<f64>) -> Vec<Option<f64>> {
        let automatic = |facet: usize| {
            let (_, choice) = *self.ranking(facet).first()?;
            let finals = choice.rows.iter().filter(|&&row| !self.is_judge_of_target(row) || self.seeds.len() == 1);
            let finals = finals.filter_map(|&row| {
                let outcome = self.rows[row].outcome.as_ref()?;
                let last = f64::from(*outcome.series(&LOSS_MEAN).last()?);
                Some(if outcome.status() == Status::Done && last.is_finite() { last } else { f64::INFINITY })
            });
            let median = stats::median(&finals.collect::<Vec<_>>());
            median.is_finite().then_some(SLACK * median)
        };
        (0..self.facets.len()).map(|facet| given.or_else(|| automatic(facet))).collect()
    }

    /// Whether a run's seed is one of those an automatic target is judged on.
    fn is_judge_of_target(&self, row: usize) -> bool {
        self.replicate(row).is_multiple_of(2)
    }

    /// How a choice reaches its facet's target, which is given or taken from every second seed.
    pub(super) fn reach(&self, group: &Group, choice: &Choice, is_given: bool) -> Option<Reach> {
        let target = self.targets[group.facet]?;
        let judges = choice.rows.iter().copied().filter(|&row| is_given || self.is_judge_of_target(row));
        let rows: Vec<usize> = judges.filter(|&row| self.rows[row].outcome.is_some()).collect();
        if rows.is_empty() {
            return None;
        }
        let outcomes = rows.iter().filter_map(|&row| self.rows[row].outcome.as_ref());
        let epochs: Vec<f64> = outcomes.map(|outcome| epochs_to(target, outcome)).collect();
        let steps_of = |(&row, &epoch): (&usize, &f64)| epoch * self.config(row).steps_per_epoch() as f64;
        let steps: Vec<f64> = rows.iter().zip(&epochs).map(steps_of).collect();
        Some(Reach {
            median_epochs: stats::median(&epochs),
            median_steps: stats::median(&steps),
            success: stats::wilson(reached(&epochs), rows.len()),
            rows,
            epochs,
            steps,
        })
    }

    /// The performance profile of the compared values. Empty with fewer than two.
    pub(super) fn found_profile(&self) -> Profile {
        let mut problems = Vec::new();
        let mut costs = vec![Vec::new(); self.values.len()];
        for facet in (0..self.facets.len()).filter(|_| self.values.len() > 1) {
            let reached: Option<Vec<&Reach>> =
                (0..self.values.len()).map(|value| self.group(facet, value)?.reach.as_ref()).collect();
            let Some(reached) = reached else { continue };
            for &seed in &self.seeds {
                let steps = |reach: &Reach| {
                    let at = reach.rows.iter().position(|&row| self.rows[row].replicate.number() == seed)?;
                    Some(reach.steps[at])
                };
                let Some(steps) = reached.iter().map(|reach| steps(reach)).collect::<Option<Vec<f64>>>() else {
                    continue;
                };
                problems.push((facet, seed));
                for (costs, steps) in costs.iter_mut().zip(steps) {
                    costs.push(steps);
                }
            }
        }
        Profile { problems, ratios: stats::ratios(&costs) }
    }
}

/// A performance profile (Dolan & Moré 2002): each compared value's optimizer steps to target divided by the fewest
/// any value needed. Problems are a facet and a seed that every value was judged on: equal seeds are the same
/// points, initial weights and batches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Facet and seed of each problem.
    pub problems: Vec<(usize, u64)>,
    /// Per compared value, the ratio on each problem; infinite where it misses.
    pub ratios: Vec<Vec<f64>>,
}

/// The first epoch (from 1) whose mean training loss is at or below the target; infinite if none is, or it diverged.
fn epochs_to(target: f64, outcome: &Numbers) -> f64 {
    if outcome.status() != Status::Done {
        return f64::INFINITY;
    }
    let first = outcome.series(&LOSS_MEAN).iter().position(|&loss| f64::from(loss) <= target);
    first.map_or(f64::INFINITY, |epoch| (epoch + 1) as f64)
}
