//! Compared values two by two on common random numbers: equal seeds are equal data, initial weights and batches.

use super::Analysis;
use super::tuned::{Choice, Group};
use crate::stats::{self, Estimate};

/// Up to this many compared values, all pairs are compared; beyond, each with the facet's best.
pub const ALL_PAIRS: usize = 12;

/// Two compared values in one facet, each at its tuned setting, on the held-out seeds both were run on.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// An index into `Analysis::facets`.
    pub facet: usize,
    /// The one compared value, an index into `Analysis::values`.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// Seeds both were run on.
    pub n: usize,
    /// Seeds on which both ended with a finite metric: what differences and ratios are over.
    pub finite: usize,
    /// Mean of a − b with Student's 95 % interval.
    pub difference: Estimate,
    /// Geometric mean of a / b with Student's 95 % interval of the logarithms; NaN where a metric is not positive.
    pub ratio: Estimate,
    /// Seeds on which a is better; a diverged run is worse than any other and equal to another diverged one.
    pub wins: usize,
    /// Seeds on which both are equal.
    pub ties: usize,
    /// Seeds on which b is better.
    pub losses: usize,
    /// Two-sided p of Wilcoxon's signed-rank test over the differences, diverged runs as worst.
    pub p: f64,
    /// The same by Holm's correction over the pairs of the facet.
    pub p_holm: f64,
    /// The least p this n can reach.
    pub least_p: f64,
    /// Probability that a run of a is better than one of b, with its bootstrap interval.
    pub improvement: Estimate,
}

impl Analysis {
    pub(super) fn paired(&self) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for facet in 0..self.facets.len() {
            let ranking = self.ranking(facet);
            let mut order: Vec<(&Group, &Choice)> = ranking.clone();
            order.sort_by_key(|(group, _)| group.value);
            let mut found = Vec::new();
            if order.len() <= ALL_PAIRS {
                for (i, a) in order.iter().enumerate() {
                    found.extend(order[i + 1..].iter().filter_map(|b| self.pair(facet, a, b)));
                }
            } else {
                found.extend(ranking[1..].iter().filter_map(|b| self.pair(facet, &ranking[0], b)));
            }
            let corrected = stats::holm(&found.iter().map(|pair| pair.p).collect::<Vec<_>>());
            for (pair, p_holm) in found.iter_mut().zip(corrected) {
                pair.p_holm = p_holm;
            }
            pairs.extend(found);
        }
        pairs
    }

    fn pair(&self, facet: usize, a: &(&Group, &Choice), b: &(&Group, &Choice)) -> Option<Pair> {
        let scores = |choice: &Choice| -> Vec<(u64, f64)> {
            let rows = self.judged_rows(&self.cells[choice.cell]);
            rows.filter_map(|row| Some((self.rows[row].run.config.replicate_number(), self.score(row)?))).collect()
        };
        let (of_a, of_b) = (scores(a.1), scores(b.1));
        let both: Vec<(f64, f64)> = (of_a.iter())
            .filter_map(|&(seed, x)| {
                let at = of_b.binary_search_by_key(&seed, |&(seed, _)| seed).ok()?;
                Some((x, of_b[at].1))
            })
            .collect();
        if both.is_empty() {
            return None;
        }
        // Two infinite losses differ by nothing, not by NaN.
        let gaps: Vec<f64> =
            both.iter().map(|&(x, y)| if x == y { 0.0 } else { self.cost(x) - self.cost(y) }).collect();
        let finite: Vec<(f64, f64)> = both.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        let differences: Vec<f64> = finite.iter().map(|(x, y)| x - y).collect();
        let positive = finite.iter().all(|&(x, y)| x > 0.0 && y > 0.0);
        let logs: Vec<f64> = finite.iter().filter(|_| positive).map(|(x, y)| libm::log(x / y)).collect();
        let log = stats::t_interval(&logs);
        let ratio = Estimate { point: libm::exp(log.point), low: libm::exp(log.low), high: libm::exp(log.high) };
        let costs = |scores: &[(u64, f64)]| -> Vec<f64> { scores.iter().map(|&(_, x)| self.cost(x)).collect() };
        let p = stats::wilcoxon(&gaps);
        Some(Pair {
            facet,
            a: a.0.value,
            b: b.0.value,
            n: both.len(),
            finite: finite.len(),
            difference: stats::t_interval(&differences),
            ratio,
            wins: gaps.iter().filter(|&&gap| gap < 0.0).count(),
            ties: gaps.iter().filter(|&&gap| gap == 0.0).count(),
            losses: gaps.iter().filter(|&&gap| gap > 0.0).count(),
            p,
            p_holm: p,
            least_p: stats::least_p(both.len()),
            improvement: stats::probability_less(&costs(&of_a), &costs(&of_b)),
        })
    }

    /// The comparison of two values in a facet, whichever way round it is kept.
    pub fn pair_of(&self, facet: usize, one: usize, other: usize) -> Option<&Pair> {
        let matches = |pair: &&Pair| (pair.a, pair.b) == (one, other) || (pair.a, pair.b) == (other, one);
        self.pairs.iter().filter(|pair| pair.facet == facet).find(matches)
    }
}
