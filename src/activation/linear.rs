//! No activation: a network of linear layers.

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

    fn exact(&self, x: f64) -> (f64, f64) {
        (x, 1.0)
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
