//! Gaussian error linear unit (Hendrycks & Gimpel 2016, arXiv:1606.08415), exact as PyTorch's default.

use std::f64::consts::FRAC_1_SQRT_2;

use crate::activation::Pointwise;
use crate::numerics::{self, Simd};

crate::settings! {
    /// x Φ(x), with the normal distribution function Φ.
    pub struct Gelu {}
}

/// φ(0), 1/√(2π).
const DENSITY: f64 = 0.398_942_280_401_432_7;

/// The slope is Φ(x) + x φ(x).
impl Pointwise for Gelu {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        let below = 0.5 * libm::erfc(-x * FRAC_1_SQRT_2);
        (x * below, below + x * libm::exp(-0.5 * x * x) * DENSITY)
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.mul(x, numerics::normal_distribution(s, x).0)
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let (below, density) = numerics::normal_distribution(s, x);
        s.fma(x, density, below)
    }
}
