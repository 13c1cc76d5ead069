//! No activation: a network of linear layers.

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::numerics::Simd;

crate::settings! {
    /// The identity: f(x) = x.
    pub struct Linear {}
}

/// The slope is 1.
impl Pointwise for Linear {
    const FROM_VALUE: bool = true;
    const CHEAP: bool = true;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        Ok(x.clone())
    }

    #[inline(always)]
    fn value<S: Simd>(&self, _: S, x: S::V) -> S::V {
        x
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, _: S::V, _: S::V) -> S::V {
        s.splat(1.0)
    }
}
