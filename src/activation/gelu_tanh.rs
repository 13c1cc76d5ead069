//! Gaussian error linear unit by hyperbolic tangent (Hendrycks & Gimpel 2016), PyTorch's `approximate="tanh"`.

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

/// √(2/π).
const RATE: f64 = 0.797_884_560_802_865_4;
/// The weight of the cube.
const CUBE: f64 = 0.044_715;
/// Where the tangent is ±1, in f64 too: farther out it is not computed, as the cube would overflow.
const FAR: f64 = 10.0;

crate::settings! {
    /// x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
    pub struct GeluTanh {}
}

/// With c = x within ±10, u = √(2/π) c fma(0.044715, c², 1) and t = tanh u: x fma(½, t, ½); the slope is
/// fma(½ x (1 − t²), √(2/π) fma(3 · 0.044715, c², 1), fma(½, t, ½)).
impl Pointwise for GeluTanh {
    const FROM_VALUE: bool = false;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        let near = x.clamp(-FAR, FAR)?;
        let inner = (&near * ((near.sqr()? * CUBE)? + 1.0)?)?;
        let share = (((inner * RATE)?.tanh()? + 1.0)? * 0.5)?;
        x * share
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        let half = s.splat(0.5);
        s.mul(x, s.fma(half, tangent(s, x).0, half))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let (half, one) = (s.splat(0.5), s.splat(1.0));
        let (t, square) = tangent(s, x);
        let rest = s.mul(s.mul(half, x), s.fma(s.neg(t), t, one));
        let inner = s.mul(s.splat(RATE as f32), s.fma(s.splat(3.0 * CUBE as f32), square, one));
        s.fma(rest, inner, s.fma(half, t, half))
    }
}

/// t and c².
#[inline(always)]
fn tangent<S: Simd>(s: S, x: S::V) -> (S::V, S::V) {
    let near = s.min(s.splat(FAR as f32), s.max(s.splat(-FAR as f32), x));
    let square = s.mul(near, near);
    let inner = s.mul(near, s.fma(s.splat(CUBE as f32), square, s.splat(1.0)));
    (numerics::tanh(s, s.mul(s.splat(RATE as f32), inner)), square)
}
