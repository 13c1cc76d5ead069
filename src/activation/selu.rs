//! Scaled exponential linear unit (Klambauer et al. 2017, arXiv:1706.02515).

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::activation::elu::below_zero;
use crate::numerics::{self, Simd};

/// λ of the paper.
const SCALE: f64 = 1.050_700_987_355_480_5;
/// α of the paper.
const ALPHA: f64 = 1.673_263_242_354_377_2;

crate::settings! {
    /// λ x above 0, λ α (eˣ − 1) below.
    pub struct Selu {}
}

/// The slope below and at 0 is y + λ α.
impl Pointwise for Selu {
    const FROM_VALUE: bool = true;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        let (below, power) = below_zero(x)?;
        below.where_cond(&(power * (SCALE * ALPHA))?, &(x * SCALE)?)
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        let below = s.mul(s.splat((SCALE * ALPHA) as f32), numerics::expm1(s, x));
        s.select(s.lt(s.splat(0.0), x), s.mul(s.splat(SCALE as f32), x), below)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, _: S::V, y: S::V) -> S::V {
        s.select(s.lt(s.splat(0.0), y), s.splat(SCALE as f32), s.add(y, s.splat((SCALE * ALPHA) as f32)))
    }
}
