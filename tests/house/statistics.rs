//! The statistics against SciPy 1.17, statsmodels 0.15 and rliable 1.2.
//!
//! The expected numbers come from this program:
//!
//! ```python
//! import numpy as np
//! from scipy import stats
//! from statsmodels.stats.multitest import multipletests
//! from rliable import library, metrics
//! A = [0.31, 0.12, 0.55, 0.07, 0.91, 0.44, 0.23, 0.68, 0.15, 0.39]
//! B = [0.29, 0.18, 0.61, 0.07, 0.71, 0.58, 0.43, 0.88, 0.35, 0.19]
//! d = np.round(np.subtract(A, B), 10)
//! print(np.mean(A), np.std(A, ddof=1), np.median(A), [np.quantile(A, q) for q in (0.1, 0.25, 0.9)])
//! print(stats.trim_mean(A, 0.25), stats.trim_mean(A[:5], 0.25), stats.trim_mean(A[:3], 0.25))
//! print(metrics.aggregate_iqm(np.array([A, B]).T))
//! print(stats.t.interval(0.95, 9, np.mean(d), stats.sem(d)), stats.t.interval(0.95, 1, np.mean(d[:2]), stats.sem(d[:2])))
//! for k, n in ((0, 5), (3, 5), (5, 5), (37, 50)):
//!     print(stats.binomtest(k, n).proportion_ci(method="wilson"))
//! print(stats.wilcoxon([1.5, -0.3, 2.2, 0.7, 3.1, -1.1, 0.9], method="exact").pvalue)
//! print(stats.wilcoxon(d[d != 0], method=stats.PermutationMethod(n_resamples=10**6)).pvalue)
//! print(stats.wilcoxon([1, 2, 3, 4, 5], method="exact").pvalue)
//! wave = [np.round(np.sin(i * 1.7) + 0.15, 6) for i in range(60)]
//! tied = [round(np.sin(i * 1.7) * 3) + 1 for i in range(60)]
//! for x in (wave, tied):
//!     print(stats.wilcoxon(x, method="approx", correction=True).pvalue)
//! print(metrics.probability_of_improvement(np.array([B]).T, np.array([A]).T))
//! print(multipletests([0.01, 0.04, 0.03, 0.005, 0.5], method="holm")[1])
//! r = np.random.default_rng(1)
//! a, b = np.array(A), np.array(B)
//! draw = lambda x: x[r.integers(0, 10, 10)]
//! print(np.quantile([stats.trim_mean(draw(a), 0.25) for _ in range(100000)], [0.025, 0.975]))
//! print(np.quantile([stats.mannwhitneyu(draw(b), draw(a)).statistic / 100 for _ in range(20000)], [0.025, 0.975]))
//! print(library.get_interval_estimates({"x": np.array([A, B]).T}, lambda x: np.array([metrics.aggregate_iqm(x)]),
//!     reps=50000, random_state=np.random.RandomState(0)))
//! ```

use tallow::stats::*;

const A: [f64; 10] = [0.31, 0.12, 0.55, 0.07, 0.91, 0.44, 0.23, 0.68, 0.15, 0.39];
const B: [f64; 10] = [0.29, 0.18, 0.61, 0.07, 0.71, 0.58, 0.43, 0.88, 0.35, 0.19];
const D: [f64; 10] = [0.02, -0.06, -0.06, 0.0, 0.2, -0.14, -0.2, -0.2, -0.2, 0.2];

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} instead of {expected}");
}

#[track_caller]
fn near(found: Estimate, low: f64, high: f64, tolerance: f64) {
    let close = (found.low - low).abs() <= tolerance && (found.high - high).abs() <= tolerance;
    assert!(close, "{found:?} instead of {low}..{high}");
}

#[test]
fn location_and_spread_are_numpys() {
    close(mean(&A), 0.38500000000000006);
    close(std_dev(&A), 0.2681728298442381);
    close(median(&A), 0.35);
    for (q, expected) in [(0.1, 0.11499999999999999), (0.25, 0.16999999999999998), (0.9, 0.703)] {
        close(quantile(&sorted(&A), q), expected);
    }
}

#[test]
fn the_interquartile_mean_is_scipys_and_rliables() {
    close(iqm(&sorted(&A)), 0.34500000000000003);
    close(iqm(&sorted(&A[..5])), 0.32666666666666666);
    close(iqm(&sorted(&A[..3])), 0.32666666666666666);
    close(iqm(&sorted(&[A, B].concat())), 0.376);
}

