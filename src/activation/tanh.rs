//! Hyperbolic tangent.

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// tanh x.
    pub struct Tanh {}
}

/// The slope is 1 − y².
impl Pointwise for Tanh {
    const FROM_VALUE: bool = true;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        x.tanh()
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        numerics::tanh(s, x)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, _: S::V, y: S::V) -> S::V {
        s.fma(s.neg(y), y, s.splat(1.0))
    }
}
