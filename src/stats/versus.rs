//! Values against each other, case by case and over all cases, as one family of tests.
//!
//! Where settings are tuned, seeds are resampled and settings chosen within each resample ([`Tuned`]); where each value has
//! one setting, differences are paired by seed and tested by rank ([`hodges_lehmann`], [`signed_rank()`]), which is exact.
//! Replicates that are re-splits of one file share rows, and both get the corrected variance of [`resplit_inflation`].
//!
//! [`resplit_inflation`]: super::resplit_inflation

use super::bootstrap::Estimate;
use super::tuned::{By, Draws, Gap, Scale, Tuned, best_probabilities};
use super::{LEAST, hodges_lehmann, signed_rank, weighted_holm};

/// The chance of a false claim that a report allows itself.
pub const LEVEL: f64 = 0.05;

/// What a diverged run costs where a mean must be finite: so many times the greatest finite cost of its case.
const DIVERGED: f64 = 10.0;

/// Costs, less is better: `values[value][setting][seed]`, NaN where a run is missing, infinite where it diverged. A value
/// that did not run in the case has no finite or infinite cost.
#[derive(Clone, Debug)]
pub struct Case {
    /// The costs.
    pub values: Vec<Vec<Vec<f64>>>,
    /// What settings are chosen by.
    pub by: By<Vec<Vec<Vec<f64>>>>,
    /// The factor on variances for re-splits of one file, 1 for independent replicates.
    pub inflation: f64,
}

/// What is held fixed over all comparisons of a report.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// On what scale values differ.
    pub scale: Scale,
    /// Differences up to this, on the scale, do not matter.
    pub margin: f64,
    /// How many seeds there are; costs are in their order.
    pub seeds: usize,
}

/// What two values' difference comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// The first is better. `slightly`, if the difference is also shown to be within the margin.
    First {
        /// Whether it is too small to matter.
        slightly: bool,
    },
    /// The second is better.
    Second {
        /// Whether it is too small to matter.
        slightly: bool,
    },
    /// The difference is shown to be within the margin.
    Equal,
    /// Neither is shown. `seeds` in all are about what would do, if the difference is what it seems.
    Undecided {
        /// The number, infinite if none would, as of re-splits that share too many rows.
        seeds: f64,
    },
    /// Too few common seeds for any claim.
    TooFew,
}

/// Two values against each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Versus {
    /// The case; over all cases where both ran if `None`.
    pub case: Option<usize>,
    /// The one value.
    pub a: usize,
    /// The other.
    pub b: usize,
    /// Seeds on which both ran.
    pub n: usize,
    /// Cases in which both ran.
    pub cases: usize,
    /// a − b on the scale, with its 95 % interval; of less than five seeds without.
    pub gap: Estimate,
    /// Two-sided p of no difference.
    pub p: f64,
    /// The same, corrected over the family of all comparisons of the report.
    pub p_family: f64,
    /// p of a difference beyond the margin, corrected likewise.
    pub p_beyond: f64,
    /// What it comes to.
    pub verdict: Verdict,
}

/// A case judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Each value at its best; `None` for one that did not run.
    pub tuned: Vec<Option<Tuned>>,
    /// The probability of each value to be the best; NaN for one that did not run.
    pub best: Vec<f64>,
    /// All settings of all values as one choice: for each seed the value and setting that it is judged at.
    pub chosen: Vec<Option<(usize, usize)>>,
}

/// Everything that is said of differences in a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparisons {
    /// Case by case.
    pub cases: Vec<Judged>,
    /// Two values in one case: by case, first and second value.
    pub within: Vec<Versus>,
    /// Two values over all cases where both ran; empty unless two or more cases have two values.
    pub overall: Vec<Versus>,
    /// The probability of each value to be the best over the cases of two values or more; NaN for one that did not run in
    /// all of them.
    pub best_overall: Vec<f64>,
}

/// The evidence of a comparison before it is seen in its family.
struct Evidence {
    versus: Versus,
    p_beyond: f64,
    error: f64,
    inflation: f64,
}