#[test]
fn students_and_wilsons_intervals_are_scipys() {
    near(t_interval(&D), -0.15270914656748408, 0.0647091465674841, 1e-9);
    near(t_interval(&D[..2]), -0.5282481894469878, 0.4882481894469878, 1e-9);
    let shares = [
        (0, 5, 0.0, 0.43448246478317476),
        (3, 5, 0.23072428127601297, 0.8823792257673521),
        (5, 5, 0.5655175352168251, 1.0),
        (37, 50, 0.6044684273515115, 0.8412847250644762),
    ];
    for (k, n, low, high) in shares {
        near(wilson(k, n), low, high, 1e-12);
    }
}

#[test]
fn wilcoxons_p_is_scipys_exact_and_normal() {
    close(wilcoxon(&[1.5, -0.3, 2.2, 0.7, 3.1, -1.1, 0.9]), 0.15625);
    close(wilcoxon(&D), 0.4140625);
    close(wilcoxon(&[1.0, 2.0, 3.0, 4.0, 5.0]), 0.0625);
    close(least_p(5), 0.0625);
    let wave: Vec<f64> = (0..60).map(|i| ((libm::sin(f64::from(i) * 1.7) + 0.15) * 1e6).round() / 1e6).collect();
    assert!((wilcoxon(&wave) - 0.0856263355428927).abs() < 1e-9);
    let tied: Vec<f64> = (0..60).map(|i| (libm::sin(f64::from(i) * 1.7) * 3.0).round() + 1.0).collect();
    assert!((wilcoxon(&tied) - 0.0010008955246616688).abs() < 1e-9);
    assert_eq!(wilcoxon(&[0.0, 0.0]), 1.0);
    close(wilcoxon(&[f64::INFINITY, f64::INFINITY, 1.0]), 0.25);
}

#[test]
fn holms_correction_is_statsmodels() {
    let expected = [0.04, 0.09, 0.09, 0.025, 0.5];
    for (found, expected) in holm(&[0.01, 0.04, 0.03, 0.005, 0.5]).into_iter().zip(expected) {
        close(found, expected);
    }
}

#[test]
fn the_probability_of_improvement_is_rliables() {
    let found = probability_less(&A, &B);
    close(found.point, 0.555);
    // rliable's plain percentiles are 0.295 and 0.81; these are taken further out for n = 10.
    near(found, 0.24, 0.86, 0.035);
    assert_eq!(probability_less(&[1.0], &[f64::INFINITY]).point, 1.0);
    assert_eq!(probability_less(&[f64::INFINITY], &[f64::INFINITY]).point, 0.5);
}

#[test]
fn bootstrap_intervals_are_those_of_many_more_resamples() {
    // Percentiles 0.855 and 99.145: norm.sf(sqrt(10 / 9) * t.ppf(0.975, 9)).
    near(iqm_interval(&A), 0.15833333333333333, 0.6133333333333333, 0.02);
    near(bootstrap(&[A.to_vec(), B.to_vec()], iqm), 0.224, 0.558, 0.02);
}

#[test]
fn a_performance_profile_counts_misses_as_never() {
    let costs = [vec![10.0, 20.0, f64::INFINITY], vec![20.0, 10.0, f64::INFINITY]];
    let found = ratios(&costs);
    assert_eq!(found, [vec![1.0, 2.0, f64::INFINITY], vec![2.0, 1.0, f64::INFINITY]]);
    assert_eq!(ecdf(&found[0]), [(1.0, 1.0 / 3.0), (2.0, 2.0 / 3.0)]);
    close(profile_score(&found[0]), (1.0 + 2.0 / 3.0) / 3.0);
}

/// What `tests/stats/make.py` found for the same samples.
fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("../stats/reference.json")).expect("JSON")
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(number).collect()
}

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().expect("a number")
}

fn cases(of: &str) -> Vec<serde_json::Value> {
    reference()[of].as_array().expect("a list").clone()
}

