//! Wilcoxon's signed-rank test (1945) and the Hodges–Lehmann estimate (1963), the interval by inverting the exact test
//! (Hollander & Wolfe, Nonparametric Statistical Methods, section 3.1 to 3.3).
//!
//! Differences may be infinite (one of two runs diverged): they rank highest. Equal magnitudes share their mean rank, and
//! the distribution is that of all signs given these ranks.

use super::bootstrap::{Estimate, LEAST};
use super::distribution::{normal_quantile, normal_tail};

/// The largest number of differences with an exact distribution: counts up to 2⁵⁰ are exact in f64.
const EXACT: usize = 50;

/// The largest number of differences whose averages are listed.
const LISTED: usize = 1_000;

/// Differences this near to each other are ties: what accuracies of equal counts differ by is rounding.
const TIED: f64 = 1e-12;

/// Both tails of the signed-rank statistic of some differences about a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tails {
    /// Chance of a sum of positive ranks as small as this, or smaller.
    pub lower: f64,
    /// Chance of one as large, or larger.
    pub upper: f64,
}

impl Tails {
    /// Two-sided p.
    pub fn two_sided(self) -> f64 {
        (2.0 * self.lower.min(self.upper)).min(1.0)
    }
}

/// The tails of the test that paired differences are symmetric about `centre`. Differences equal to it are dropped
/// (Wilcoxon's own treatment); without any other, both tails are 1. Exact up to 50 others, ties included; beyond, normal
/// with correction for ties and continuity.
pub fn signed_rank(differences: &[f64], centre: f64) -> Tails {
    let mut ordered: Vec<f64> = differences.iter().map(|d| d - centre).filter(|d| d.abs() > TIED).collect();
    ordered.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = ordered.len();
    if n == 0 {
        return Tails { lower: 1.0, upper: 1.0 };
    }
    // Doubled mid-ranks are whole numbers.
    let mut doubled = Vec::with_capacity(n);
    let mut ties = 0.0;
    let tied = |a: &f64, b: &f64| a.abs() == b.abs() || b.abs() - a.abs() <= TIED;
    for group in ordered.chunk_by(tied) {
        let first = doubled.len() + 1;
        doubled.extend(std::iter::repeat_n(2 * first + group.len() - 1, group.len()));
        let t = group.len() as f64;
        ties += t * t * t - t;
    }
    let positive: usize = doubled.iter().zip(&ordered).filter(|(_, d)| **d > 0.0).map(|(rank, _)| rank).sum();
    if n <= EXACT {
        let ways = ways(&doubled);
        let all = libm::ldexp(1.0, n as i32);
        let (lower, upper): (f64, f64) = (ways[..=positive].iter().sum(), ways[positive..].iter().sum());
        return Tails { lower: lower / all, upper: upper / all };
    }
    let (expected, deviation) = moments(n, ties);
    let above = positive as f64 / 2.0 - expected;
    Tails { lower: normal_tail((-above - 0.5) / deviation), upper: normal_tail((above - 0.5) / deviation) }
}

