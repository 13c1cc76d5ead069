//! Percentile bootstrap intervals, stratified and seeded.

use std::sync::OnceLock;

use super::distribution::{normal_tail, student_quantile};
use super::iqm;
use crate::rng::{Purpose, Stream};

/// Resamples of every interval. rliable draws 50,000; the percentile bounds of 2,000 differ from those by about a
/// tenth of the interval's width at the sample sizes of a sweep, and a report of thousands of cells stays quick.
pub const RESAMPLES: usize = 2_000;

/// The least number of values with an interval: fewer are shown as they are.
pub const LEAST: usize = 5;

/// A point estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate from the sample itself.
    pub point: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

impl Estimate {
    /// No estimate: of nothing.
    pub const NONE: Self = Self { point: f64::NAN, low: f64::NAN, high: f64::NAN };
}

/// The 95 % percentile interval of a statistic of the pooled sample, resampling within each stratum (rliable's
/// stratified bootstrap: strata are tasks, values are runs). The statistic gets values in ascending order.
///
/// The point lies in the interval by construction: a percentile bound that passes it is moved to it.
pub fn bootstrap(strata: &[Vec<f64>], statistic: impl Fn(&[f64]) -> f64) -> Estimate {
    // Ranks over the pooled sample: a resample is a count per rank, so no resample is sorted.
    let mut ranked: Vec<(f64, usize)> =
        strata.iter().enumerate().flat_map(|(k, stratum)| stratum.iter().map(move |&x| (x, k))).collect();
    if ranked.is_empty() {
        return Estimate::NONE;
    }
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut members = vec![Vec::new(); strata.len()];
    for (rank, &(_, k)) in ranked.iter().enumerate() {
        members[k].push(rank);
    }
    let point = statistic(&ranked.iter().map(|&(x, _)| x).collect::<Vec<_>>());
    let sizes: Vec<usize> = members.iter().map(Vec::len).collect();
    let mut resample = Vec::with_capacity(ranked.len());
    if let [n @ 1..=REMEMBERED] = sizes[..] {
        let mut drawn = remembered(n).chunks_exact(n);
        return percentile_interval(point, || {
            let places = drawn.next().expect("as many as resamples");
            resample.clear();
            resample.extend(places.iter().map(|&rank| ranked[usize::from(rank)].0));
            statistic(&resample)
        });
    }
    let mut stream = stream(ranked.len());
    let mut counts = vec![0u32; ranked.len()];
    percentile_interval(point, || {
        counts.fill(0);
        for stratum in &members {
            for _ in 0..stratum.len() {
                counts[stratum[stream.below(stratum.len() as u64) as usize]] += 1;
            }
        }
        resample.clear();
        for (&(x, _), &count) in ranked.iter().zip(&counts) {
            resample.extend(std::iter::repeat_n(x, count as usize));
        }
        statistic(&resample)
    })
}

fn stream(n: usize) -> Stream {
    Stream::new(Purpose::Bootstrap, "percentile", n as u64)
}

/// Sample sizes whose resamples are drawn once for the whole process, a byte per rank: most intervals of a report are of
/// few runs.
const REMEMBERED: usize = 128;

/// The ranks of every resample of `n` values, ascending within a resample: the same as would be drawn each time.
fn remembered(n: usize) -> &'static [u8] {
    static DRAWN: [OnceLock<Vec<u8>>; REMEMBERED + 1] = [const { OnceLock::new() }; REMEMBERED + 1];
    DRAWN[n].get_or_init(|| {
        let mut stream = stream(n);
        let mut ranks: Vec<u8> = (0..RESAMPLES * n).map(|_| stream.below(n as u64) as u8).collect();
        ranks.chunks_exact_mut(n).for_each(<[u8]>::sort_unstable);
        ranks
    })
}

/// The 95 % percentile interval of a statistic drawn anew `RESAMPLES` times.
pub(super) fn percentile_interval(point: f64, draw: impl FnMut() -> f64) -> Estimate {
    let mut statistics: Vec<f64> = std::iter::repeat_with(draw).take(RESAMPLES).collect();
    let (low, high) = (percentile(&mut statistics, 0.025), percentile(&mut statistics, 0.975));
    Estimate { point, low: low.min(point), high: high.max(point) }
}

