//! What a search can be expected to find with fewer trials (Dodge et al., EMNLP 2019).

/// The expected least of `1..=costs.len()` draws with replacement from these costs, by order statistics:
/// Σ xᵢ (P(X ≥ xᵢ)ᵏ − P(X > xᵢ)ᵏ). Infinite costs stay infinite for as long as they may be all that is drawn.
pub fn expected_best(costs: &[f64]) -> Vec<f64> {
    let sorted = super::sorted(costs);
    let n = sorted.len() as f64;
    let at_least = |i: usize, k: usize| libm::pow((n - i as f64) / n, k as f64);
    let expected = |k: usize| {
        let term = |(i, &x): (usize, &f64)| x * (at_least(i, k) - at_least(i + 1, k));
        super::sum(&sorted.iter().enumerate().map(term).collect::<Vec<_>>())
    };
    (1..=sorted.len()).map(expected).collect()
}
