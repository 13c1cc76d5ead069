//! The order in which an epoch visits the samples.

use super::Dataset;
use crate::rng::{Purpose, Stream};

/// Reshuffled orders, each a function of dataset, replicate and epoch alone: the same for every optimizer, and at every
/// level of noise.
#[derive(Clone, Debug)]
pub struct Order {
    key: String,
    seed: u64,
    order: Vec<u32>,
}

impl Order {
    /// The orders of a replicate's training samples.
    pub fn new(dataset: &Dataset, seed: u64) -> Self {
        Self { key: dataset.stream_key(), seed, order: (0..dataset.train_len(seed) as u32).collect() }
    }

    /// The order of an epoch (from 0).
    pub fn epoch(&mut self, epoch: usize) -> &[u32] {
        for (place, sample) in self.order.iter_mut().enumerate() {
            *sample = place as u32;
        }
        Stream::new(Purpose::Order, &format!("{}/epoch {epoch}", self.key), self.seed).shuffle(&mut self.order);
        &self.order
    }
}
