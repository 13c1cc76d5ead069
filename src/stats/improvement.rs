//! The probability of improvement: Mann–Whitney's U over both sizes (1947), as rliable has it.

use super::bootstrap::{Estimate, LEAST, MANY, RESAMPLES, percentile_interval};
use super::{normal_quantile, std_dev};
use crate::rng::{Purpose, Stream};

/// The probability that a value of `x` is less than one of `y`, ties counting half (Mann–Whitney's U / nm), with its
/// 95 % bootstrap interval, both samples resampled, or of more than `MANY` values the normal one; without an interval below
/// five values, NaN if either is empty.
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
    if least > MANY {
        let reach = normal_quantile(0.025) * standard_error(&merged);
        return Estimate { point, low: (point - reach).max(0.0), high: (point + reach).min(1.0) };
    }
    let mut stream = Stream::new(Purpose::Bootstrap, "improvement", merged.len() as u64);
    let mut counts = vec![0u32; merged.len()];
    percentile_interval(point, least, RESAMPLES, || {
        counts.fill(0);
        for sample in [&xs, &ys] {
            for _ in 0..sample.len() {
                counts[sample[stream.below(sample.len() as u64) as usize]] += 1;
            }
        }
        share(&counts)
    })
}

/// The standard error from each value's share of the other sample that it is less, or greater, than (DeLong, DeLong &
/// Clarke-Pearson, Biometrics 44, 1988), of both samples merged in order.
fn standard_error(merged: &[(f64, bool)]) -> f64 {
    let of_x = merged.iter().filter(|place| place.1).count() as f64;
    let of_y = merged.len() as f64 - of_x;
    let (mut x_shares, mut y_shares) = (Vec::new(), Vec::new());
    let (mut passed_x, mut passed_y) = (0.0, 0.0);
    for group in merged.chunk_by(|a, b| a.0 == b.0) {
        let here_x = group.iter().filter(|place| place.1).count() as f64;
        let here_y = group.len() as f64 - here_x;
        x_shares.extend(std::iter::repeat_n((of_y - passed_y - 0.5 * here_y) / of_y, here_x as usize));
        y_shares.extend(std::iter::repeat_n((passed_x + 0.5 * here_x) / of_x, here_y as usize));
        (passed_x, passed_y) = (passed_x + here_x, passed_y + here_y);
    }
    let variance = |shares: &[f64], n: f64| std_dev(shares) * std_dev(shares) / n;
    (variance(&x_shares, of_x) + variance(&y_shares, of_y)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_many_values_is_about_that_of_their_bootstrap() {
        let sample = |n: usize, shift: f64| -> Vec<f64> { (0..n).map(|i| libm::sin(i as f64) + shift).collect() };
        // By sizes on either side of the bound: the width goes with the root of the size.
        let many = probability_less(&sample(MANY + 1, 0.0), &sample(MANY + 1, 0.5));
        let drawn = probability_less(&sample(MANY / 4, 0.0), &sample(MANY / 4, 0.5));
        assert!((many.point - drawn.point).abs() < 0.01);
        let ratio = (drawn.high - drawn.low) / (many.high - many.low);
        assert!((ratio / 2.0 - 1.0).abs() < 0.1, "{ratio}");
    }
}
