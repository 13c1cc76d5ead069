//! Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415), exact as PyTorch's default.

use std::f64::consts::FRAC_1_SQRT_2;

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// x Φ(x), with the normal distribution function Φ.
    pub struct Gelu {}
}

/// Φ(x) = ½ + ½ erf(x / √2); the slope is Φ(x) + x φ(x).
impl Pointwise for Gelu {
    const FROM_VALUE: bool = false;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        // candle's own has a gradient of six digits.
        let normal = (((x * FRAC_1_SQRT_2)?.erf()? + 1.0)? * 0.5)?;
        x * normal
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.mul(x, normal(s, x))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let density = numerics::exp(s, s.mul(s.mul(s.splat(-0.5), x), x));
        s.fma(x, s.mul(s.splat(0.398_942_3), density), normal(s, x))
    }
}

/// Φ(x).
#[inline(always)]
fn normal<S: Simd>(s: S, x: S::V) -> S::V {
    let half = s.splat(0.5);
    s.fma(half, numerics::erf(s, s.mul(x, s.splat(std::f32::consts::FRAC_1_SQRT_2))), half)
}
