//! Values compared at their best settings: seeds are resampled, and within each resample settings are chosen anew
//! (Bouthillier et al., MLSys 2021), so that an interval holds the luck of tuning too. All values see the same seeds
//! (common random numbers).

use super::bootstrap::{Estimate, MANY, resamples};
use super::distribution::{normal_quantile, student_quantile, student_tail};
use crate::rng::{Purpose, Stream};

/// On what scale values differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// By a ratio: positive costs, such as losses.
    Ratio,
    /// By a difference: bounded measures.
    Difference,
}

impl Scale {
    /// A cost on this scale; costs of 0 are taken for the least positive f32, which is what rounded to 0.
    pub fn of(self, cost: f64) -> f64 {
        match self {
            Self::Ratio => libm::log(cost.max(f64::from(f32::MIN_POSITIVE))),
            Self::Difference => cost,
        }
    }
}

/// How often each of some seeds is drawn in each resample: the same for the same number of seeds.
#[derive(Clone, Debug)]
pub struct Draws {
    seeds: usize,
    resamples: usize,
    /// Those of all resamples; of more than `MANY` seeds none, which are drawn whenever they are asked for.
    counts: Vec<u16>,
}

impl Draws {
    /// As many resamples as that many seeds are worth.
    pub fn new(seeds: usize) -> Self {
        Self::of(seeds, resamples(seeds))
    }

    /// So many resamples of that many seeds.
    pub fn of(seeds: usize, resamples: usize) -> Self {
        let mut draws = Self { seeds, resamples, counts: Vec::new() };
        if seeds <= MANY {
            let mut counts = Vec::with_capacity(seeds * resamples);
            draws.draw(|resample| counts.extend_from_slice(resample));
            draws.counts = counts;
        }
        draws
    }

    /// Draws every resample.
    fn draw(&self, mut each: impl FnMut(&[u16])) {
        let mut stream = Stream::new(Purpose::Bootstrap, "seeds", self.seeds as u64);
        let mut resample = vec![0; self.seeds];
        for _ in 0..self.resamples {
            resample.fill(0);
            for _ in 0..self.seeds {
                resample[stream.below(self.seeds as u64) as usize] += 1;
            }
            each(&resample);
        }
    }

    /// What each resample comes to.
    fn map<T>(&self, of: impl Fn(&[u16]) -> T) -> Vec<T> {
        if self.seeds <= MANY {
            return self.counts.chunks_exact(self.seeds.max(1)).map(of).collect();
        }
        let mut all = Vec::with_capacity(self.resamples);
        self.draw(|resample| all.push(of(resample)));
        all
    }
}

/// What settings are chosen by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum By<C> {
    /// The costs they are judged by, those of the other seeds where a seed is judged.
    Judged,
    /// Costs on other samples, in the same shape, over all seeds.
    All(C),
    /// Costs on other samples, in the same shape, each seed by its own: where the samples that choose on one seed may judge
    /// on another.
    Own(C),
}

impl<C> By<C> {
    /// The same choice by other costs.
    pub(super) fn map<'a, D>(&'a self, of: impl FnOnce(&'a C) -> D) -> By<D> {
        match self {
            Self::Judged => By::Judged,
            Self::All(costs) => By::All(of(costs)),
            Self::Own(costs) => By::Own(of(costs)),
        }
    }
}

/// A compared value at its best setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Tuned {
    /// The setting of the least interquartile mean over all seeds, of the costs that choose.
    pub setting: usize,
    /// The interquartile mean over all seeds at what is chosen, on the scale.
    pub location: f64,
    /// For each seed the setting that it is judged at; `None` where nothing tells. By the costs that judge it is the setting of
    /// the least mean over the other seeds.
    pub chosen: Vec<Option<usize>>,
    /// The location in each resample, settings chosen within it; NaN where it drew none of the value's seeds.
    pub resampled: Vec<f64>,
}

