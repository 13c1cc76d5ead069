//! Smooth rectifier.

use crate::activation::Pointwise;
use crate::activation::sigmoid::logistic;
use crate::numerics::{self, Simd};

crate::settings! {
    /// ln(1 + eˣ).
    pub struct Softplus {}
}

/// The slope is sigmoid x.
impl Pointwise for Softplus {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        (x.max(0.0) + libm::log1p(libm::exp(-x.abs())), logistic(x))
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        numerics::softplus(s, x)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        numerics::sigmoid(s, x)
    }
}
