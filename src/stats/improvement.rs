//! The probability of improvement: Mann–Whitney's U over both sizes (1947), as rliable has it.

use super::bootstrap::{Estimate, LEAST, percentile_interval};
use crate::rng::{Purpose, Stream};

/// The probability that a value of `x` is less than one of `y`, ties counting half (Mann–Whitney's U / nm), with its
/// 95 % bootstrap interval, both samples resampled; without an interval below five values, NaN if either is empty.
pub fn probability_less(x: &[f64], y: &[f64]) -> Estimate {
    if x.is_empty() || y.is_empty() {
        return Estimate::NONE;
    }
    // Both samples merged in order: a resample is a count per place.
    let mut merged: Vec<(f64, bool)> = x.iter().map(|&v| (v, true)).chain(y.iter().map(|&v| (v, false))).collect();
    merged.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let places = |of_x: bool| -> Vec<usize> { (0..merged.len()).filter(|&i| merged[i].1 == of_x).collect() };
    let (xs, ys) = (places(true), places(false));
    let pairs = (x.len() * y.len()) as f64;
    let share = |counts: &[u32]| {
        let (mut less, mut passed) = (0.0, 0.0);
        let mut start = 0;
        for group in merged.chunk_by(|a, b| a.0 == b.0) {
            let (mut here_x, mut here_y) = (0.0, 0.0);
            for (place, count) in group.iter().zip(&counts[start..]) {
                *(if place.1 { &mut here_x } else { &mut here_y }) += f64::from(*count);
            }
            less += here_y * (passed + 0.5 * here_x);
            passed += here_x;
            start += group.len();
        }
        less / pairs
    };
    let point = share(&vec![1; merged.len()]);
    let least = x.len().min(y.len());
    if least < LEAST {
        return Estimate { point, low: f64::NAN, high: f64::NAN };
    }
    let mut stream = Stream::new(Purpose::Bootstrap, "improvement", merged.len() as u64);
    let mut counts = vec![0u32; merged.len()];
    percentile_interval(point, least, || {
        counts.fill(0);
        for sample in [&xs, &ys] {
            for _ in 0..sample.len() {
                counts[sample[stream.below(sample.len() as u64) as usize]] += 1;
            }
        }
        share(&counts)
    })
}
