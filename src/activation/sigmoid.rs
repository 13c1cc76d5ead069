//! Logistic function.

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// 1 / (1 + e⁻ˣ).
    pub struct Sigmoid {}
}

/// The slope is y − y².
impl Pointwise for Sigmoid {
    const FROM_VALUE: bool = true;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        candle_nn::ops::sigmoid(x)
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        numerics::sigmoid(s, x)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, _: S::V, y: S::V) -> S::V {
        s.fma(s.neg(y), y, y)
    }
}
