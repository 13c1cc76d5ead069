//! Tests and effects by rank: Wilcoxon's signed-rank test, Holm's correction, the probability of improvement.

use super::bootstrap::{Estimate, percentile_interval};
use crate::rng::{Purpose, Stream};

/// The largest number of non-zero differences with an exact p-value.
const EXACT: usize = 50;

/// Two-sided p of Wilcoxon's signed-rank test that paired differences are symmetric about zero.
///
/// Zero differences are dropped (Wilcoxon's own treatment), equal magnitudes share their mean rank. Up to 50 non-zero
/// differences p is exact, from all 2ⁿ signs given the ranks, ties included; beyond, it is normal with correction for
/// ties and continuity. Infinite differences rank highest. Without a non-zero difference p is 1.
pub fn wilcoxon(differences: &[f64]) -> f64 {
    let mut ordered: Vec<f64> = differences.iter().copied().filter(|&d| d != 0.0).collect();
    ordered.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = ordered.len();
    if n == 0 {
        return 1.0;
    }
    // Doubled mid-ranks are whole numbers.
    let mut doubled = Vec::with_capacity(n);
    let mut ties = 0.0;
    for group in ordered.chunk_by(|a, b| a.abs() == b.abs()) {
        let first = doubled.len() + 1;
        doubled.extend(std::iter::repeat_n(2 * first + group.len() - 1, group.len()));
        let t = group.len() as f64;
        ties += t * t * t - t;
    }
    let total: usize = doubled.iter().sum();
    let positive: usize = doubled.iter().zip(&ordered).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
    let smaller = positive.min(total - positive);
    if n <= EXACT {
        let mut ways = vec![0.0f64; total + 1];
        ways[0] = 1.0;
        for &rank in &doubled {
            for sum in (rank..=total).rev() {
                ways[sum] += ways[sum - rank];
            }
        }
        // Counts up to 2⁵⁰ are exact in f64.
        let tail: f64 = ways[..=smaller].iter().sum();
        return (2.0 * tail / (1u64 << n) as f64).min(1.0);
    }
    let size = n as f64;
    let expected = size * (size + 1.0) / 4.0;
    let variance = size * (size + 1.0) * (2.0 * size + 1.0) / 24.0 - ties / 48.0;
    let distance = (expected - smaller as f64 / 2.0 - 0.5).max(0.0);
    libm::erfc(distance / variance.sqrt() / std::f64::consts::SQRT_2)
}

/// The least two-sided p that Wilcoxon's signed-rank test can reach with `n` differences: 2¹⁻ⁿ.
pub fn least_p(n: usize) -> f64 {
    libm::ldexp(1.0, 1 - n.min(1000) as i32).min(1.0)
}

/// Holm's step-down correction of a family of p-values, in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    let mut corrected = vec![0.0; p.len()];
    let mut highest = 0.0f64;
    for (rank, &i) in order.iter().enumerate() {
        highest = highest.max(((p.len() - rank) as f64 * p[i]).min(1.0));
        corrected[i] = highest;
    }
    corrected
}

/// The probability that a value of `x` is less than one of `y`, ties counting half (Mann–Whitney's U / nm), with its
/// 95 % bootstrap interval, both samples resampled. NaN if either is empty.
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
    let mut stream = Stream::new(Purpose::Bootstrap, "improvement", merged.len() as u64);
    let mut counts = vec![0u32; merged.len()];
    percentile_interval(point, || {
        counts.fill(0);
        for sample in [&xs, &ys] {
            for _ in 0..sample.len() {
                counts[sample[stream.below(sample.len() as u64) as usize]] += 1;
            }
        }
        share(&counts)
    })
}
