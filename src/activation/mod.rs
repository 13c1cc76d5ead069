//! Hidden activations. One file each: settings, formula, candle form, fused form.

mod elu;
mod gelu;
mod gelu_tanh;
mod hardtanh;
mod leaky_relu;
mod linear;
mod mish;
mod relu;
mod relu6;
mod selu;
mod sigmoid;
mod silu;
mod softplus;
mod softsign;
mod tanh;

pub use relu::Relu;

use candle_core::Tensor;

use crate::numerics::Simd;

crate::kinds! {
    /// The nonlinearity of the hidden layers.
    pub enum Activation: Pointwise via Visitor {
        Relu(relu::Relu) = "relu",
        LeakyRelu(leaky_relu::LeakyRelu) = "leaky_relu",
        Elu(elu::Elu) = "elu",
        Selu(selu::Selu) = "selu",
        Gelu(gelu::Gelu) = "gelu",
        Silu(silu::Silu) = "silu",
        Mish(mish::Mish) = "mish",
        Softplus(softplus::Softplus) = "softplus",
        Softsign(softsign::Softsign) = "softsign",
        Tanh(tanh::Tanh) = "tanh",
        Sigmoid(sigmoid::Sigmoid) = "sigmoid",
        Linear(linear::Linear) = "linear",
        GeluTanh(gelu_tanh::GeluTanh) = "gelu_tanh",
        Relu6(relu6::Relu6) = "relu6",
        Hardtanh(hardtanh::Hardtanh) = "hardtanh",
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