/// Quantile of type 7 by selection, which is quicker than sorting; reorders the values.
fn percentile(values: &mut [f64], q: f64) -> f64 {
    let at = q * (values.len() - 1) as f64;
    let (_, &mut low, above) = values.select_nth_unstable_by(at.floor() as usize, f64::total_cmp);
    let high = above.iter().copied().reduce(f64::min).unwrap_or(low);
    if low == high { low } else { low + (at - at.floor()) * (high - low) }
}

/// The interquartile mean of one sample (in any order) with its bootstrap interval.
pub fn iqm_interval(values: &[f64]) -> Estimate {
    bootstrap(&[values.to_vec()], iqm)
}

/// The 95 % expanded percentile interval of the interquartile mean of one sample. A plain percentile interval is too short by
/// √((n − 1) / n) and by the normal in place of Student's t: its percentiles are taken further out, at Φ(−√(n / (n − 1)) t)
/// with n − 1 degrees of freedom (Hesterberg, The American Statistician 69, 2015). With fewer than five values there is no
/// interval, and the bounds are NaN.
pub fn expanded_iqm_interval(values: &[f64]) -> Estimate {
    let sorted = super::sorted(values);
    let (n, point) = (sorted.len(), iqm(&sorted));
    if n < LEAST {
        return Estimate { point, low: f64::NAN, high: f64::NAN };
    }
    let size = n as f64;
    let tail = normal_tail((size / (size - 1.0)).sqrt() * student_quantile(0.025, size - 1.0));
    let mut stream = stream(n);
    let mut drawn = Vec::with_capacity(n);
    let mut resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            drawn.clear();
            drawn.extend((0..n).map(|_| sorted[stream.below(n as u64) as usize]));
            drawn.sort_by(f64::total_cmp);
            iqm(&drawn)
        })
        .collect();
    let (low, high) = (percentile(&mut resampled, tail), percentile(&mut resampled, 1.0 - tail));
    Estimate { point, low: low.min(point), high: high.max(point) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn strata_are_resampled_apart() {
        let apart = bootstrap(&[vec![0.0; 5], vec![10.0; 5]], super::super::mean);
        assert_eq!((apart.low, apart.point, apart.high), (5.0, 5.0, 5.0));
        let pooled = bootstrap(&[[vec![0.0; 5], vec![10.0; 5]].concat()], super::super::mean);
        assert!(pooled.low < 3.0 && pooled.high > 7.0, "{pooled:?}");
    }

    #[test]
    fn one_value_has_an_interval_without_width_and_nothing_has_none() {
        assert_eq!(iqm_interval(&[3.0]), Estimate { point: 3.0, low: 3.0, high: 3.0 });
        assert!(iqm_interval(&[]).point.is_nan());
    }

    #[test]
    fn fewer_than_five_values_have_no_expanded_interval_and_more_have_a_wider_one() {
        let four = expanded_iqm_interval(&[1.0, 2.0, 3.0, 4.0]);
        assert!(four.point == 2.5 && four.low.is_nan() && four.high.is_nan());
        let values: Vec<f64> = (0..8).map(|i| f64::from(i * i)).collect();
        let (plain, expanded) = (iqm_interval(&values), expanded_iqm_interval(&values));
        assert!(expanded.low < plain.low && plain.point == expanded.point && plain.high < expanded.high);
    }

    #[test]
    fn remembered_resamples_are_those_drawn_anew() {
        for n in [7, REMEMBERED as u32] {
            let values: Vec<f64> = (0..n).map(|i| f64::from(i * i)).collect();
            // An empty second stratum takes the path that draws.
            let drawn = bootstrap(&[values.clone(), Vec::new()], iqm);
            assert_eq!(bootstrap(&[values], iqm), drawn);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn the_interval_holds_the_point_and_ignores_order(mut values in prop::collection::vec(0f64..1.0, 1..12)) {
            let first = iqm_interval(&values);
            prop_assert!(first.low <= first.point && first.point <= first.high);
            values.reverse();
            prop_assert_eq!(first, iqm_interval(&values));
        }
    }
}
