//! Rectified linear unit: max(0, x).

use crate::activation::Pointwise;
use crate::numerics::Simd;

crate::settings! {
    /// max(0, x).
    pub struct Relu {}
}

/// 0 below 0, NaN for NaN; the slope at 0 is 0, as in PyTorch.
impl Pointwise for Relu {
    const FROM_VALUE: bool = true;
    const CHEAP: bool = true;

    fn exact(&self, x: f64) -> (f64, f64) {
        if x <= 0.0 { (0.0, 0.0) } else { (x, 1.0) }
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.max(s.splat(0.0), x)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, _: S::V, y: S::V) -> S::V {
        s.select(s.lt(s.splat(0.0), y), s.splat(1.0), s.splat(0.0))
    }
}
