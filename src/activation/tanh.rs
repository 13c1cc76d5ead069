//! Hyperbolic tangent.

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// tanh x.
    pub struct Tanh {}
}

/// The slope is 1 − y², from x: y is 1 long before its slope is 0.
impl Pointwise for Tanh {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        let growth = libm::cosh(x);
        (libm::tanh(x), 1.0 / (growth * growth))
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        numerics::tanh(s, x)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        numerics::tanh_and_slope(s, x).1
    }
}
