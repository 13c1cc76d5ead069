//! Mish (Misra 2019, arXiv:1908.08681).

use crate::activation::Pointwise;
use crate::activation::sigmoid::logistic;
use crate::numerics::{self, Simd};

crate::settings! {
    /// x tanh(ln(1 + eˣ)).
    pub struct Mish {}
}

/// With e = e to the −|x|, t = tanh(ln(1 + eˣ)) is a / b: left of 0 a = e² + 2e and b = a + 2, else a = 1 + 2e and b = 2e² + a.
/// The slope is t + x (1 − t²) sigmoid x, where (1 − t²) sigmoid x is e (1 + e) (2 / b)², right of 0 times e.
impl Pointwise for Mish {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        let sum = x.max(0.0) + libm::log1p(libm::exp(-x.abs()));
        let (share, growth) = (libm::tanh(sum), libm::cosh(sum));
        (x * share, share + x * logistic(x) / (growth * growth))
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        let (_, above, below) = parts(s, x);
        s.mul(x, s.div(above, below))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let (e, above, below) = parts(s, x);
        let share = s.div(s.splat(2.0), below);
        let rest = s.mul(s.mul(e, s.add(s.splat(1.0), e)), s.mul(share, share));
        let rest = s.select(s.lt(x, s.splat(0.0)), rest, s.mul(rest, e));
        s.fma(x, rest, s.div(above, below))
    }
}

/// e, a and b.
#[inline(always)]
fn parts<S: Simd>(s: S, x: S::V) -> (S::V, S::V, S::V) {
    let e = numerics::exp_negative(s, s.neg(s.abs(x)));
    let (negative, twice) = (s.lt(x, s.splat(0.0)), s.add(e, e));
    let above = s.select(negative, s.fma(e, e, twice), s.add(s.splat(1.0), twice));
    (e, above, s.select(negative, s.add(above, s.splat(2.0)), s.fma(twice, e, above)))
}