impl Tuned {
    /// Tunes a value from its finite costs by setting and seed; NaN where a run is missing. `None` without any cost to choose by.
    /// A setting with fewer than half as many seeds as another is not chosen: a few seeds are easily lucky.
    pub fn new<C: AsRef<[f64]>>(costs: &[C], by: By<&[C]>, scale: Scale, draws: &Draws) -> Option<Self> {
        let choosing = Settings::new(match by {
            By::Judged => costs,
            By::All(by) | By::Own(by) => by,
        });
        let seeds = costs.iter().map(|costs| costs.as_ref().len()).max().unwrap_or(0);
        let (setting, least) = choosing.best(&|_| 1)?;
        let all = |of: &dyn Fn(usize) -> Option<usize>| (0..seeds).map(of).collect::<Vec<_>>();
        let (chosen, location, resampled) = match by {
            By::Judged => {
                let mean = |counts: &[u16]| choosing.best(&|seed| counts[seed]).map_or(f64::NAN, |best| best.1);
                let chosen = match seeds {
                    // Of many seeds not one mean after the other can be taken.
                    TAKEN_TOGETHER.. => choosing.left_out(seeds),
                    _ => all(&|seed| choosing.best(&|other| u16::from(other != seed)).map(|best| best.0)),
                };
                (chosen, least, draws.map(mean))
            }
            By::All(_) => {
                let judged: Vec<Ordered> = costs.iter().map(|costs| Ordered::new(costs.as_ref())).collect();
                let mean = |counts: &[u16]| {
                    let best = choosing.best(&|seed| counts[seed]);
                    best.map_or(f64::NAN, |(setting, _)| judged[setting].mean(&|seed| counts[seed]))
                };
                (all(&|_| Some(setting)), judged[setting].mean(&|_| 1), draws.map(mean))
            }
            By::Own(by) => {
                let costs_at = |costs: &[C], setting: usize, seed: usize| costs[setting].as_ref()[seed];
                let best = |seed: usize| {
                    let known = (0..by.len()).filter(|&setting| choosing.is_open(setting));
                    let known = known.map(|setting| (setting, costs_at(by, setting, seed)));
                    let best = known.filter(|(_, cost)| !cost.is_nan()).min_by(|a, b| a.1.total_cmp(&b.1));
                    best.map(|best| best.0)
                };
                let chosen = all(&best);
                let at = |(seed, setting): (usize, &Option<usize>)| {
                    setting.map_or(f64::NAN, |setting| costs_at(costs, setting, seed))
                };
                let judged = Ordered::new(&chosen.iter().enumerate().map(at).collect::<Vec<_>>());
                let mean = |counts: &[u16]| judged.mean(&|seed| counts[seed]);
                (chosen, judged.mean(&|_| 1), draws.map(mean))
            }
        };
        let resampled = resampled.into_iter().map(|mean| scale.of(mean)).collect();
        Some(Self { setting, location: scale.of(location), chosen, resampled })
    }

    /// With the variance of the resamples multiplied, about the location.
    pub(super) fn spread(&self, inflation: f64) -> Self {
        let factor = inflation.sqrt();
        let further = |&x: &f64| if factor == 1.0 { x } else { self.location + factor * (x - self.location) };
        Self { resampled: self.resampled.iter().map(further).collect(), ..self.clone() }
    }
}

/// Seeds from which the means without each of them are taken from sums that all have in common.
const TAKEN_TOGETHER: usize = 1_000;

/// The costs of all settings of a value.
struct Settings(Vec<Ordered>);

impl Settings {
    fn new<C: AsRef<[f64]>>(costs: &[C]) -> Self {
        let mut settings: Vec<Ordered> = costs.iter().map(|costs| Ordered::new(costs.as_ref())).collect();
        let most = settings.iter().map(|setting| setting.0.len()).max().unwrap_or(0);
        settings.iter_mut().filter(|setting| 2 * setting.0.len() < most).for_each(|setting| setting.0.clear());
        Self(settings)
    }

    /// Whether a setting may be chosen.
    fn is_open(&self, setting: usize) -> bool {
        !self.0[setting].0.is_empty()
    }

