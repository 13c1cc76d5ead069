//! The batches of an epoch, packed for the lanes once and not in the loop.

use std::borrow::Cow;

use crate::dataset::{Data, Division, Table};
use crate::engine::Training;
use crate::loss::Shares;
use crate::numerics::{self, LANES, Lanes};

/// Every batch of an epoch in turn.
#[derive(Debug)]
pub(super) struct Batches<'a> {
    data: &'a Data,
    weights: Option<Cow<'a, [f32]>>,
    division: Division,
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
        let (data, weights) = (training.data, training.weights());
        let (full, short) = (division.trained / division.size, division.short());
        let groups = full * division.size.div_ceil(LANES) + short.map_or(0, |short| short.div_ceil(LANES));
        let shares = match weights {
            Some(_) => Vec::new(),
            None => [Some(division.size), short].into_iter().flatten().map(|n| Shares::even(data.task, n)).collect(),
        };
        let lanes = |count| vec![Lanes::ZERO; count];
        Self { data, weights, division, x: lanes(groups * data.features), y: lanes(groups), shares }
    }

    pub(super) fn steps(&self) -> usize {
        self.division.steps()
    }

    /// Whether all batches count the same.
    pub(super) fn even(&self) -> bool {
        self.weights.is_none() && self.division.short().is_none()
    }

    /// Packs the samples in this order.
    pub(super) fn fill(&mut self, order: Option<&[u32]>) {
        let Data { features, task, train: Table { x, y, .. }, .. } = self.data;
        let groups = self.division.size.div_ceil(LANES);
        let row = |k: usize| order.map_or(k, |order| order[k] as usize);
        let packed = self.x.chunks_mut(groups * features).zip(self.y.chunks_mut(groups));
        for (step, (packed_x, packed_y)) in packed.enumerate() {
            numerics::pack(x, *features, self.division.places(step).map(row), packed_x);
            numerics::pack(y, 1, self.division.places(step).map(row), packed_y);
        }
        if let Some(weights) = &self.weights {
            let of = |step| Shares::new(*task, self.division.places(step).map(|k| weights[row(k)]));
            self.shares = (0..self.steps()).map(of).collect();
        }
    }

    /// In the order of the steps.
    pub(super) fn iter(&self) -> impl Iterator<Item = Batch<'_>> {
        let groups = self.division.size.div_ceil(LANES);
        let weighted = self.weights.is_some();
        let full = self.division.trained / self.division.size;
        let packed = self.x.chunks(groups * self.data.features).zip(self.y.chunks(groups)).enumerate();
        packed.map(move |(step, (x, y))| {
            let shares = if weighted { step } else { usize::from(step == full) };
            Batch { x, y, shares: &self.shares[shares] }
        })
    }
}
