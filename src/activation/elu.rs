//! Exponential linear unit (Clevert et al. 2016, arXiv:1511.07289).

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// x above 0, elu_alpha · (eˣ − 1) below.
    pub struct Elu {
        /// Minus the value far below 0.
        elu_alpha: f64 = Float(1.0), Above(0.0);
    }
}

/// The slope below 0 is y + α.
impl Pointwise for Elu {
    const FROM_VALUE: bool = true;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        // The exponential sees no positive number, whose overflow would make the gradient NaN.
        let below = (x.neg()?.relu()?.neg()?.exp()? - 1.0)?;
        x.relu()? + (below * self.elu_alpha)?
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        let below = s.mul(s.splat(self.elu_alpha as f32), numerics::expm1(s, x));
        s.select(s.lt(s.splat(0.0), x), x, below)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, _: S::V, y: S::V) -> S::V {
        s.select(s.lt(s.splat(0.0), y), s.splat(1.0), s.add(y, s.splat(self.elu_alpha as f32)))
    }
}
