//! Bringing a column of numbers to a common scale, by what the training rows say.
//!
//! Affine scales are `(x − offset)·scale` in `f64`, rounded to `f32` once: three operations of IEEE 754 that any other
//! program can repeat to the bit (in ONNX: `Sub`, `Mul` and `Cast` of doubles).

use serde::{Deserialize, Serialize};

use crate::param::Named;
use crate::stats;

/// How numbers are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scaling {
    /// Mean 0 and standard deviation 1 (of the population).
    #[default]
    Standard,
    /// Median 0 and interquartile range 1; where that range is 0, half the range.
    Robust,
    /// By rank to a standard normal, between as many quantiles as rows / 30, 10 at least and 1000 at most (TabM's
    /// choice, scikit-learn's `QuantileTransformer`).
    Quantile,
    /// As they are.
    None,
}

impl Named for Scaling {
    const ALL: &'static [Self] = &[Self::Standard, Self::Robust, Self::Quantile, Self::None];

    fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Robust => "robust",
            Self::Quantile => "quantile",
            Self::None => "none",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Standard => "mean 0 and standard deviation 1",
            Self::Robust => "median 0 and interquartile range 1",
            Self::Quantile => "by rank to a standard normal distribution",
            Self::None => "as they are",
        }
    }
}

/// A fitted scale.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// `(x − offset)·scale`.
    Affine {
        /// Subtracted before the multiplication.
        offset: f64,
        /// Multiplied with; 0 for a column that is one value in training.
        scale: f64,
    },
    /// Between these quantiles, evenly spaced from 0 to 1, linear; then the inverse normal distribution function.
    Quantile(Vec<f64>),
}

impl Scale {
    /// What leaves numbers as they are.
    pub const NONE: Self = Self::Affine { offset: 0.0, scale: 1.0 };

    /// Beyond these shares a quantile is cut, as in scikit-learn: ±5.2 standard deviations.
    pub const EDGE: f64 = 1e-7;

    /// Numerator and denominator in 0.180625 − q², for q = p − ½ within ±0.425; the quantile is q times their ratio. Terms in
    /// ascending order.
    pub const NORMAL_CENTRE: [[f64; 8]; 2] = [
        [
            3.387_132_872_796_366_5,
            133.141_667_891_784_38,
            1_971.590_950_306_551_3,
            13_731.693_765_509_46,
            45_921.953_931_549_87,
            67_265.770_927_008_7,
            33_430.575_583_588_13,
            2_509.080_928_730_122_7,
        ],
        [
            1.0,
            42.313_330_701_600_91,
            687.187_007_492_057_9,
            5_394.196_021_424_751,
            21_213.794_301_586_597,
            39_307.895_800_092_71,
            28_729.085_735_721_943,
            5_226.495_278_852_545,
        ],
    ];

    /// Those in r − 1.6 beyond that, for r = √(−ln min(p, 1 − p)) up to 5; the quantile has the sign of q.
    pub const NORMAL_MIDDLE: [[f64; 8]; 2] = [
        [
            1.423_437_110_749_683_5,
            4.630_337_846_156_546,
            5.769_497_221_460_691,
            3.647_848_324_763_204_5,
            1.270_458_252_452_368_4,
            0.241_780_725_177_450_6,
            0.022_723_844_989_269_184,
            7.745_450_142_783_414e-4,
        ],
        [
            1.0,
            2.053_191_626_637_759,
            1.676_384_830_183_803_8,
            0.689_767_334_985_1,
            0.148_103_976_427_480_08,
            0.015_198_666_563_616_457,
            5.475_938_084_995_345e-4,
            1.050_750_071_644_416_8e-9,
        ],
    ];

    /// Fitted to the values of the training rows that are not missing.
    pub fn fit(scaling: Scaling, values: &[f64]) -> Self {
        let affine = |offset: f64, spread: f64| {
            let scale = if spread > 0.0 { 1.0 / spread } else { 0.0 };
            // A spread so small that its inverse overflows is none.
            Self::Affine { offset, scale: if scale.is_finite() { scale } else { 0.0 } }
        };
        if values.is_empty() {
            return Self::NONE;
        }
        match scaling {
            Scaling::None => Self::NONE,
            Scaling::Standard => {
                let (mean, deviation) = moments(values);
                affine(mean, deviation)
            }
            Scaling::Robust => {
                let sorted = stats::sorted(values);
                let [low, median, high] = [0.25, 0.5, 0.75].map(|q| stats::quantile(&sorted, q));
                let spread = if high > low { high - low } else { sorted[sorted.len() - 1] / 2.0 - sorted[0] / 2.0 };
                affine(median, spread)
            }
            Scaling::Quantile => {
                let sorted = stats::sorted(values);
                let count = (values.len() / 30).clamp(10, 1000);
                Self::Quantile((0..count).map(|i| stats::quantile(&sorted, i as f64 / (count - 1) as f64)).collect())
            }
        }
    }

    /// A number on this scale.
    pub fn apply(&self, x: f64) -> f64 {
        match self {
            Self::Affine { offset, scale } => (x - offset) * scale,
            Self::Quantile(quantiles) => normal_quantile(share(quantiles, x).clamp(Self::EDGE, 1.0 - Self::EDGE)),
        }
    }
}