/// How many of all signs give each sum of the positive among these ranks.
fn ways(ranks: &[usize]) -> Vec<f64> {
    let total: usize = ranks.iter().sum();
    let mut ways = vec![0.0f64; total + 1];
    ways[0] = 1.0;
    for &rank in ranks {
        for sum in (rank..=total).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    ways
}

/// Mean and standard deviation of the sum of positive ranks; `ties` is the sum of t³ − t over equal magnitudes.
fn moments(n: usize, ties: f64) -> (f64, f64) {
    let size = n as f64;
    (size * (size + 1.0) / 4.0, (size * (size + 1.0) * (2.0 * size + 1.0) / 24.0 - ties / 48.0).sqrt())
}

/// Two-sided p of Wilcoxon's signed-rank test that paired differences are symmetric about zero.
pub fn wilcoxon(differences: &[f64]) -> f64 {
    signed_rank(differences, 0.0).two_sided()
}

/// The least two-sided p that Wilcoxon's signed-rank test can reach with `n` differences: 2¹⁻ⁿ.
pub fn least_p(n: usize) -> f64 {
    libm::ldexp(1.0, 1 - n.min(1000) as i32).min(1.0)
}

/// The centre of paired differences, the median of their Walsh averages, with the interval of centres that the signed-rank
/// test does not reject at 5 %. With five differences no rejection is possible at 5 %: the interval is that of 93.75 %, from
/// the least to the greatest. With fewer, its bounds are NaN, and all is NaN of nothing.
pub fn hodges_lehmann(differences: &[f64]) -> Estimate {
    let n = differences.len();
    if n == 0 {
        return Estimate::NONE;
    }
    if n > LISTED {
        return selected(differences);
    }
    let mut walsh = Vec::with_capacity(n * (n + 1) / 2);
    let mut opposed = 0;
    for (i, a) in differences.iter().enumerate() {
        for b in &differences[i..] {
            let average = 0.5 * a + 0.5 * b;
            if average.is_nan() { opposed += 1 } else { walsh.push(average) }
        }
    }
    // Opposite infinities balance each other about any centre: half of them on either side.
    walsh.extend((0..opposed).map(|i| if i % 2 == 0 { f64::INFINITY } else { f64::NEG_INFINITY }));
    walsh.sort_by(f64::total_cmp);
    let point = super::quantile(&walsh, 0.5);
    // Between opposite infinities lies nothing to name.
    let point = if point.is_nan() { walsh[walsh.len() / 2] } else { point };
    if n < LEAST {
        return Estimate { point, low: f64::NAN, high: f64::NAN };
    }
    let cut = cut(n).max(1);
    Estimate { point, low: walsh[cut - 1], high: walsh[walsh.len() - cut] }
}

/// The same of so many differences that their averages are counted and not listed.
fn selected(differences: &[f64]) -> Estimate {
    let averages = Averages::new(differences);
    let count = averages.count();
    let point = match (averages.nth(count.div_ceil(2) - 1), averages.nth(count / 2)) {
        (low, high) if low == high => low,
        (low, high) => low + 0.5 * (high - low),
    };
    // Between opposite infinities lies nothing to name.
    let point = if point.is_nan() { averages.nth(count / 2) } else { point };
    let cut = cut(differences.len()).max(1);
    Estimate { point, low: averages.nth(cut - 1), high: averages.nth(count - cut) }
}

/// All averages of two of some numbers, each with itself too, by their places in ascending order.
struct Averages {
    sorted: Vec<f64>,
    /// Averages of opposite infinities, half of which count as either.
    opposed: usize,
}

impl Averages {
    fn new(numbers: &[f64]) -> Self {
        let sorted = super::sorted(numbers);
        let of = |end: f64| sorted.iter().filter(|&&x| x == end).count();
        let opposed = of(f64::INFINITY) * of(f64::NEG_INFINITY);
        Self { sorted, opposed }
    }

    fn count(&self) -> usize {
        self.sorted.len() * (self.sorted.len() + 1) / 2
    }

    /// How many are at most `x`: for ascending numbers, those that make too much with them are ever more.
    fn up_to(&self, x: f64) -> usize {
        if x == f64::INFINITY {
            return self.count();
        }
        let (mut partners, mut found) = (self.sorted.len(), 0);
        for (i, a) in self.sorted.iter().enumerate() {
            // Opposite infinities average to no number; they are counted below.
            let is_within = |b: f64| 0.5 * a + 0.5 * b <= x;
            while partners > i && !is_within(self.sorted[partners - 1]) {
                partners -= 1;
            }
            if partners <= i {
                break;
            }
            found += partners - i;
        }
        found + self.opposed / 2
    }

    /// The average at a place from 0.
    fn nth(&self, place: usize) -> f64 {
        // Numbers as whole ones in the same order.
        let ordered = |x: f64| {
            let bits = x.to_bits() as i64;
            bits ^ (((bits >> 63) as u64) >> 1) as i64
        };
        let number = |at: i64| f64::from_bits((at ^ (((at >> 63) as u64) >> 1) as i64) as u64);
        let (mut low, mut high) = (ordered(f64::NEG_INFINITY), ordered(f64::INFINITY));
        while low < high {
            let middle = low + (high.wrapping_sub(low) as u64 / 2) as i64;
            if self.up_to(number(middle)) > place { high = middle } else { low = middle + 1 }
        }
        number(low)
    }
}

/// How many sums of positive ranks, from the least, have no more than 2.5 % of the chance together.
fn cut(n: usize) -> usize {
    if n > EXACT {
        let (expected, deviation) = moments(n, 0.0);
        return (expected - 0.5 - normal_quantile(0.025) * deviation).floor() as usize;
    }
    let limit = libm::ldexp(0.025, n as i32);
    let within = ways(&(1..=n).collect::<Vec<_>>()).into_iter().scan(0.0, |passed, ways| {
        *passed += ways;
        Some(*passed)
    });
    within.take_while(|&passed| passed <= limit).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn five_differences_give_their_range_and_four_give_no_interval() {
        let five = hodges_lehmann(&[3.0, 1.0, 2.0, 5.0, 4.0]);
        assert_eq!((five.low, five.point, five.high), (1.0, 3.0, 5.0));
        let four = hodges_lehmann(&[3.0, 1.0, 2.0, 4.0]);
        assert!(four.point == 2.5 && four.low.is_nan() && four.high.is_nan());
    }

    #[test]
    fn a_run_that_diverged_counts_and_leaves_its_side_open() {
        let found = hodges_lehmann(&[f64::INFINITY, 0.1, 0.2, 0.3, 0.4, 0.5]);
        assert!(found.low == 0.1 && found.point.is_finite() && found.high == f64::INFINITY, "{found:?}");
        let both = hodges_lehmann(&[f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY, f64::NEG_INFINITY, 0.0]);
        assert!(!both.point.is_nan() && both.low == f64::NEG_INFINITY && both.high == f64::INFINITY, "{both:?}");
    }

    proptest! {
        #[test]
        fn averages_that_are_counted_are_those_that_are_listed(
            differences in prop::collection::vec(prop_oneof![8 => -1f64..1.0, 1 => Just(f64::INFINITY), 1 => Just(f64::NEG_INFINITY)], 5..60)
        ) {
            prop_assert_eq!(selected(&differences), hodges_lehmann(&differences));
        }

        #[test]
        fn the_interval_is_what_the_test_does_not_reject(differences in prop::collection::vec(-1f64..1.0, 6..30)) {
            let found = hodges_lehmann(&differences);
            prop_assert!(found.low <= found.point && found.point <= found.high);
            let p = |centre: f64| signed_rank(&differences, centre).two_sided();
            prop_assert!(p(found.low - 1e-9) <= 0.05 && p(found.high + 1e-9) <= 0.05);
            prop_assert!(p(found.low + 1e-9) > 0.05 && p(found.high - 1e-9) > 0.05);
        }
    }
}
