//! Location and spread of a sample, summed in a fixed order with compensation.

/// Neumaier's compensated sum, in the order of the slice.
pub fn sum(values: &[f64]) -> f64 {
    let (mut total, mut lost) = (0.0f64, 0.0);
    for &x in values {
        let next = total + x;
        lost += if total.abs() >= x.abs() { (total - next) + x } else { (x - next) + total };
        total = next;
    }
    if total.is_finite() { total + lost } else { total }
}

/// Arithmetic mean; NaN of nothing.
pub fn mean(values: &[f64]) -> f64 {
    sum(values) / values.len() as f64
}

/// Standard deviation with n − 1; NaN of fewer than two values.
pub fn std_dev(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let centre = mean(values);
    let squares: Vec<f64> = values.iter().map(|x| (x - centre) * (x - centre)).collect();
    (sum(&squares) / (values.len() - 1) as f64).sqrt()
}

/// The least value; NaN of nothing.
pub fn min(values: &[f64]) -> f64 {
    values.iter().copied().reduce(f64::min).unwrap_or(f64::NAN)
}

/// The greatest value; NaN of nothing.
pub fn max(values: &[f64]) -> f64 {
    values.iter().copied().reduce(f64::max).unwrap_or(f64::NAN)
}

/// The values in ascending order.
pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Quantile `q` in 0..=1 of values in ascending order, type 7 (R's and NumPy's default); NaN of nothing.
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let at = q * last as f64;
    let below = (at.floor() as usize).min(last);
    let (low, high) = (sorted[below], sorted[(below + 1).min(last)]);
    let rest = at - below as f64;
    // Between equal or infinite neighbours the interpolation would be 0·∞.
    if rest == 0.0 || low == high { low } else { low + rest * (high - low) }
}

/// Median of values in any order.
pub fn median(values: &[f64]) -> f64 {
    quantile(&sorted(values), 0.5)
}

/// Interquartile mean of values in ascending order: the mean without the ⌊n/4⌋ least and greatest, as rliable's
/// (`scipy.stats.trim_mean(x, 0.25)`).
pub fn iqm(sorted: &[f64]) -> f64 {
    let cut = sorted.len() / 4;
    mean(&sorted[cut..sorted.len() - cut])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_compensated_sum_keeps_what_plain_addition_loses() {
        assert_eq!(sum(&[1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(sum(&[f64::INFINITY, 1.0]), f64::INFINITY);
    }

    #[test]
    fn infinite_values_move_order_statistics_without_making_nan() {
        let values = [1.0, 2.0, f64::INFINITY, f64::INFINITY];
        assert_eq!(median(&values), f64::INFINITY);
        assert_eq!(median(&[1.0, 2.0, f64::INFINITY]), 2.0);
        assert_eq!(quantile(&values, 1.0), f64::INFINITY);
        assert_eq!(iqm(&[1.0, 2.0, 3.0, 4.0, 5.0, f64::INFINITY, f64::INFINITY, f64::INFINITY]), f64::INFINITY);
        assert_eq!(iqm(&[1.0, 2.0, 3.0, f64::INFINITY]), 2.5);
    }

    proptest! {
        #[test]
        fn location_lies_within_the_sample(values in prop::collection::vec(-1e6f64..1e6, 1..40)) {
            let sorted = sorted(&values);
            let (low, high) = (min(&values), max(&values));
            for x in [mean(&values), median(&values), iqm(&sorted), quantile(&sorted, 0.37)] {
                prop_assert!(low - 1e-9 <= x && x <= high + 1e-9);
            }
        }
    }
}
