//! Compared values two by two on common random numbers: equal seeds are equal data, initial weights and batches.

use super::Analysis;
use super::tuned::Choice;
use crate::stats::{self, Estimate, Scale, Verdict, Versus};

/// Up to this many pairs have an interval of the probability of improvement.
const INTERVALS: usize = 500;

/// Two compared values in one facet, each at its tuned setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// An index into `Analysis::facets`.
    pub facet: usize,
    /// The one compared value, an index into `Analysis::values`.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// Seeds both were run on, diverged runs included.
    pub n: usize,
    /// a / b of losses, a − b of shares, with its 95 % interval; bounds are NaN below five seeds.
    pub gap: Estimate,
    /// Seeds on which a is better; a diverged run is worse than any other and equal to another diverged one.
    pub wins: usize,
    /// Seeds on which both are equal.
    pub ties: usize,
    /// Seeds on which b is better.
    pub losses: usize,
    /// Two-sided p of no difference.
    pub p: f64,
    /// The same, corrected over all comparisons of the report.
    pub p_family: f64,
    /// p of a difference beyond the margin, corrected likewise.
    pub p_beyond: f64,
    /// What the comparison comes to.
    pub verdict: Verdict,
    /// Probability that a run of a is better than one of b, with its bootstrap interval.
    pub improvement: Estimate,
}

impl Analysis {
    pub(super) fn paired(&self) -> Vec<Pair> {
        let intervals = self.comparisons.within.len() <= INTERVALS;
        self.comparisons.within.iter().filter_map(|versus| self.pair(versus, intervals)).collect()
    }

    fn pair(&self, versus: &Versus, interval: bool) -> Option<Pair> {
        let facet = versus.case?;
        let scores = |value: usize| -> Option<Vec<(u64, f64)>> {
            let choice: &Choice = self.group(facet, value)?.tuned.as_ref()?;
            let rows = choice.rows.iter();
            Some(
                rows.filter_map(|&row| Some((self.rows[row].replicate.number(), self.cost(self.score(row)?))))
                    .collect(),
            )
        };
        let (of_a, of_b) = (scores(versus.a)?, scores(versus.b)?);
        let both = of_a.iter().filter_map(|&(seed, x)| {
            let at = of_b.binary_search_by_key(&seed, |&(seed, _)| seed).ok()?;
            x.partial_cmp(&of_b[at].1)
        });
        let both: Vec<std::cmp::Ordering> = both.collect();
        let costs = |scores: &[(u64, f64)]| -> Vec<f64> { scores.iter().map(|&(_, x)| x).collect() };
        let mut improvement = stats::probability_less(&costs(&of_a), &costs(&of_b));
        if !interval {
            (improvement.low, improvement.high) = (f64::NAN, f64::NAN);
        }
        Some(Pair {
            facet,
            a: versus.a,
            b: versus.b,
            n: versus.n,
            gap: self.shown_gap(versus.gap),
            wins: both.iter().filter(|order| order.is_lt()).count(),
            ties: both.iter().filter(|order| order.is_eq()).count(),
            losses: both.iter().filter(|order| order.is_gt()).count(),
            p: versus.p,
            p_family: versus.p_family,
            p_beyond: versus.p_beyond,
            verdict: versus.verdict,
            improvement,
        })
    }

    /// A difference of costs as people read it: the ratio of losses, the difference of shares.
    pub fn shown_gap(&self, gap: Estimate) -> Estimate {
        match self.scale() {
            Scale::Ratio => {
                Estimate { point: libm::exp(gap.point), low: libm::exp(gap.low), high: libm::exp(gap.high) }
            }
            Scale::Difference if self.metric.higher_is_better() => {
                Estimate { point: -gap.point, low: -gap.high, high: -gap.low }
            }
            Scale::Difference => gap,
        }
    }

    /// The comparison of two values in a facet, whichever way round it is kept.
    pub fn pair_of(&self, facet: usize, one: usize, other: usize) -> Option<&Pair> {
        let matches = |pair: &&Pair| (pair.a, pair.b) == (one, other) || (pair.a, pair.b) == (other, one);
        self.pairs.iter().filter(|pair| pair.facet == facet).find(matches)
    }
}
