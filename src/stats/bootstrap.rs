//! Expanded percentile bootstrap intervals, stratified and seeded.
//!
//! A plain percentile interval is too short by √((n − 1) / n) and by the normal in place of Student's t. Its percentiles are
//! therefore taken further out, at Φ(−√(n / (n − 1)) t) with n − 1 degrees of freedom (Hesterberg, The American
//! Statistician 69, 2015).

use std::sync::OnceLock;

use super::distribution::{normal_tail, student_quantile};
use super::{iqm, std_dev};
use crate::rng::{Purpose, Stream};

/// Resamples of every interval. rliable draws 50,000; the percentile bounds of 2,000 differ from those by about a
/// tenth of the interval's width at the sample sizes of a sweep, and a report of thousands of cells stays quick.
pub const RESAMPLES: usize = 2_000;

/// The least number of values with an interval: fewer are shown as they are.
pub const LEAST: usize = 5;

/// Values beyond which fewer resamples do, and beyond which the interval of a mean needs none.
pub(super) const MANY: usize = 10_000;

/// Resamples of so many values: `RESAMPLES`, and of more than `MANY` as many as draw about as much, but some.
pub(super) fn resamples(n: usize) -> usize {
    const FEWEST: usize = 100;
    if n <= MANY { RESAMPLES } else { (RESAMPLES * MANY / n).max(FEWEST) }
}

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

/// The 95 % interval of a statistic of the pooled sample, resampling within each stratum (rliable's
/// stratified bootstrap: strata are tasks, values are runs). The statistic gets values in ascending order.
///
/// The point lies in the interval by construction: a percentile bound that passes it is moved to it. With fewer than five
/// values in a stratum there is no interval, and the bounds are NaN.
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
    let sizes: Vec<usize> = members.iter().map(Vec::len).filter(|&n| n > 0).collect();
    let least = sizes.iter().copied().min().unwrap_or(0);
    if least < LEAST {
        return Estimate { point, low: f64::NAN, high: f64::NAN };
    }
    let mut resample = Vec::with_capacity(ranked.len());
    if let [n @ 1..=REMEMBERED] = sizes[..] {
        let mut drawn = remembered(n).chunks_exact(n);
        return percentile_interval(point, least, RESAMPLES, || {
            let places = drawn.next().expect("as many as resamples");
            resample.clear();
            resample.extend(places.iter().map(|&rank| ranked[usize::from(rank)].0));
            statistic(&resample)
        });
    }
    let mut stream = stream(ranked.len());
    let mut counts = vec![0u32; ranked.len()];
    percentile_interval(point, least, resamples(ranked.len()), || {
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

/// The 95 % interval of a statistic drawn anew so many times from samples of `n`, five or more.
pub(super) fn percentile_interval(point: f64, n: usize, resamples: usize, draw: impl FnMut() -> f64) -> Estimate {
    let size = n as f64;
    let tail = normal_tail((size / (size - 1.0)).sqrt() * student_quantile(0.025, size - 1.0));
    let mut statistics: Vec<f64> = std::iter::repeat_with(draw).take(resamples).collect();
    let (low, high) = (percentile(&mut statistics, tail), percentile(&mut statistics, 1.0 - tail));
    Estimate { point, low: low.min(point), high: high.max(point) }
}

/// Quantile of type 7 by selection, which is quicker than sorting; reorders the values.
fn percentile(values: &mut [f64], q: f64) -> f64 {
    let at = q * (values.len() - 1) as f64;
    let (_, &mut low, above) = values.select_nth_unstable_by(at.floor() as usize, f64::total_cmp);
    let high = above.iter().copied().reduce(f64::min).unwrap_or(low);
    if low == high { low } else { low + (at - at.floor()) * (high - low) }
}

/// The interquartile mean of one sample (in any order) with its bootstrap interval, or of more than `MANY` values with
/// what that comes to.
pub fn iqm_interval(values: &[f64]) -> Estimate {
    if values.len() > MANY { trimmed_interval(&super::sorted(values)) } else { bootstrap(&[values.to_vec()], iqm) }
}

/// The interquartile mean of many values in ascending order, with the interval from the standard error of a trimmed mean:
/// that of the sample with its outer quarters drawn in to the quartiles, over the share that is kept (Tukey & McLaughlin,
/// Sankhyā A 25, 1963). Without bounds where a quartile is infinite.
fn trimmed_interval(sorted: &[f64]) -> Estimate {
    let (n, point) = (sorted.len(), iqm(sorted));
    let cut = n / 4;
    let (low, high) = (sorted[cut], sorted[n - 1 - cut]);
    let drawn_in: Vec<f64> = sorted.iter().map(|value| value.clamp(low, high)).collect();
    let kept = (n - 2 * cut) as f64;
    let error = std_dev(&drawn_in) * (n as f64).sqrt() / kept;
    let reach = student_quantile(0.025, kept - 1.0) * error;
    if reach.is_finite() {
        Estimate { point, low: point - reach, high: point + reach }
    } else {
        Estimate { point, low: f64::NAN, high: f64::NAN }
    }
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
    fn fewer_than_five_values_have_no_interval() {
        let four = iqm_interval(&[1.0, 2.0, 3.0, 4.0]);
        assert!(four.point == 2.5 && four.low.is_nan() && four.high.is_nan());
        assert_eq!(iqm_interval(&[3.0; 5]), Estimate { point: 3.0, low: 3.0, high: 3.0 });
        assert!(iqm_interval(&[]).point.is_nan());
    }

    #[test]
    fn the_interval_of_many_values_is_about_that_of_their_bootstrap() {
        let values: Vec<f64> = (0..=MANY as u32).map(|i| libm::exp(4.0 * libm::sin(f64::from(i)))).collect();
        let (many, drawn) = (iqm_interval(&values), bootstrap(&[values], iqm));
        assert_eq!(many.point, drawn.point);
        let (width, expected) = (many.high - many.low, drawn.high - drawn.low);
        assert!((width / expected - 1.0).abs() < 0.1, "{width} for {expected}");
        let lost: Vec<f64> = (0..=MANY).map(|i| if i % 3 == 0 { f64::INFINITY } else { i as f64 }).collect();
        let lost = iqm_interval(&lost);
        assert!(lost.point.is_infinite() && lost.low.is_nan() && lost.high.is_nan(), "{lost:?}");
        let few_lost: Vec<f64> = (0..=MANY).map(|i| if i % 9 == 0 { f64::INFINITY } else { i as f64 }).collect();
        assert!(iqm_interval(&few_lost).high.is_finite());
    }

    #[test]
    fn more_values_take_fewer_resamples_and_never_none() {
        assert_eq!([5, MANY, 2 * MANY, 1_000_000].map(resamples), [RESAMPLES, RESAMPLES, RESAMPLES / 2, 100]);
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
        fn the_interval_holds_the_point_and_ignores_order(mut values in prop::collection::vec(0f64..1.0, 5..12)) {
            let first = iqm_interval(&values);
            prop_assert!(first.low <= first.point && first.point <= first.high);
            values.reverse();
            prop_assert_eq!(first, iqm_interval(&values));
        }
    }
}
