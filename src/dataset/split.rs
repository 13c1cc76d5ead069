//! Holding out a test split, and standardizing by the training part alone.

use super::Table;
use crate::rng::Stream;

/// Samples of the test split: the nearest whole number to the share, but at least one on either side.
pub(super) fn test_len(len: usize, share: f64) -> usize {
    if share == 0.0 || len < 2 { 0 } else { libm::round(len as f64 * share).clamp(1.0, len as f64 - 1.0) as usize }
}

/// Splits at random into train and test; both keep the order of the samples.
pub(super) fn split(all: Table, features: usize, share: f64, stream: &mut Stream) -> (Table, Table) {
    let held_out = test_len(all.len(), share);
    if held_out == 0 {
        return (all, Table::default());
    }
    let mut places: Vec<usize> = (0..all.len()).collect();
    stream.shuffle(&mut places);
    let (test, train) = places.split_at_mut(held_out);
    test.sort_unstable();
    train.sort_unstable();
    let part = |places: &[usize]| Table {
        x: places.iter().flat_map(|&i| &all.x[i * features..(i + 1) * features]).copied().collect(),
        y: places.iter().map(|&i| all.y[i]).collect(),
        weights: all.weights.as_ref().map(|weights| places.iter().map(|&i| weights[i]).collect()),
    };
    (part(train), part(test))
}

/// Brings every input to mean 0 and standard deviation 1 over the training samples; a constant input to 0.
pub(super) fn standardize(train: &mut Table, test: &mut Table, features: usize) {
    for feature in 0..features {
        let column = || train.x.iter().skip(feature).step_by(features).map(|&x| f64::from(x));
        let n = train.len() as f64;
        let mean = column().sum::<f64>() / n;
        let std = (column().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
        for x in train.x.iter_mut().chain(&mut test.x).skip(feature).step_by(features) {
            *x = if std > 0.0 { ((f64::from(*x) - mean) / std) as f32 } else { 0.0 };
        }
    }
}
