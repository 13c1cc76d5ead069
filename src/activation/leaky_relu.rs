//! Leaky rectified linear unit (Maas et al. 2013).

use crate::activation::Pointwise;
use crate::numerics::Simd;

crate::settings! {
    /// max(0, x) + negative_slope · min(0, x).
    pub struct LeakyRelu {
        /// Slope below 0.
        negative_slope: f64 = Float(0.01), AtLeast(0.0);
    }
}

/// The slope at 0 is `negative_slope`, as in PyTorch.
impl Pointwise for LeakyRelu {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        if x <= 0.0 { (self.negative_slope * x, self.negative_slope) } else { (x, 1.0) }
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.select(s.lt(s.splat(0.0), x), x, s.mul(s.splat(self.negative_slope as f32), x))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        s.select(s.lt(s.splat(0.0), x), s.splat(1.0), s.splat(self.negative_slope as f32))
    }
}
