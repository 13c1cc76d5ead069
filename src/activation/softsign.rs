//! Softsign.

use crate::activation::Pointwise;
use crate::numerics::Simd;

crate::settings! {
    /// x / (1 + |x|).
    pub struct Softsign {}
}

/// The slope is 1 / (1 + |x|)².
impl Pointwise for Softsign {
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        let size = 1.0 + x.abs();
        (x / size, 1.0 / (size * size))
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        s.div(x, s.add(s.splat(1.0), s.abs(x)))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, _: S::V) -> S::V {
        let root = s.div(s.splat(1.0), s.add(s.splat(1.0), s.abs(x)));
        s.mul(root, root)
    }
}
