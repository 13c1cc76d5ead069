//! Mish (Misra 2019, arXiv:1908.08681).

use candle_core::{Result, Tensor};

use crate::activation::Pointwise;
use crate::activation::softplus::Softplus;
use crate::numerics::{self, Simd};

crate::settings! {
    /// x tanh(ln(1 + eˣ)).
    pub struct Mish {}
}

/// With t = tanh(softplus x), the slope is t + x (1 − t²) sigmoid x.
impl Pointwise for Mish {
    const FROM_VALUE: bool = false;

    fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        x * Softplus {}.tensor(x)?.tanh()?
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.mul(x, numerics::tanh(s, numerics::softplus(s, x)))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let t = numerics::tanh(s, numerics::softplus(s, x));
        let rest = s.mul(s.fma(s.neg(t), t, s.splat(1.0)), numerics::sigmoid(s, x));
        s.fma(x, rest, t)
    }
}