    /// The setting of the least mean, and that mean, each seed counted so many times.
    fn best(&self, count: &dyn Fn(usize) -> u16) -> Option<(usize, f64)> {
        let means = self.0.iter().map(|setting| setting.mean(count)).enumerate();
        means.filter(|(_, mean)| !mean.is_nan()).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// For each of many seeds the setting of the least interquartile mean over the others; `None` where no other seed tells.
    fn left_out(&self, seeds: usize) -> Vec<Option<usize>> {
        let mut least = vec![(f64::INFINITY, None); seeds];
        for (place, setting) in self.0.iter().enumerate() {
            let (all, without) = setting.means_without();
            // Where the setting did not run on the seed, nothing is left out.
            let mut means = vec![all; seeds];
            setting.0.iter().zip(without).for_each(|(&(_, seed), mean)| means[seed] = mean);
            for (best, mean) in least.iter_mut().zip(means).filter(|(_, mean)| !mean.is_nan()) {
                if best.1.is_none() || mean < best.0 {
                    *best = (mean, Some(place));
                }
            }
        }
        least.into_iter().map(|(_, place)| place).collect()
    }
}

/// The costs of a setting in ascending order, each with its seed: a resample is a count per seed, and nothing is sorted.
struct Ordered(Vec<(f64, usize)>);

impl Ordered {
    fn new(costs: &[f64]) -> Self {
        let known = costs.iter().enumerate().filter(|(_, cost)| !cost.is_nan());
        let mut ordered: Vec<(f64, usize)> = known.map(|(seed, &cost)| (cost, seed)).collect();
        ordered.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self(ordered)
    }

    /// The interquartile mean of the costs, each as often as its seed is drawn; NaN of none.
    fn mean(&self, count: &dyn Fn(usize) -> u16) -> f64 {
        let n: usize = self.0.iter().map(|&(_, seed)| usize::from(count(seed))).sum();
        let cut = n / 4;
        let (mut passed, mut sum) = (0, 0.0);
        for &(cost, seed) in &self.0 {
            let here = usize::from(count(seed));
            let kept = (passed + here).min(n - cut).saturating_sub(passed.max(cut));
            sum += kept as f64 * cost;
            passed += here;
        }
        sum / (n - 2 * cut) as f64
    }

    /// The interquartile mean of all costs, and that without each of them in their order; NaN of none.
    fn means_without(&self) -> (f64, Vec<f64>) {
        let costs = &self.0;
        let mut sums = vec![0.0];
        sums.extend(costs.iter().scan(0.0, |sum, &(cost, _)| {
            *sum += cost;
            Some(*sum)
        }));
        let n = costs.len().saturating_sub(1);
        let cut = n / 4;
        let without = |place: usize| {
            if n == 0 {
                return f64::NAN;
            }
            // The first and the last that are kept, by their places among all.
            let (first, last) = (cut + usize::from(place <= cut), n - cut + usize::from(place < n - cut));
            let own = if (first..last).contains(&place) { costs[place].0 } else { 0.0 };
            (sums[last] - sums[first] - own) / (n - 2 * cut) as f64
        };
        (self.mean(&|_| 1), (0..costs.len()).map(without).collect())
    }
}

/// The probability of each value to be the best of a repeated experiment: the share of resamples in which its location is
/// the least, ties split.
pub fn best_probabilities(values: &[&Tuned]) -> Vec<f64> {
    let resamples = values.iter().map(|value| value.resampled.len()).max().unwrap_or(0);
    let mut shares = vec![0.0; values.len()];
    let mut counted = 0.0f64;
    for b in 0..resamples {
        let least = values.iter().map(|value| value.resampled[b]).fold(f64::INFINITY, f64::min);
        let tied = |v: &usize| values[*v].resampled[b] - least <= 1e-12 * least.abs();
        let best: Vec<usize> = (0..values.len()).filter(tied).collect();
        best.iter().for_each(|&v| shares[v] += 1.0 / best.len() as f64);
        counted += f64::from(u8::from(!best.is_empty()));
    }
    shares.iter().map(|share| share / counted.max(1.0)).collect()
}

/// A difference with its standard error, referred to Student's t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The estimate.
    pub point: f64,
    /// Its standard error.
    pub error: f64,
    /// Degrees of freedom.
    pub df: f64,
}

