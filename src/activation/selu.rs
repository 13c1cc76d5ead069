//! Scaled exponential linear unit (Klambauer et al. 2017, arXiv:1706.02515).

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

/// λ of the paper.
const SCALE: f64 = 1.050_700_987_355_480_5;
/// α of the paper.
const ALPHA: f64 = 1.673_263_242_354_377_2;

crate::settings! {
    /// λ x above 0, λ α (eˣ − 1) below.
    pub struct Selu {}
}

/// The slope below and at 0 is λ α eˣ.
impl Pointwise for Selu {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        if x <= 0.0 { (SCALE * ALPHA * libm::expm1(x), SCALE * ALPHA * libm::exp(x)) } else { (SCALE * x, SCALE) }
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        let below = s.mul(s.splat((SCALE * ALPHA) as f32), numerics::expm1_negative(s, s.min(s.splat(0.0), x)));
        s.select(s.lt(s.splat(0.0), x), s.mul(s.splat(SCALE as f32), x), below)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let below = s.mul(s.splat((SCALE * ALPHA) as f32), numerics::exp_negative(s, s.min(s.splat(0.0), x)));
        s.select(s.lt(s.splat(0.0), x), s.splat(SCALE as f32), below)
    }
}
