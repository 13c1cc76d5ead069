//! One family of tests: Holm's step-down correction (1979), with weights.

/// Holm's correction of a family of p-values, in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    weighted_holm(&p.iter().map(|&p| (p, 1.0)).collect::<Vec<_>>())
}

/// Holm's correction of p-values with positive weights (his section 4): a hypothesis of twice the weight is given twice
/// the share of the error. The chance of any false rejection at `p ≤ α` is at most α, however the tests depend on each
/// other.
pub fn weighted_holm(tests: &[(f64, f64)]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..tests.len()).collect();
    order.sort_by(|&a, &b| (tests[a].0 / tests[a].1).total_cmp(&(tests[b].0 / tests[b].1)));
    let mut left: Vec<f64> = order
        .iter()
        .rev()
        .scan(0.0, |sum, &i| {
            *sum += tests[i].1;
            Some(*sum)
        })
        .collect();
    left.reverse();
    let mut corrected = vec![0.0; tests.len()];
    let mut highest = 0.0f64;
    for (&i, left) in order.iter().zip(left) {
        let (p, weight) = tests[i];
        highest = highest.max((p * (left / weight)).min(1.0));
        corrected[i] = highest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_error_goes_to_a_test_of_half_the_weight() {
        let corrected = weighted_holm(&[(0.02, 2.0), (0.004, 1.0), (0.5, 1.0)]);
        assert_eq!(corrected, [0.03, 0.016, 0.5]);
    }
}
