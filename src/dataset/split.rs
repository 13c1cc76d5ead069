//! Holding out samples that choose and samples that judge, and standardizing by the training part alone.

use super::{Sampling, Table};
use crate::rng::Stream;

/// Samples of each split.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lengths {
    pub train: usize,
    pub validation: usize,
    pub test: usize,
}

impl Lengths {
    /// Of so many samples: the nearest whole numbers to the shares of all of them, but at least one of a split that is asked
    /// for and one to train on, where there are so many.
    pub fn new(len: usize, Sampling { validation, test, .. }: &Sampling) -> Self {
        let held_out = |share: f64, left: usize| {
            let none = share == 0.0 || left < 2;
            if none { 0 } else { libm::round(len as f64 * share).clamp(1.0, left as f64 - 1.0) as usize }
        };
        let test = held_out(*test, len);
        let validation = held_out(*validation, len - test);
        Self { train: len - test - validation, validation, test }
    }
}

/// Splits at random into train, validation and test; each keeps the order of the samples. The test split is the same
/// whatever is held out beside it.
pub(super) fn split(all: Table, features: usize, lengths: Lengths, stream: &mut Stream) -> [Table; 3] {
    if lengths.train == all.len() {
        return [all, Table::default(), Table::default()];
    }
    let mut places: Vec<usize> = (0..all.len()).collect();
    stream.shuffle(&mut places);
    let (test, rest) = places.split_at_mut(lengths.test);
    let (validation, train) = rest.split_at_mut(lengths.validation);
    [&mut *test, validation, train].into_iter().for_each(<[usize]>::sort_unstable);
    let part = |places: &[usize]| Table {
        x: places.iter().flat_map(|&i| &all.x[i * features..(i + 1) * features]).copied().collect(),
        y: places.iter().map(|&i| all.y[i]).collect(),
        weights: all.weights.as_ref().map(|weights| places.iter().map(|&i| weights[i]).collect()),
    };
    [part(train), part(validation), part(test)]
}

/// Brings every input to mean 0 and standard deviation 1 over the training samples; a constant input to 0.
pub(super) fn standardize(train: &mut Table, others: [&mut Table; 2], features: usize) {
    let [validation, test] = others;
    for feature in 0..features {
        let column = || train.x.iter().skip(feature).step_by(features).map(|&x| f64::from(x));
        let n = train.len() as f64;
        let mean = column().sum::<f64>() / n;
        let std = (column().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
        for x in train.x.iter_mut().chain(&mut validation.x).chain(&mut test.x).skip(feature).step_by(features) {
            *x = if std > 0.0 { ((f64::from(*x) - mean) / std) as f32 } else { 0.0 };
        }
    }
}
