//! The batches of an epoch, packed for the lanes once and not in the loop; of large data a stretch of them at a time, so that
//! a run takes no second copy of its data.

use std::borrow::Cow;
use std::ops::Range;

use crate::dataset::{Data, Division, Table};
use crate::engine::Training;
use crate::loss::Shares;
use crate::numerics::{self, LANES, Lanes};

/// Most bytes of packed inputs, unless a single batch has more.
const MOST: usize = 16 << 20;

/// Every batch of an epoch in turn.
#[derive(Debug)]
pub(super) struct Batches<'a> {
    data: &'a Data,
    weights: Option<Cow<'a, [f32]>>,
    division: Division,
    /// Steps that are packed at once.
    stretch: usize,
    x: Vec<Lanes>,
    y: Vec<Lanes>,
    /// Of every batch where samples have weights, otherwise of a full one and of the short last one.
    shares: Vec<Shares>,
}

/// Samples of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Batch<'a> {
    /// Inputs, group by group and unit by unit.
    pub x: &'a [Lanes],
    /// Targets.
    pub y: &'a [Lanes],
    /// What they count.
    pub shares: &'a Shares,
}

impl<'a> Batches<'a> {
    /// Room for those of the training samples.
    pub(super) fn new(training: &Training<'a>, division: Division) -> Self {
        Self::within(MOST, training.data, training.weights(), division)
    }

    /// With so many bytes of packed inputs at most, unless a single batch has more.
    fn within(most: usize, data: &'a Data, weights: Option<Cow<'a, [f32]>>, division: Division) -> Self {
        let short = division.short();
        let batch = division.size.div_ceil(LANES);
        let stretch = (most / (batch * data.features * size_of::<Lanes>()).max(1)).clamp(1, division.steps().max(1));
        let groups = batch * stretch;
        let shares = match weights {
            Some(_) => Vec::new(),
            None => [Some(division.size), short].into_iter().flatten().map(|n| Shares::even(data.task, n)).collect(),
        };
        let lanes = |count| vec![Lanes::ZERO; count];
        Self { data, weights, division, stretch, x: lanes(groups * data.features), y: lanes(groups), shares }
    }

    pub(super) fn steps(&self) -> usize {
        self.division.steps()
    }

    /// Whether all batches count the same.
    pub(super) fn even(&self) -> bool {
        self.weights.is_none() && self.division.short().is_none()
    }

    /// The stretches of steps that are packed together, one or more.
    pub(super) fn stretches(&self) -> impl ExactSizeIterator<Item = Range<usize>> + use<> {
        let (stretch, steps) = (self.stretch, self.steps());
        (0..steps.div_ceil(stretch)).map(move |i| i * stretch..((i + 1) * stretch).min(steps))
    }

    /// Packs the samples of a stretch in this order.
    pub(super) fn fill(&mut self, stretch: Range<usize>, order: Option<&[u32]>) {
        let Data { features, task, train: Table { x, y, .. }, .. } = self.data;
        let groups = self.division.size.div_ceil(LANES);
        let first = stretch.start == 0;
        let row = |k: usize| order.map_or(k, |order| order[k] as usize);
        let packed = self.x.chunks_mut(groups * features).zip(self.y.chunks_mut(groups));
        for (step, (packed_x, packed_y)) in stretch.zip(packed) {
            numerics::pack(x, *features, self.division.places(step).map(row), packed_x);
            numerics::pack(y, 1, self.division.places(step).map(row), packed_y);
        }
        if let Some(weights) = self.weights.as_ref().filter(|_| first) {
            let of = |step| Shares::new(*task, self.division.places(step).map(|k| weights[row(k)]));
            self.shares = (0..self.steps()).map(of).collect();
        }
    }

    /// Those of a stretch that was filled last, in the order of the steps.
    pub(super) fn iter(&self, stretch: Range<usize>) -> impl Iterator<Item = Batch<'_>> {
        let groups = self.division.size.div_ceil(LANES);
        let weighted = self.weights.is_some();
        let full = self.division.trained / self.division.size;
        let packed = self.x.chunks(groups * self.data.features).zip(self.y.chunks(groups));
        stretch.zip(packed).map(move |(step, (x, y))| {
            let shares = if weighted { step } else { usize::from(step == full) };
            // The last groups of a short batch are not there.
            let groups = self.division.places(step).len().div_ceil(LANES);
            Batch { x: &x[..groups * self.data.features], y: &y[..groups], shares: &self.shares[shares] }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Batching, LastBatch, Task};

    #[test]
    fn a_stretch_at_a_time_gives_the_batches_that_all_at_once_give() {
        let number = |k: usize| ((k * 37) % 101) as f32;
        let table = Table {
            x: (0..3 * 205).map(number).collect(),
            y: (0..205).map(number).collect(),
            weights: Some((0..205).map(|k| number(k) + 1.0).collect()),
        };
        let even = Table { weights: None, ..table.clone() };
        let order: Vec<u32> = (0..205).map(|k| (k * 72) % 205).collect();
        for train in [table, even] {
            let data = Data::new(3, Task::Regression, [train, Table::default(), Table::default()]);
            for (size, last) in
                [(40, LastBatch::Train), (40, LastBatch::Drop), (7, LastBatch::Train), (300, LastBatch::Train)]
            {
                let division = Batching { size, last }.divide(205);
                let all = |most: usize| {
                    let mut batches =
                        Batches::within(most, &data, data.train.weights.as_deref().map(Cow::Borrowed), division);
                    let mut told = Vec::new();
                    for stretch in batches.stretches() {
                        batches.fill(stretch.clone(), Some(&order));
                        told.extend(batches.iter(stretch).map(|batch| format!("{batch:?}")));
                    }
                    told
                };
                let whole = all(usize::MAX);
                assert_eq!(whole.len(), division.steps());
                for most in [1, 5000] {
                    assert!(all(most) == whole, "{size} {last:?} {most}");
                }
            }
        }
    }
}
