//! Logistic function.

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// 1 / (1 + e⁻ˣ).
    pub struct Sigmoid {}
}

/// 1 / (1 + e⁻ˣ) in f64, with all digits of both tails.
pub(super) fn logistic(x: f64) -> f64 {
    let e = libm::exp(-x.abs());
    if x < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
}

/// The slope is y (1 − y), from the smaller of the two.
impl Pointwise for Sigmoid {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        (logistic(x), logistic(x) * logistic(-x))
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        numerics::sigmoid(s, x)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, y: S::V) -> S::V {
        numerics::sigmoid_slope(s, x, y)
    }
}
