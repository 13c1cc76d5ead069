//! Hidden activations. One file each: settings, formula, candle form, fused form, tests.

mod relu;
mod tanh;

use crate::numerics::Simd;

crate::kinds! {
    /// The nonlinearity of the hidden layers.
    pub enum Activation: Pointwise via Visitor {
        Relu(relu::Relu) = "relu",
        Tanh(tanh::Tanh) = "tanh",
    }
}

/// The fused form of an activation: the function and its derivative on 32 virtual lanes, the same bits everywhere.
/// Both must be `#[inline(always)]`.
pub trait Pointwise: Clone + Send + Sync {
    /// Whether the derivative is had from f(x) alone, so that x need not be kept.
    const FROM_VALUE: bool;

    /// f(x).
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V;

    /// f′(x), given x and y = f(x); where `FROM_VALUE`, only y is given, and `x` is y as well.
    fn slope<S: Simd>(&self, s: S, x: S::V, y: S::V) -> S::V;
}
