//! Exponential linear unit (Clevert et al. 2016, arXiv:1511.07289).

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// x above 0, elu_alpha · (eˣ − 1) below.
    pub struct Elu {
        /// Minus the value far below 0.
        elu_alpha: f64 = Float(1.0), Above(0.0);
    }
}

/// The slope below and at 0 is α eˣ: y + α would lose it.
impl Pointwise for Elu {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        if x <= 0.0 { (self.elu_alpha * libm::expm1(x), self.elu_alpha * libm::exp(x)) } else { (x, 1.0) }
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        let below = s.mul(s.splat(self.elu_alpha as f32), numerics::expm1_negative(s, s.min(s.splat(0.0), x)));
        s.select(s.lt(s.splat(0.0), x), x, below)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let below = s.mul(s.splat(self.elu_alpha as f32), numerics::exp_negative(s, s.min(s.splat(0.0), x)));
        s.select(s.lt(s.splat(0.0), x), s.splat(1.0), below)
    }
}
