//! Hidden activations. One file each: settings, the formula in f64, fused form.

use candle_core::{CpuStorage, CustomOp1, Device, Layout, Result, Shape, Tensor};

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

/// An activation in its two forms: the formula in f64, which the reference engine has candle apply to each element of a
/// tensor, and fused, on 32 virtual lanes with the same bits everywhere. The fused functions must be `#[inline(always)]`.
pub trait Pointwise: Clone + Send + Sync {
    /// Whether the derivative is had from f(x) alone, so that x need not be kept.
    const FROM_VALUE: bool;
    /// Whether f(x) takes but an instruction or two, so that it is best computed where x is.
    const CHEAP: bool = false;

    /// f(x) and f′(x), with all digits wherever they saturate. Neither may be NaN for any finite x, and f(NaN) must be NaN, so
    /// that a training that diverged is seen.
    fn exact(&self, x: f64) -> (f64, f64);

    /// f(x).
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V;

    /// f′(x), given x and y = f(x); where `FROM_VALUE`, only y is given, and `x` is y as well.
    fn slope<S: Simd>(&self, s: S, x: S::V, y: S::V) -> S::V;
}

struct Exact(f64);

impl Visitor for Exact {
    type Output = (f64, f64);
    fn visit<K: Pointwise>(self, kind: &K) -> Self::Output {
        kind.exact(self.0)
    }
}

impl Activation {
    /// f(x) and f′(x) in f64.
    pub fn exact(&self, x: f64) -> (f64, f64) {
        self.visit(Exact(x))
    }

    /// The candle form, for the reference engine: f of each element of a tensor of f32 or f64, computed by the CPU in f64 and
    /// rounded once.
    ///
    /// # Errors
    /// Of candle, for a tensor of another type.
    pub fn tensor(&self, x: &Tensor) -> Result<Tensor> {
        let here = x.to_device(&Device::Cpu)?.contiguous()?;
        here.apply_op1(OnTensor { activation: self.clone(), part: |(value, _)| value })?.to_device(x.device())
    }
}

/// An activation, or its slope, as an operation of candle's. Composed of candle's own, a slope would be as exact as the least
/// exact of them: those lose the tails.
struct OnTensor {
    activation: Activation,
    part: fn((f64, f64)) -> f64,
}

impl CustomOp1 for OnTensor {
    fn name(&self) -> &'static str {
        self.activation.name()
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Some((from, to)) = layout.contiguous_offsets() else {
            candle_core::bail!("{}: not contiguous", self.name())
        };
        let of = |x: f64| (self.part)(self.activation.exact(x));
        let storage = match storage {
            CpuStorage::F32(x) => CpuStorage::F32(x[from..to].iter().map(|&x| of(x.into()) as f32).collect()),
            CpuStorage::F64(x) => CpuStorage::F64(x[from..to].iter().map(|&x| of(x)).collect()),
            _ => candle_core::bail!("{}: neither f32 nor f64", self.name()),
        };
        Ok((storage, layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        let slope = Self { activation: self.activation.clone(), part: |(_, slope)| slope };
        (gradient * x.apply_op1_no_bwd(&slope)?).map(Some)
    }
}

#[cfg(test)]
mod tests;
