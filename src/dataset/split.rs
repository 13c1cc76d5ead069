//! Holding out samples of a generated dataset.

use super::{Sampling, Table};
use crate::rng::Stream;
use crate::table::Fold;

/// The samples of each split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lengths {
    pub train: usize,
    pub validation: usize,
    pub test: usize,
}

impl Lengths {
    /// Of so many samples a fold, or the nearest whole number to each share, but at least one on either side.
    pub fn of(samples: usize, sampling: &Sampling, fold: Option<Fold>) -> Self {
        let held_out = |share: f64, of: usize| {
            let nearest = libm::round(samples as f64 * share);
            if share == 0.0 || of < 2 { 0 } else { nearest.clamp(1.0, of as f64 - 1.0) as usize }
        };
        let test = match fold {
            Some(Fold { of, index }) => (samples + of - 1 - index) / of,
            None => held_out(sampling.test, samples),
        };
        let validation = held_out(sampling.validation, samples - test);
        Self { train: samples - test - validation, validation, test }
    }
}

/// Splits at random into train, validation and test; each keeps the order of the samples. More validation leaves the test
/// samples as they are.
///
/// Of folds, each takes every so many-th of the shuffled samples.
pub(super) fn split(
    all: Table,
    features: usize,
    lengths: Lengths,
    fold: Option<Fold>,
    stream: &mut Stream,
) -> [Table; 3] {
    let Lengths { validation, test, .. } = lengths;
    if test + validation == 0 {
        return [all, Table::default(), Table::default()];
    }
    let mut places: Vec<usize> = (0..all.len()).collect();
    stream.shuffle(&mut places);
    if let Some(Fold { of, index }) = fold {
        let shuffled = places.clone();
        let is_held_out = |(rank, _): &(usize, usize)| rank % of == index;
        let (held_out, rest): (Vec<_>, Vec<_>) = shuffled.into_iter().enumerate().partition(is_held_out);
        places = held_out.into_iter().chain(rest).map(|(_, place)| place).collect();
    }
    let (held_out, train) = places.split_at_mut(test + validation);
    let (test, validation) = held_out.split_at_mut(test);
    [train, validation, test].map(|places| {
        places.sort_unstable();
        Table {
            x: places.iter().flat_map(|&i| &all.x[i * features..(i + 1) * features]).copied().collect(),
            y: places.iter().map(|&i| all.y[i]).collect(),
            weights: all.weights.as_ref().map(|weights| places.iter().map(|&i| weights[i]).collect()),
        }
    })
}
