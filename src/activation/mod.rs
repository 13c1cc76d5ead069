//! Hidden activations. One file each: settings, formula, candle form, fused form.

use candle_core::Tensor;

use crate::numerics::Simd;

crate::kinds! {
    /// The nonlinearity of the hidden layers.
    pub enum Activation: Pointwise via Visitor {
        relu: Relu,
        leaky_relu: LeakyRelu,
        elu: Elu,
        selu: Selu,
        gelu: Gelu,
        silu: Silu,
        mish: Mish,
        softplus: Softplus,
        softsign: Softsign,
        tanh: Tanh,
        sigmoid: Sigmoid,
        linear: Linear,
        gelu_tanh: GeluTanh,
        relu6: Relu6,
        hardtanh: Hardtanh,
    }
}

/// An activation in its two forms: on tensors, where candle derives the gradient, and fused, on 32 virtual lanes with
/// the same bits everywhere. The fused functions must be `#[inline(always)]`.
pub trait Pointwise: Clone + Send + Sync {
    /// Whether the derivative is had from f(x) alone, so that x need not be kept.
    const FROM_VALUE: bool;
    /// Whether f(x) takes but an instruction or two, so that it is best computed where x is.
    const CHEAP: bool = false;

    /// f(x) on a tensor of any shape; neither it nor its gradient may be NaN for any finite x, and NaN must give NaN, so
    /// that a training that diverged is seen.
    fn tensor(&self, x: &Tensor) -> candle_core::Result<Tensor>;

    /// f(x).
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V;

    /// f′(x), given x and y = f(x); where `FROM_VALUE`, only y is given, and `x` is y as well.
    fn slope<S: Simd>(&self, s: S, x: S::V, y: S::V) -> S::V;
}

struct OnTensor<'a>(&'a Tensor);

impl Visitor for OnTensor<'_> {
    type Output = candle_core::Result<Tensor>;
    fn visit<K: Pointwise>(self, kind: &K) -> Self::Output {
        kind.tensor(self.0)
    }
}

impl Activation {
    /// The candle form, for the reference engine.
    pub fn tensor(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        self.visit(OnTensor(x))
    }
}

#[cfg(test)]
mod tests;
