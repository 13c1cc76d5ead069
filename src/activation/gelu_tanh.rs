//! Gaussian error linear unit by hyperbolic tangent (Hendrycks & Gimpel 2016), PyTorch's `approximate="tanh"`.

use crate::activation::Pointwise;
use crate::activation::sigmoid::logistic;
use crate::numerics::{self, Simd};

/// 2 √(2/π).
const RATE: f64 = 2.0 * 0.797_884_560_802_865_4;
/// The weight of the cube, times the rate.
const CUBE: f64 = RATE * 0.044_715;

crate::settings! {
    /// x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
    pub struct GeluTanh {}
}

/// x σ(v) with v = 2 √(2/π) (x + 0.044715 x³); the slope is σ(v) + x v′ σ(v) (1 − σ(v)).
impl Pointwise for GeluTanh {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        // Farther out the share is 0 or 1, and the cube might overflow.
        let near = x.clamp(-40.0, 40.0);
        let square = near * near;
        let v = near * (RATE + CUBE * square);
        let share = logistic(v);
        (x * share, share + near * (RATE + 3.0 * CUBE * square) * share * logistic(-v))
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        let (e, _) = power(s, x);
        s.mul(x, numerics::sigmoid_of(s, x, e))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let (e, square) = power(s, x);
        let share = numerics::sigmoid_of(s, x, e);
        let near = s.min(s.splat(FAR), s.max(s.splat(-FAR), x));
        let inner = s.mul(near, s.fma(s.splat((3.0 * CUBE) as f32), square, s.splat(RATE as f32)));
        s.fma(inner, numerics::sigmoid_slope_of(s, x, share, e), share)
    }
}

/// Where e to the −|v| is 0, in f32.
const FAR: f32 = 12.0;

/// A constant as the sum of two f32.
const fn split(x: f64) -> (f32, f32) {
    (x as f32, (x - x as f32 as f64) as f32)
}

/// e to the −|v|, and x². |v| is computed in two parts: an error in it would be many times larger in its power.
#[inline(always)]
fn power<S: Simd>(s: S, x: S::V) -> (S::V, S::V) {
    const RATES: (f32, f32) = split(RATE);
    const CUBES: (f32, f32) = split(CUBE);
    let a = s.min(s.splat(FAR), s.abs(x));
    let square = s.mul(a, a);
    let lost = s.fma(a, a, s.neg(square));
    let (high, rate) = (s.splat(CUBES.0), s.splat(RATES.0));
    let cube = s.mul(high, square);
    let rest = s.fma(high, square, s.neg(cube));
    let rest = s.fma(s.splat(CUBES.1), square, s.fma(high, lost, rest));
    let sum = s.add(rate, cube);
    // What the sum lost (Knuth's).
    let part = s.sub(sum, rate);
    let left = s.add(s.sub(rate, s.sub(sum, part)), s.sub(cube, part));
    let left = s.add(left, s.add(rest, s.splat(RATES.1)));
    let v = s.mul(a, sum);
    let low = s.fma(a, left, s.fma(a, sum, s.neg(v)));
    let e = numerics::exp_negative(s, s.neg(v));
    (s.fma(s.neg(low), e, e), square)
}
