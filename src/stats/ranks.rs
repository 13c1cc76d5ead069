//! Ranks over several cases: mean ranks for ties, Friedman's test, Nemenyi's critical difference (Demšar, JMLR 7, 2006).

use super::distribution::{fisher_tail, range_quantile};

/// The ranks of some costs, 1 for the least; equal ones share the mean of their ranks.
pub fn mid_ranks(costs: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    order.sort_by(|&a, &b| costs[a].total_cmp(&costs[b]));
    let mut ranks = vec![0.0; costs.len()];
    let mut passed = 0;
    // Means of equal counts may differ in the last bit.
    let near = |a: f64, b: f64| b.is_finite() && b - a <= 1e-12 * b.abs();
    let tied = |&a: &usize, &b: &usize| costs[a] == costs[b] || near(costs[a], costs[b]);
    for group in order.chunk_by(tied) {
        let rank = passed as f64 + (group.len() + 1) as f64 / 2.0;
        group.iter().for_each(|&i| ranks[i] = rank);
        passed += group.len();
    }
    ranks
}

/// What the ranks of `k` treatments over `n` cases say.
#[derive(Clone, Debug, PartialEq)]
pub struct Friedman {
    /// Mean rank of each treatment.
    pub mean_ranks: Vec<f64>,
    /// Friedman's χ², corrected for ties.
    pub chi_square: f64,
    /// The p of Iman and Davenport's F, (n − 1) χ² / (n (k − 1) − χ²), which is less conservative than χ²'s.
    pub p: f64,
    /// Nemenyi's critical difference at 5 %: q √(k (k + 1) / 6n), with q the studentized range over √2.
    pub critical_difference: f64,
}

/// Friedman's test of costs, a row per case; `None` with fewer than two cases or treatments.
pub fn friedman(cases: &[Vec<f64>]) -> Option<Friedman> {
    let (n, k) = (cases.len(), cases.first()?.len());
    if n < 2 || k < 2 {
        return None;
    }
    let ranks: Vec<Vec<f64>> = cases.iter().map(|costs| mid_ranks(costs)).collect();
    let (size, treatments) = (n as f64, k as f64);
    let mean_ranks: Vec<f64> = (0..k).map(|i| ranks.iter().map(|ranks| ranks[i]).sum::<f64>() / size).collect();
    let centre = (treatments + 1.0) / 2.0;
    let between: f64 = mean_ranks.iter().map(|rank| size * (rank - centre) * (rank - centre)).sum();
    let within: f64 = ranks.iter().flatten().map(|rank| (rank - centre) * (rank - centre)).sum();
    let chi_square = if within > 0.0 { between * size * (treatments - 1.0) / within } else { 0.0 };
    let rest = size * (treatments - 1.0) - chi_square;
    let p = match rest > 1e-9 {
        true => fisher_tail((size - 1.0) * chi_square / rest, treatments - 1.0, (treatments - 1.0) * (size - 1.0)),
        // All cases agree, and F is infinite: the chance that all others repeat the order of the first.
        false => libm::pow((1..=k).map(|i| i as f64).product(), 1.0 - size),
    };
    let q = range_quantile(0.05, k) / std::f64::consts::SQRT_2;
    let critical_difference = q * (treatments * (treatments + 1.0) / (6.0 * size)).sqrt();
    Some(Friedman { mean_ranks, chi_square, p, critical_difference })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_costs_share_their_rank_and_divergence_ties_with_itself_only() {
        assert_eq!(mid_ranks(&[2.0, 1.0, 2.0]), [2.5, 1.0, 2.5]);
        assert_eq!(mid_ranks(&[f64::INFINITY, 1.0, f64::INFINITY, 3.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(mid_ranks(&[0.1 + 0.2, 0.3]), [1.5, 1.5]);
    }
}