/// Compares all values. The family holds every comparison within a case and, with several cases, over all of them; half of
/// the error is then given to the latter, which are fewer.
pub fn compare(cases: &[Case], rules: Rules) -> Comparisons {
    // Of fewer nothing is claimed that resamples would be needed for.
    let draws = if rules.seeds < LEAST { Draws::of(0, 0) } else { Draws::new(rules.seeds) };
    let cases: Vec<Finite> = cases.iter().map(|case| Finite::new(case, rules.scale, &draws)).collect();
    let values = cases.iter().map(|case| case.case.values.len()).max().unwrap_or(0);
    let pairs = || (0..values).flat_map(move |a| (a + 1..values).map(move |b| (a, b)));
    let (mut within, mut overall) = (Vec::new(), Vec::new());
    for (i, case) in cases.iter().enumerate() {
        within.extend(pairs().filter_map(|(a, b)| evidence(&[case], Some(i), a, b, rules)));
    }
    let contested: Vec<&Finite> = cases.iter().filter(|case| case.running().count() > 1).collect();
    if contested.len() > 1 {
        overall.extend(pairs().filter_map(|(a, b)| evidence(&contested, None, a, b, rules)));
    }
    settle(&mut within, &mut overall, rules);
    let of = |found: Vec<Evidence>| found.into_iter().map(|evidence| evidence.versus).collect();
    let best_overall = overall_probabilities(&contested, values);
    let judged = cases.into_iter().map(|case| case.judged).collect();
    Comparisons { cases: judged, within: of(within), overall: of(overall), best_overall }
}

/// Corrects all p-values of a report and draws the verdicts.
fn settle(within: &mut [Evidence], overall: &mut [Evidence], rules: Rules) {
    let (inner, outer) = (within.len() as f64, overall.len() as f64);
    let share = if overall.is_empty() { 1.0 } else { 0.5 };
    let mut all: Vec<(&mut Evidence, f64)> = within.iter_mut().map(|evidence| (evidence, share / inner)).collect();
    all.extend(overall.iter_mut().map(|evidence| (evidence, (1.0 - share) / outer)));
    let corrected = |p: &dyn Fn(&Evidence) -> f64| {
        weighted_holm(&all.iter().map(|(evidence, weight)| (p(evidence), *weight)).collect::<Vec<_>>())
    };
    let (apart, beyond) = (corrected(&|evidence| evidence.versus.p), corrected(&|evidence| evidence.p_beyond));
    for (((evidence, weight), apart), beyond) in all.into_iter().zip(apart).zip(beyond) {
        let found = &mut evidence.versus;
        (found.p_family, found.p_beyond) = (apart, beyond);
        let slightly = beyond <= LEVEL;
        found.verdict = match found.gap.point {
            _ if found.n < LEAST => Verdict::TooFew,
            point if apart <= LEVEL && point < 0.0 => Verdict::First { slightly },
            point if apart <= LEVEL && point > 0.0 => Verdict::Second { slightly },
            _ if slightly => Verdict::Equal,
            point => {
                let gap = Gap { point, error: evidence.error, df: found.n as f64 - 1.0 };
                Verdict::Undecided {
                    seeds: gap.seeds_to_decide(found.n, rules.margin, LEVEL * weight, evidence.inflation),
                }
            }
        };
    }
}

fn evidence(cases: &[&Finite], case: Option<usize>, a: usize, b: usize, rules: Rules) -> Option<Evidence> {
    let both: Vec<&&Finite> = cases.iter().filter(|case| case.ran(a) && case.ran(b)).collect();
    if both.is_empty() {
        return None;
    }
    let seeds: Vec<usize> =
        (0..rules.seeds).filter(|&seed| both.iter().any(|case| case.ran_at(a, seed) && case.ran_at(b, seed))).collect();
    let n = seeds.len();
    let inflation = both.iter().map(|case| case.case.inflation).fold(1.0, f64::max);
    let single = both.iter().all(|case| case.settings(a) == 1 && case.settings(b) == 1);
    let (gap, p, p_beyond, error) = if n < LEAST {
        let point = both.iter().map(|case| case.point(a, b, rules.scale)).sum::<f64>() / both.len() as f64;
        (Estimate { point, low: f64::NAN, high: f64::NAN }, 1.0, 1.0, f64::NAN)
    } else if single && inflation == 1.0 {
        let differences: Vec<f64> = seeds.iter().map(|&seed| mean_difference(&both, a, b, seed, rules.scale)).collect();
        ranked(&differences, rules.margin)
    } else {
        resampled(&both, a, b, n, inflation, rules)
    };
    let unsettled = Verdict::Undecided { seeds: f64::INFINITY };
    let cases = both.len();
    let versus = Versus { case, a, b, n, cases, gap, p, p_family: p, p_beyond, verdict: unsettled };
    Some(Evidence { versus, p_beyond, error, inflation })
}

