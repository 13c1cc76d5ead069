//! The order in which an epoch visits the samples.

use super::Dataset;
use crate::rng::{Purpose, Stream};

/// Reshuffled orders, each a function of dataset, replicate and epoch alone: the same for every optimizer, and at every
/// level of noise.
#[derive(Clone, Debug)]
pub struct Order {
    key: String,
    seed: u64,
    samples: u32,
}

impl Order {
    /// The orders of a replicate's training samples.
    pub fn new(dataset: &Dataset, seed: u64) -> Self {
        Self { key: dataset.stream_key(), seed, samples: dataset.train_len(seed) as u32 }
    }

    /// What the order of an epoch (from 0) is drawn from.
    pub fn stream(&self, epoch: usize) -> Stream {
        Stream::new(Purpose::Order, &format!("{}/epoch {epoch}", self.key), self.seed)
    }

    /// The order of an epoch (from 0).
    pub fn epoch(&self, epoch: usize) -> Vec<u32> {
        self.stream(epoch).order(self.samples)
    }
}
