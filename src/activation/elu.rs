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

/// Where x ≤ 0, and eˣ − 1 there, 0 elsewhere: an exponential that overflowed would make the gradient NaN.
pub(super) fn below_zero(x: &Tensor) -> Result<(Tensor, Tensor)> {
    let zero = x.zeros_like()?;
    let below = x.le(&zero)?;
    let power = (below.where_cond(x, &zero)?.exp()? - 1.0)?;
    Ok((below, power))
}

/// The slope below and at 0 is y + α.
impl Pointwise for Elu {
    const FROM_VALUE: bool = true;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        let (below, power) = below_zero(x)?;
        below.where_cond(&(power * self.elu_alpha)?, x)
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