/// By rank: the Hodges–Lehmann interval, both p, and a standard error from the interval's width.
fn ranked(differences: &[f64], margin: f64) -> (Estimate, f64, f64, f64) {
    let gap = hodges_lehmann(differences);
    let below = signed_rank(differences, margin).lower;
    let above = signed_rank(differences, -margin).upper;
    let error = (gap.high - gap.low) / (2.0 * super::normal_quantile(0.025));
    (gap, signed_rank(differences, 0.0).two_sided(), below.max(above), error)
}

/// By resamples. What a value gains only by being tuned over more settings than the other does not count for it: with
/// unequal budgets the difference is taken no further than where it stands on what had no say in the choice.
fn resampled(
    cases: &[&&Finite],
    a: usize,
    b: usize,
    n: usize,
    inflation: f64,
    rules: Rules,
) -> (Estimate, f64, f64, f64) {
    let tuned: Vec<(&Tuned, &Tuned)> = cases.iter().filter_map(|case| Some((case.tuned(a)?, case.tuned(b)?))).collect();
    let gap = Gap::of(&tuned, n, inflation);
    let mut tested = gap;
    if cases.iter().any(|case| case.settings(a) != case.settings(b)) {
        let judged = cases.iter().map(|case| case.judged_gap(a, b, rules.scale)).sum::<f64>() / cases.len() as f64;
        let agree = judged * gap.point > 0.0;
        tested.point = if agree { gap.point.signum() * gap.point.abs().min(judged.abs()) } else { 0.0 };
    }
    let mut estimate = gap.interval();
    if cases.iter().any(|case| case.lost(a) || case.lost(b)) {
        // The stand-in of a diverged run orders values; its size means nothing.
        let point = cases.iter().map(|case| case.point(a, b, rules.scale)).sum::<f64>() / cases.len() as f64;
        estimate = Estimate { point: if point.is_nan() { gap.point } else { point }, low: f64::NAN, high: f64::NAN };
    }
    (estimate, tested.p(), gap.p_beyond(rules.margin), gap.error)
}

fn mean_difference(cases: &[&&Finite], a: usize, b: usize, seed: usize, scale: Scale) -> f64 {
    let of = |case: &&&Finite| {
        let (x, y) = (case.case.values[a][0][seed], case.case.values[b][0][seed]);
        // Two runs that both diverged are equal.
        if x == y { 0.0 } else { scale.of(x) - scale.of(y) }
    };
    let differences: Vec<f64> = cases.iter().map(of).filter(|difference| !difference.is_nan()).collect();
    let mean = super::mean(&differences);
    if mean.is_nan() { 0.0 } else { mean }
}

fn overall_probabilities(cases: &[&Finite], values: usize) -> Vec<f64> {
    let everywhere = |&value: &usize| cases.len() > 1 && cases.iter().all(|case| case.ran(value));
    let everywhere: Vec<usize> = (0..values).filter(everywhere).collect();
    let merged: Vec<Tuned> = everywhere
        .iter()
        .map(|&value| {
            let tuned: Vec<Tuned> =
                cases.iter().filter_map(|case| Some(case.tuned(value)?.spread(case.inflation()))).collect();
            let mean = |b: usize| tuned.iter().map(|tuned| tuned.resampled[b]).sum::<f64>() / tuned.len() as f64;
            let resamples = tuned.first().map_or(0, |tuned| tuned.resampled.len());
            Tuned { setting: 0, location: 0.0, chosen: Vec::new(), resampled: (0..resamples).map(mean).collect() }
        })
        .collect();
    let shares = best_probabilities(&merged.iter().collect::<Vec<_>>());
    let mut all = vec![f64::NAN; values];
    everywhere.into_iter().zip(shares).for_each(|(value, share)| all[value] = share);
    all
}

