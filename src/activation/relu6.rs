//! Rectified linear unit that ends at 6 (Howard et al. 2017, arXiv:1704.04861).

use crate::activation::Pointwise;
use crate::numerics::Simd;

crate::settings! {
    /// min(6, max(0, x)).
    pub struct Relu6 {}
}

/// NaN for NaN; the slope at 0 and at 6 is 0, as in PyTorch.
impl Pointwise for Relu6 {
    const FROM_VALUE: bool = true;
    const CHEAP: bool = true;

    fn exact(&self, x: f64) -> (f64, f64) {
        (x.clamp(0.0, 6.0), if 0.0 < x && x < 6.0 { 1.0 } else { 0.0 })
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.min(s.splat(6.0), s.max(s.splat(0.0), x))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, _: S::V, y: S::V) -> S::V {
        let zero = s.splat(0.0);
        s.select(s.lt(zero, y), s.select(s.lt(y, s.splat(6.0)), s.splat(1.0), zero), zero)
    }
}