#[test]
fn both_tails_of_the_signed_rank_test_are_those_of_all_signs() {
    for case in cases("signed_rank") {
        let differences = numbers(&case["d"]);
        let found = signed_rank(&differences, 0.0);
        if let Some(p) = case["p"].as_f64() {
            assert!((found.two_sided() - p).abs() < 1e-9, "{} instead of {p}", found.two_sided());
        } else {
            let tails = numbers(&case["tails"]);
            close(found.lower, tails[0]);
            close(found.upper, tails[1]);
        }
    }
}

#[test]
fn the_hodges_lehmann_interval_is_that_of_rs_wilcox_test() {
    for case in cases("hodges_lehmann") {
        let (found, expected) = (hodges_lehmann(&numbers(&case["d"])), numbers(&case["found"]));
        for (found, expected) in [found.point, found.low, found.high].into_iter().zip(expected) {
            close(found, expected);
        }
    }
}

#[test]
fn friedmans_test_and_nemenyis_difference_are_scipys() {
    for case in cases("friedman") {
        let costs: Vec<Vec<f64>> = case["costs"].as_array().expect("rows").iter().map(numbers).collect();
        let found = friedman(&costs).expect("several of both");
        close(found.chi_square, number(&case["chi_square"]));
        assert!((found.p - number(&case["p"])).abs() < 1e-9);
        for (found, expected) in found.mean_ranks.iter().zip(numbers(&case["ranks"])) {
            close(*found, expected);
        }
    }
    for case in cases("nemenyi") {
        let k = case["k"].as_u64().expect("a count") as usize;
        assert!((range_quantile(0.05, k) - number(&case["q"])).abs() < 1e-4, "{k}");
    }
    // Demšar's own example: 2.569 √(4 · 5 / (6 · 14)) = 1.25.
    let costs: Vec<Vec<f64>> = (0..14).map(|i| (0..4).map(|k| f64::from((i * 7 + k * 5) % 11)).collect()).collect();
    assert!((friedman(&costs).expect("several").critical_difference - 1.2536).abs() < 1e-3);
}

#[test]
fn tails_and_quantiles_are_scipys() {
    for case in cases("student") {
        let df = number(&case["df"]);
        assert!((student_quantile(0.025, df) - number(&case["quantile"])).abs() < 1e-9);
        assert!((student_tail(2.2, df) - number(&case["tail"])).abs() < 1e-12);
        assert!((student_tail(-2.2, df) - 1.0 + number(&case["tail"])).abs() < 1e-12);
    }
    for case in cases("normal") {
        assert!((normal_quantile(number(&case["p"])) - number(&case["quantile"])).abs() < 1e-9);
    }
    for case in cases("wilson") {
        let count = |key: &str| case[key].as_u64().expect("a count") as usize;
        near(wilson(count("k"), count("n")), number(&case["low"]), number(&case["high"]), 1e-12);
    }
    let family = &reference()["holm"];
    for (found, expected) in holm(&numbers(&family["p"])).into_iter().zip(numbers(&family["corrected"])) {
        close(found, expected);
    }
}

#[test]
fn re_splits_of_one_file_are_corrected_as_nadeau_and_bengio_do() {
    let case = &reference()["resplit"];
    let d = numbers(&case["d"]);
    let rows = |key: &str| case[key].as_u64().expect("a count") as usize;
    let inflation = resplit_inflation(d.len(), rows("test"), rows("train"));
    let gap = Gap { point: mean(&d), error: std_dev(&d) * (inflation / d.len() as f64).sqrt(), df: 9.0 };
    assert!((gap.p() - number(&case["p"])).abs() < 1e-12);
    close(folds_inflation(10, 1), 1.0 + 10.0 / 9.0);
}

#[test]
fn the_expected_best_is_dodges_order_statistic() {
    let case = &reference()["expected_best"];
    let found = expected_best(&numbers(&case["costs"]));
    for (found, expected) in found.iter().zip(numbers(&case["best"])) {
        close(*found, expected);
    }
    assert_eq!(expected_best(&[f64::INFINITY, 1.0])[0], f64::INFINITY, "half of the searches of one diverge");
}

#[test]
fn the_shares_of_a_two_way_layout_are_its_sums_of_squares() {
    let case = &reference()["shares"];
    let y = numbers(&case["y"]);
    close(explained(&y, |i| i / 4), number(&case["a"]));
    close(explained(&y, |i| i % 4), number(&case["b"]));
    close(interaction(&y, |i| i / 4, |i| i % 4), number(&case["ab"]));
}
