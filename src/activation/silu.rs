//! Sigmoid linear unit, also called swish (Elfwing et al. 2017, arXiv:1702.03118).

use crate::activation::Pointwise;
use crate::activation::sigmoid::logistic;
use crate::numerics::{self, Simd};

crate::settings! {
    /// x / (1 + e⁻ˣ).
    pub struct Silu {}
}

/// With σ = sigmoid x, the slope is σ + x σ (1 − σ).
impl Pointwise for Silu {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        let share = logistic(x);
        (x * share, share + x * share * logistic(-x))
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.mul(x, numerics::sigmoid(s, x))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let share = numerics::sigmoid(s, x);
        s.fma(x, numerics::sigmoid_slope(s, x, share), share)
    }
}