/// Costs with a finite one standing for divergence.
fn finite(values: &[Vec<Vec<f64>>], scale: Scale) -> Vec<Vec<Vec<f64>>> {
    let known = values.iter().flatten().flatten().copied().filter(|cost| cost.is_finite());
    let greatest = known.reduce(f64::max).unwrap_or(1.0);
    let stand_in = if scale == Scale::Ratio { DIVERGED * greatest } else { greatest };
    let finite = |&cost: &f64| if cost == f64::INFINITY { stand_in } else { cost };
    let of_setting = |costs: &Vec<f64>| costs.iter().map(finite).collect();
    values.iter().map(|settings| settings.iter().map(of_setting).collect()).collect()
}

/// A case with its values tuned, a finite cost standing for divergence.
struct Finite<'a> {
    case: &'a Case,
    judged: Judged,
}

impl<'a> Finite<'a> {
    fn new(case: &'a Case, scale: Scale, draws: &Draws) -> Self {
        let costs = finite(&case.values, scale);
        let by = case.by.map(|costs| finite(costs, scale));
        let places: Vec<usize> = (0..costs.len()).collect();
        let tuned: Vec<Option<Tuned>> = crate::parallel::map(&places, |&value| {
            Tuned::new(&costs[value], by.map(|costs| &costs[value][..]), scale, draws)
        });
        let running: Vec<usize> = (0..tuned.len()).filter(|&value| tuned[value].is_some()).collect();
        let spread: Vec<Tuned> = tuned.iter().flatten().map(|tuned| tuned.spread(case.inflation)).collect();
        let shares = best_probabilities(&spread.iter().collect::<Vec<_>>());
        let mut best = vec![f64::NAN; tuned.len()];
        running.iter().zip(shares).for_each(|(&value, share)| best[value] = share);
        let places: Vec<(usize, usize)> = (costs.iter().enumerate())
            .flat_map(|(value, settings)| (0..settings.len()).map(move |setting| (value, setting)))
            .collect();
        let by = by.map(|costs| costs.iter().flatten().collect::<Vec<_>>());
        let all: Vec<&Vec<f64>> = costs.iter().flatten().collect();
        let together = Tuned::new(&all, by.map(|costs| &costs[..]), scale, &Draws::of(0, 0));
        let chosen = together.map_or_else(Vec::new, |together| together.chosen);
        let chosen = chosen.into_iter().map(|place| place.map(|place| places[place])).collect();
        Self { case, judged: Judged { tuned, best, chosen } }
    }

    fn tuned(&self, value: usize) -> Option<&Tuned> {
        self.judged.tuned.get(value)?.as_ref()
    }

    fn inflation(&self) -> f64 {
        self.case.inflation
    }