impl Gap {
    /// The difference of two locations, or of their mean over several cases, given as pairs. The standard error is that of
    /// the resamples, times √(n / (n − 1)) for the n seeds that both were run on (a resample's spread is that of n − 1),
    /// times the root of `inflation`.
    pub fn of(cases: &[(&Tuned, &Tuned)], n: usize, inflation: f64) -> Self {
        let size = cases.len() as f64;
        let point = cases.iter().map(|(a, b)| a.location - b.location).sum::<f64>() / size;
        let resamples = cases.first().map_or(0, |(a, _)| a.resampled.len());
        let gap = |b: usize| cases.iter().map(|(x, y)| x.resampled[b] - y.resampled[b]).sum::<f64>() / size;
        let gaps: Vec<f64> = (0..resamples).map(gap).filter(|gap| !gap.is_nan()).collect();
        let expansion = n as f64 / (n as f64 - 1.0);
        let error = super::std_dev(&gaps) * (expansion * inflation).sqrt();
        Self { point, error, df: n as f64 - 1.0 }
    }

    /// Two-sided p that there is no difference.
    pub fn p(self) -> f64 {
        if self.point == 0.0 { 1.0 } else { (2.0 * student_tail(self.point.abs() / self.error, self.df)).min(1.0) }
    }

    /// p that the difference is not within ±`margin`: two one-sided tests (Schuirmann 1987).
    pub fn p_beyond(self, margin: f64) -> f64 {
        let room = margin - self.point.abs();
        if room > 0.0 && self.error == 0.0 { 0.0 } else { student_tail(room / self.error, self.df) }
    }

    /// The 95 % interval.
    pub fn interval(self) -> Estimate {
        let reach = if self.error == 0.0 { 0.0 } else { student_quantile(0.025, self.df) * self.error };
        Estimate { point: self.point, low: self.point - reach, high: self.point + reach }
    }

    /// About how many seeds in place of `n` would settle, with a power of 80 %, on which side the difference lies or that
    /// it is within the margin, whichever takes fewer, were the difference what it seems; tests at level `alpha`. Normal
    /// approximation: ((z_α + z_β) σ / δ)². Of re-splits, whose `inflation` is 1 + n ρ, the variance is σ² (1/m + ρ) for m
    /// of them: what lies below σ √ρ no number of them decides, and the answer is infinite.
    pub fn seeds_to_decide(self, n: usize, margin: f64, alpha: f64, inflation: f64) -> f64 {
        let size = n as f64;
        let (variance, shared) = (size * self.error * self.error / inflation, (inflation - 1.0) / size);
        let needed = |z: f64, distance: f64| {
            let room = (distance / z) * (distance / z) / variance - shared;
            if distance > 0.0 && room > 0.0 { 1.0 / room } else { f64::INFINITY }
        };
        let apart = needed(normal_quantile(alpha / 2.0) + normal_quantile(0.2), self.point.abs());
        let alike = needed(normal_quantile(alpha) + normal_quantile(0.1), margin - self.point.abs());
        apart.min(alike).ceil().max(n as f64 + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_setting_is_chosen_without_the_seed_it_is_judged_on() {
        // Setting 0 is best but for the last seed, on which setting 1 shines.
        let costs = [vec![1.0, 1.0, 1.0, 1.0], vec![1.1, 1.1, 1.1, 0.0]];
        let tuned = Tuned::new(&costs, By::Judged, Scale::Difference, &Draws::new(4)).expect("costs");
        assert_eq!(tuned.chosen[3], Some(0));
        let missing = [vec![f64::NAN, 2.0], vec![3.0, f64::NAN]];
        let tuned = Tuned::new(&missing, By::Judged, Scale::Difference, &Draws::new(2)).expect("costs");
        assert_eq!((tuned.setting, tuned.chosen), (0, vec![Some(0), Some(1)]));
        assert_eq!(Tuned::new(&[vec![f64::NAN]], By::Judged, Scale::Ratio, &Draws::new(1)), None);
    }

    #[test]
    fn other_samples_choose_over_all_seeds_or_each_seed_by_its_own() {
        let costs = [vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]];
        // On the other samples setting 1 is better but on the last seed.
        let by = [vec![0.9, 0.9, 0.1], vec![0.5, 0.5, 0.5]];
        let draws = Draws::of(3, 50);
        let tuned = |by| Tuned::new(&costs, by, Scale::Difference, &draws).expect("costs");
        let all = tuned(By::All(&by[..]));
        assert_eq!((all.setting, all.chosen, all.location), (1, vec![Some(1); 3], 5.0));
        let own = tuned(By::Own(&by[..]));
        assert_eq!((own.setting, own.chosen), (1, vec![Some(1), Some(1), Some(0)]));
        assert_eq!(own.location, 4.0, "the mean of 4, 5 and 3");
        assert!(own.resampled.iter().all(|mean| (3.0..=5.0).contains(mean)), "seed 0 gives 4, 1 gives 5, 2 gives 3");
        assert!(all.resampled.iter().any(|&mean| mean < 4.0), "where seed 2 alone is drawn, setting 0 is chosen");
    }

    #[test]
    fn equal_values_share_the_probability_and_differ_by_nothing() {
        let draws = Draws::new(6);
        let costs = [vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]];
        let tuned = Tuned::new(&costs, By::Judged, Scale::Ratio, &draws).expect("costs");
        assert_eq!(best_probabilities(&[&tuned, &tuned]), [0.5, 0.5]);
        let gap = Gap::of(&[(&tuned, &tuned)], 6, 1.0);
        assert_eq!((gap.p(), gap.p_beyond(0.1), gap.interval().high), (1.0, 0.0, 0.0));
    }

