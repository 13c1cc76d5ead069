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
        // max(x, 0) − ln sigmoid |x|, where nothing overflows. With |x| = 2 max(x, 0) − x the kinks at 0 cancel in the
        // gradient, whatever slope candle gives them there.
        let above = x.relu()?;
        let size = ((&above * 2.0)? - x)?;
        above - candle_nn::ops::sigmoid(&size)?.log()?
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
