//! The batches of an epoch, packed for the lanes once and not in the loop.

use crate::dataset::Table;
use crate::numerics::{self, LANES, Lanes};

/// Every batch of an epoch in turn; an incomplete last one is dropped.
#[derive(Debug)]
pub(super) struct Batches {
    batch: usize,
    features: usize,
    steps: usize,
    x: Vec<Lanes>,
    y: Vec<Lanes>,
}

impl Batches {
    pub(super) fn new(table: &Table, features: usize, batch: usize) -> Self {
        let steps = table.len() / batch;
        let groups = steps * batch.div_ceil(LANES);
        Self { batch, features, steps, x: vec![Lanes::ZERO; groups * features], y: vec![Lanes::ZERO; groups] }
    }

    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Packs the samples in this order.
    pub(super) fn fill(&mut self, table: &Table, order: Option<&[u32]>) {
        let groups = self.batch.div_ceil(LANES);
        let x = self.x.chunks_exact_mut(groups * self.features);
        for (step, (x, y)) in x.zip(self.y.chunks_exact_mut(groups)).enumerate() {
            let samples = step * self.batch..(step + 1) * self.batch;
            let row = |k: usize| order.map_or(k, |order| order[k] as usize);
            numerics::pack(&table.x, self.features, samples.clone().map(row), x);
            numerics::pack(&table.y, 1, samples.map(row), y);
        }
    }

    /// Inputs and targets of each step.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[Lanes], &[Lanes])> {
        let groups = self.batch.div_ceil(LANES);
        self.x.chunks_exact(groups * self.features).zip(self.y.chunks_exact(groups))
    }
}
