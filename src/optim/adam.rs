//! Adam, as `torch.optim.Adam` (Kingma & Ba 2015, arXiv:1412.6980).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, lerp, mean_square, moved_mean, padded, penalized, squares, zeros};
use crate::numerics::{self, Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Adam.
    pub struct Adam {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Use the maximum of the second moments seen.
        amsgrad: bool = Bool(false), Any;
    }
}

/// The moments and the step that Adam and AdamW share.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// Learning rate over the first bias correction.
    rate: f32,
    /// One over the root of the second bias correction.
    scale: f32,
    take1: f32,
    keep2: f32,
    take2: f32,
    eps: f32,
}

/// Powers of the decay rates, by one f64 product each per step.
#[derive(Clone, Copy, Debug)]
pub struct Powers(f64, f64);

impl Powers {
    /// Before the first step.
    pub const START: Self = Self(1.0, 1.0);

    /// The two bias corrections of the next step, 1 − βᵗ.
    pub(super) fn corrections(&mut self, beta1: f64, beta2: f64) -> (f64, f64) {
        self.0 *= beta1;
        self.1 *= beta2;
        (1.0 - self.0, 1.0 - self.1)
    }
}

impl Moments {
    /// The scalars of the next step.
    pub fn step(powers: &mut Powers, beta1: f64, beta2: f64, eps: f64, learning_rate: f64) -> Self {
        let (first, second) = powers.corrections(beta1, beta2);
        Self {
            rate: (learning_rate / first) as f32,
            scale: (1.0 / second.sqrt()) as f32,
            take1: (1.0 - beta1) as f32,
            keep2: beta2 as f32,
            take2: (1.0 - beta2) as f32,
            eps: eps as f32,
        }
    }

    /// m ← fma(1 − β₁, g − m, m); v ← fma((1 − β₂) g, g, β₂ v); with a third slot u ← max(u, v), used for v;
    /// p ← fma(−rate, m / fma(√v, scale, ε), p).
    #[inline(always)]
    pub fn update<S: Simd>(self, s: S, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [m_slot, v_slot, rest @ ..] = state else { return p };
        let m = moved_mean(s, self.take1, m_slot, g);
        let mut v = mean_square(s, self.keep2, self.take2, s.load(&v_slot.0), g);
        s.store(&mut v_slot.0, v);
        if let [u_slot] = rest {
            v = s.max(s.load(&u_slot.0), v);
            s.store(&mut u_slot.0, v);
        }
        let denominator = s.fma(s.sqrt(v), s.splat(self.scale), s.splat(self.eps));
        // Means of gradients that vanished decay through the subnormal numbers and stay there.
        numerics::add_quotient(s, -self.rate, m, denominator, p)
    }

    /// The scalars without names, and `last` behind them.
    pub fn scalars(self, last: f32) -> Scalars {
        padded([self.rate, self.scale, self.take1, self.keep2, self.take2, self.eps, last])
    }

    /// Two moments, and the maximum of the second with `amsgrad`.
    pub fn slots(amsgrad: bool) -> Vec<Start> {
        vec![Start::At(0.0); if amsgrad { 3 } else { 2 }]
    }
}

/// g ← g + λ p, then `Moments::update`.
impl Rule for Adam {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let g = change.penalized(self.weight_decay)?;
        moments(&Change { g: &g, ..change }, self, state)
    }

    type Step = (Moments, f32);
    type Course = Powers;

    fn slots(&self) -> Vec<Start> {
        Moments::slots(self.amsgrad)
    }

    fn course(&self) -> Powers {
        Powers::START
    }

    fn step(&self, powers: &mut Powers, learning_rate: f64) -> Self::Step {
        let moments = Moments::step(powers, self.beta1, self.beta2, self.eps, learning_rate);
        (moments, self.weight_decay as f32)
    }

    fn scalars((moments, penalty): Self::Step) -> Scalars {
        moments.scalars(penalty)
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, (moments, penalty): Self::Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        moments.update(s, p, penalized(s, penalty, p, g), state)
    }
}

/// The candle form of what Adam and AdamW share: moments, their corrections, and the step.
pub(super) fn moments(change: &Change, adam: &Adam, state: &mut Vec<Tensor>) -> Result<Tensor> {
    let Change { learning_rate, p, g, .. } = *change;
    zeros(state, if adam.amsgrad { 3 } else { 2 }, p)?;
    state[0] = lerp(&state[0], g, 1.0 - adam.beta1)?;
    state[1] = squares(&state[1], g, adam.beta2)?;
    if adam.amsgrad {
        state[2] = state[2].maximum(&state[1])?;
    }
    let second = if adam.amsgrad { &state[2] } else { &state[1] };
    let denominator = ((second.sqrt()? / change.correction(adam.beta2).sqrt())? + adam.eps)?;
    p - ((&state[0] / denominator)? * (learning_rate / change.correction(adam.beta1)))?
}