    #[test]
    fn a_larger_difference_takes_fewer_seeds_and_a_smaller_one_is_shown_to_be_small() {
        let gap = |point: f64| Gap { point, error: 0.1, df: 9.0 };
        let seeds = |point: f64| gap(point).seeds_to_decide(10, 0.1, 0.05, 1.0);
        assert_eq!(seeds(0.2), 20.0, "(1.96 + 0.84)² · (0.1 √10 / 0.2)²");
        assert!(seeds(0.15) > seeds(0.2) && seeds(0.05) > seeds(0.0));
        assert!(seeds(0.0) < f64::INFINITY && gap(0.1).p_beyond(0.1) == 0.5);
        let resplit = |point: f64| gap(point).seeds_to_decide(10, 0.01, 0.05, 3.0);
        assert_eq!(resplit(0.2), f64::INFINITY, "the rows that splits share leave a spread of 0.08");
        assert!(resplit(0.27) > 10.0 && resplit(0.27) < f64::INFINITY);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn means_that_leave_out_one_cost_are_the_same_taken_together(costs in prop::collection::vec(0.1f64..1.0, 1..30)) {
            let ordered = Ordered::new(&costs);
            let (all, without) = ordered.means_without();
            prop_assert_eq!(all, ordered.mean(&|_| 1));
            for (&(_, left), mean) in ordered.0.iter().zip(without) {
                let alone = ordered.mean(&|seed| u16::from(seed != left));
                prop_assert!(mean.is_nan() && alone.is_nan() || (mean - alone).abs() < 1e-12, "{} for {}", mean, alone);
            }
        }

        #[test]
        fn many_seeds_are_left_out_as_few_are(costs in prop::collection::vec(prop::collection::vec(0.1f64..1.0, 9), 1..5)) {
            let few = Tuned::new(&costs, By::Judged, Scale::Ratio, &Draws::of(0, 0)).expect("costs");
            prop_assert_eq!(Settings::new(&costs).left_out(9), few.chosen);
        }

        #[test]
        fn a_resample_of_each_seed_once_is_the_interquartile_mean(costs in prop::collection::vec(0.1f64..1.0, 1..12)) {
            let ordered = Ordered::new(&costs);
            let iqm = super::super::iqm(&super::super::sorted(&costs));
            prop_assert!((ordered.mean(&|_| 1) - iqm).abs() < 1e-12);
            prop_assert!((ordered.mean(&|_| 3) - super::super::iqm(&super::super::sorted(&costs.repeat(3)))).abs() < 1e-12);
        }
    }
}
