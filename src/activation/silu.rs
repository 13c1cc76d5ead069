//! Sigmoid linear unit, also called swish (Elfwing et al. 2017, arXiv:1702.03118).

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// x / (1 + e⁻ˣ).
    pub struct Silu {}
}

/// With σ = sigmoid x, the slope is σ + y (1 − σ).
impl Pointwise for Silu {
    const FROM_VALUE: bool = false;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        x * candle_nn::ops::sigmoid(x)?
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.mul(x, numerics::sigmoid(s, x))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, y: S::V) -> S::V {
        let sigma = numerics::sigmoid(s, x);
        s.fma(y, s.sub(s.splat(1.0), sigma), sigma)
    }
}
