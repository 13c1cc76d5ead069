//! Hyperbolic tangent in three straight pieces (Collobert 2004).

use crate::activation::Pointwise;
use crate::numerics::Simd;

crate::settings! {
    /// min(1, max(-1, x)).
    pub struct Hardtanh {}
}

/// NaN for NaN; the slope at ±1 is 0, as in PyTorch.
impl Pointwise for Hardtanh {
    const FROM_VALUE: bool = true;
    const CHEAP: bool = true;

    fn exact(&self, x: f64) -> (f64, f64) {
        (x.clamp(-1.0, 1.0), if x.abs() < 1.0 { 1.0 } else { 0.0 })
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.min(s.splat(1.0), s.max(s.splat(-1.0), x))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, _: S::V, y: S::V) -> S::V {
        s.select(s.lt(s.abs(y), s.splat(1.0)), s.splat(1.0), s.splat(0.0))
    }
}
