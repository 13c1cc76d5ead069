//! Smooth rectifier.

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// ln(1 + eˣ).
    pub struct Softplus {}
}

/// The slope is sigmoid x.
impl Pointwise for Softplus {
    const FROM_VALUE: bool = false;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        // max(x, 0) − ln sigmoid |x|: nothing overflows, and the two kinks at 0 cancel in the gradient but for x = 0.
        x.relu()? - candle_nn::ops::sigmoid(&x.abs()?)?.log()?
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
