//! The methods that tallow had before: settings chosen on every second seed and judged on the others, Student's interval of
//! the differences, plain percentiles, Holm's correction within each case.

use tallow::stats::{self, Case, Estimate};

use crate::trials::known;

/// The setting of the least interquartile mean over the odd places, and its costs at the even ones.
pub fn judged(settings: &[Vec<f64>]) -> (usize, Vec<f64>) {
    let half = |costs: &[f64], odd: usize| costs.iter().copied().skip(odd).step_by(2).collect::<Vec<f64>>();
    if let [only] = settings {
        return (0, only.clone());
    }
    let mean = |setting: &usize| stats::iqm(&stats::sorted(&half(&settings[*setting], 1)));
    let best = (0..settings.len()).min_by(|a, b| mean(a).total_cmp(&mean(b))).expect("a setting");
    (best, half(&settings[best], 0))
}

/// Whether a report finds any difference: Wilcoxon's p, corrected within each case.
pub fn finds(cases: &[Case]) -> bool {
    cases.iter().any(|case| {
        let values: Vec<Vec<f64>> = case.values.iter().map(|settings| judged(settings).1).collect();
        let pairs = (0..values.len()).flat_map(|a| (a + 1..values.len()).map(move |b| (a, b)));
        let p: Vec<f64> = pairs.map(|(a, b)| stats::wilcoxon(&differences(&values[a], &values[b]))).collect();
        stats::holm(&p).into_iter().any(|p| p <= 0.05)
    })
}

/// a − b by seed.
pub fn differences(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// The plain percentile interval of the interquartile mean.
pub fn percentiles(costs: &[f64], stream: &mut tallow::rng::Stream) -> Estimate {
    let known = known(costs);
    let mut draw = || {
        let drawn: Vec<f64> = known.iter().map(|_| known[stream.below(known.len() as u64) as usize]).collect();
        stats::iqm(&stats::sorted(&drawn))
    };
    let resampled = stats::sorted(&(0..stats::RESAMPLES).map(|_| draw()).collect::<Vec<_>>());
    let point = stats::iqm(&stats::sorted(&known));
    Estimate { point, low: stats::quantile(&resampled, 0.025), high: stats::quantile(&resampled, 0.975) }
}