/// Mean and standard deviation of the population, in two passes, without overflow.
pub(super) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let sum: f64 = values.iter().sum();
    let mean = if sum.is_finite() { sum / n } else { values.iter().map(|x| x / n).sum() };
    // Halves, since a difference may be twice as large as the largest number.
    let away = |x: &f64| x / 2.0 - mean / 2.0;
    let most = values.iter().fold(0.0_f64, |most, x| most.max(away(x).abs()));
    if most == 0.0 || !most.is_finite() {
        return (mean, 0.0);
    }
    let squares: f64 = values.iter().map(|x| (away(x) / most).powi(2)).sum();
    let deviation = most * (squares / n).sqrt() * 2.0;
    // Of equal values the mean may be off by a rounding, which is not a deviation.
    let is_constant = values.iter().all(|x| *x == values[0]);
    if is_constant { (values[0], 0.0) } else { (mean, deviation) }
}

/// The share of the distribution below `x`: linear between quantiles, the middle of equal ones.
fn share(quantiles: &[f64], x: f64) -> f64 {
    let last = (quantiles.len() - 1) as f64;
    let (below, up_to) = (quantiles.partition_point(|&q| q < x), quantiles.partition_point(|&q| q <= x));
    if below < up_to {
        // One of the quantiles, or several equal ones.
        return (below + up_to - 1) as f64 / 2.0 / last;
    }
    match (below.checked_sub(1).map(|at| quantiles[at]), quantiles.get(below)) {
        (None, _) => 0.0,
        (_, None) => 1.0,
        (Some(low), Some(high)) => ((below - 1) as f64 + (x - low) / (high - low)) / last,
    }
}

/// The inverse of the standard normal distribution function: Wichura 1988, algorithm AS 241 (PPND16), about 1e-16.
fn normal_quantile(p: f64) -> f64 {
    const TAIL: [[f64; 8]; 2] = [
        [
            6.657_904_643_501_103,
            5.463_784_911_164_114,
            1.784_826_539_917_291_3,
            0.296_560_571_828_504_87,
            0.026_532_189_526_576_124,
            0.001_242_660_947_388_078_4,
            2.711_555_568_743_487_6e-5,
            2.010_334_399_292_288e-7,
        ],
        [
            1.0,
            0.599_832_206_555_888,
            0.136_929_880_922_735_8,
            0.014_875_361_290_850_615,
            7.868_691_311_456_133e-4,
            1.846_318_317_510_054_8e-5,
            1.421_511_758_316_446e-7,
            2.044_263_103_389_939_8e-15,
        ],
    ];
    let ratio = |[above, below]: &[[f64; 8]; 2], r: f64| {
        let horner = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * r + term);
        horner(above) / horner(below)
    };
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(&Scale::NORMAL_CENTRE, 0.180_625 - q * q);
    }
    let r = libm::sqrt(-libm::log(if q < 0.0 { p } else { 1.0 - p }));
    let x = if r <= 5.0 { ratio(&Scale::NORMAL_MIDDLE, r - 1.6) } else { ratio(&TAIL, r - 5.0) };
    if q < 0.0 { -x } else { x }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_normal_quantiles_are_those_of_the_tables() {
        // scipy.special.ndtri
        for (p, x) in [
            (0.5, 0.0),
            (0.975, 1.959963984540054),
            (0.25, -0.6744897501960817),
            (1e-7, -5.199337582192816),
            (0.01, -2.3263478740408408),
            (1e-12, -7.034483825301132),
        ] {
            assert!((normal_quantile(p) - x).abs() < 1e-14 * (1.0 + x.abs()), "{p}: {}", normal_quantile(p));
        }
    }

    #[test]
    fn a_standard_scale_gives_mean_0_and_deviation_1() {
        let values = [1.0, 2.0, 3.0, 6.0];
        let scale = Scale::fit(Scaling::Standard, &values);
        let scaled = values.map(|x| scale.apply(x));
        let (mean, deviation) = moments(&scaled);
        assert!(mean.abs() < 1e-15 && (deviation - 1.0).abs() < 1e-15);
    }

    #[test]
    fn one_value_becomes_0_under_every_scale() {
        for x in [0.1, 1e300, -3.0, 5e-324] {
            for scaling in [Scaling::Standard, Scaling::Robust, Scaling::Quantile] {
                assert_eq!(Scale::fit(scaling, &[x; 49]).apply(x).abs(), 0.0, "{x} {scaling:?}");
            }
        }
    }

    #[test]
    fn a_robust_scale_does_not_heed_an_outlier() {
        let mut values: Vec<f64> = (0..101).map(f64::from).collect();
        values[100] = 1e12;
        assert_eq!(Scale::fit(Scaling::Robust, &values), Scale::Affine { offset: 50.0, scale: 1.0 / 50.0 });
        let mostly_one = [vec![7.0; 99], vec![9.0]].concat();
        assert_eq!(Scale::fit(Scaling::Robust, &mostly_one), Scale::Affine { offset: 7.0, scale: 1.0 });
    }

    #[test]
    fn numbers_near_the_largest_do_not_overflow() {
        let values = [1.7e308, -1.7e308, 1.6e308, 0.0];
        let (mean, deviation) = moments(&values);
        assert!(mean.is_finite() && deviation.is_finite() && deviation > 1e307, "{mean} {deviation}");
    }

    proptest! {
        #[test]
        fn a_quantile_scale_keeps_the_order_and_stays_within_its_bounds(values in prop::collection::vec(-1e3..1e3, 2..200)) {
            let scale = Scale::fit(Scaling::Quantile, &values);
            let mut sorted = stats::sorted(&values);
            sorted.extend([1e9]);
            let scaled: Vec<f64> = sorted.iter().map(|&x| scale.apply(x)).collect();
            prop_assert!(scaled.is_sorted() && scaled.iter().all(|x| x.abs() < 5.3), "{scaled:?}");
        }
    }
}