    fn running(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.judged.tuned.len()).filter(|&value| self.ran(value))
    }

    fn ran(&self, value: usize) -> bool {
        self.tuned(value).is_some()
    }

    fn settings(&self, value: usize) -> usize {
        self.case.values[value].iter().filter(|costs| costs.iter().any(|cost| !cost.is_nan())).count()
    }

    fn ran_at(&self, value: usize, seed: usize) -> bool {
        self.case.values[value].iter().any(|costs| !costs[seed].is_nan())
    }

    /// The known costs of a value at its best setting; where each seed chooses its own, at these.
    fn costs(&self, value: usize) -> Vec<f64> {
        let Some(tuned) = self.tuned(value) else { return Vec::new() };
        match self.case.by {
            By::Own(_) => self.judged_costs(value),
            _ => self.case.values[value][tuned.setting].iter().copied().filter(|cost| !cost.is_nan()).collect(),
        }
    }

    /// The known costs of a value, each seed at the setting that it is judged at.
    fn judged_costs(&self, value: usize) -> Vec<f64> {
        let chosen = self.tuned(value).map_or(&[][..], |tuned| &tuned.chosen).iter().enumerate();
        let costs = chosen.filter_map(|(seed, setting)| Some(self.case.values[value][(*setting)?][seed]));
        costs.filter(|cost| !cost.is_nan()).collect()
    }

    fn lost(&self, value: usize) -> bool {
        self.costs(value).contains(&f64::INFINITY)
    }

    /// The difference of the interquartile means at the best settings.
    fn point(&self, a: usize, b: usize, scale: Scale) -> f64 {
        let location = |value: usize| scale.of(super::iqm(&super::sorted(&self.costs(value))));
        location(a) - location(b)
    }

    /// The difference of the interquartile means, each seed at the setting that it is judged at.
    fn judged_gap(&self, a: usize, b: usize, scale: Scale) -> f64 {
        let location = |value: usize| scale.of(super::iqm(&super::sorted(&self.judged_costs(value))));
        let gap = location(a) - location(b);
        if gap.is_nan() { 0.0 } else { gap }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { scale: Scale::Ratio, margin: 0.0953, seeds: 10 };

    fn noise(seed: usize, k: usize) -> f64 {
        1.0 + 0.3 * libm::sin((seed * (2 * k + 3)) as f64 * 1.7 + k as f64)
    }

    fn value(factor: f64, k: usize) -> Vec<Vec<f64>> {
        vec![(0..10).map(|seed| factor * noise(seed, k)).collect()]
    }

    fn single(values: Vec<Vec<Vec<f64>>>) -> Case {
        Case { values, by: By::Judged, inflation: 1.0 }
    }

    #[test]
    fn a_clear_difference_is_found_and_an_identity_is_equal() {
        let found = compare(&[single(vec![value(1.0, 1), value(3.0, 2), value(1.0, 1)])], RULES);
        assert_eq!(found.within[0].verdict, Verdict::First { slightly: false });
        assert_eq!(found.within[1].verdict, Verdict::Equal);
        assert_eq!(found.cases[0].best, [0.5, 0.0, 0.5]);
        assert_eq!(found.within[0].p_family, 3.0 * found.within[0].p, "two of three are as extreme as they can be");
    }

    #[test]
    fn a_difference_too_small_to_matter_is_said_to_be_small() {
        let slightly = value(1.001, 1);
        let found = compare(&[single(vec![value(1.0, 1), slightly])], RULES);
        assert_eq!(found.within[0].verdict, Verdict::First { slightly: true });
    }

    #[test]
    fn values_meet_only_where_both_ran() {
        let missing = vec![vec![f64::NAN; 10]];
        let cases = [single(vec![value(1.0, 1), missing.clone()]), single(vec![missing, value(2.0, 2)])];
        let found = compare(&cases, RULES);
        assert!(found.within.is_empty() && found.overall.is_empty());
        assert!(found.best_overall.iter().all(|share| share.is_nan()));
    }

    #[test]
    fn with_several_cases_half_of_the_error_is_for_the_whole() {
        let case = || single(vec![value(1.0, 1), value(3.0, 2)]);
        let found = compare(&[case(), case(), case(), case()], RULES);
        assert_eq!((found.within.len(), found.overall.len(), found.overall[0].cases), (4, 1, 4));
        assert!(found.overall[0].p_family <= LEVEL);
        assert!((found.overall[0].p_family - 2.0 * found.overall[0].p).abs() < 1e-12);
    }

    #[test]
    fn runs_that_diverge_count_as_worst_in_every_n() {
        let lost: Vec<f64> = (0..10).map(|seed| if seed < 8 { f64::INFINITY } else { 0.1 * noise(seed, 3) }).collect();
        let found = compare(&[single(vec![value(1.0, 1), vec![lost]])], RULES);
        assert_eq!((found.within[0].n, found.within[0].gap.point), (10, f64::NEG_INFINITY));
        assert!(found.cases[0].best[0] > 0.9);
    }

    #[test]
    fn settings_of_no_worth_make_no_value_better() {
        // Nine settings of pure noise against one: the least of nine is low by chance.
        let many = (1..10).map(|k| value(1.0, k).remove(0)).collect();
        let found = compare(&[single(vec![many, value(1.0, 11)])], RULES);
        assert!(!matches!(found.within[0].verdict, Verdict::First { .. }), "{:?}", found.within[0]);
    }
}
