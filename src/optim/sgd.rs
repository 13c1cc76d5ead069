//! Stochastic gradient descent with momentum, as `torch.optim.SGD`.

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, padded, penalized};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of SGD.
    pub struct Sgd {
        /// Momentum factor.
        momentum: f64 = Float(0.0), AtLeast(0.0);
        /// Dampening of the momentum.
        dampening: f64 = Float(0.0), Any;
        /// Nesterov momentum; needs momentum and no dampening.
        nesterov: bool = Bool(false), Any;
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
    }
}

/// Scalars of a step of SGD.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    momentum: f32,
    /// Factors of the buffer and of the gradient in the new buffer: 0 and 1 in the first step.
    keep: f32,
    take: f32,
    penalty: f32,
}

/// g ← g + λ p; b ← fma(take, g, keep · b); g ← b, or with Nesterov fma(μ, b, g); p ← fma(−η, g, p).
impl Rule for Sgd {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { step, learning_rate, p, .. } = change;
        let mut g = change.penalized(self.weight_decay)?;
        if self.momentum != 0.0 {
            let buffer = match state.first() {
                Some(buffer) if step > 0 => ((buffer * self.momentum)? + (&g * (1.0 - self.dampening))?)?,
                _ => g.clone(),
            };
            *state = vec![buffer.clone()];
            g = if self.nesterov { (g + (buffer * self.momentum)?)? } else { buffer };
        }
        p - (g * learning_rate)?
    }

    type Step = Step;
    type Course = bool;

    fn slots(&self) -> Vec<Start> {
        if self.momentum == 0.0 { Vec::new() } else { vec![Start::At(0.0)] }
    }

    fn course(&self) -> bool {
        true
    }

    fn step(&self, first: &mut bool, learning_rate: f64) -> Step {
        let momentum = self.momentum as f32;
        let (keep, take) = if *first { (0.0, 1.0) } else { (momentum, (1.0 - self.dampening) as f32) };
        *first = false;
        Step { learning_rate: learning_rate as f32, momentum, keep, take, penalty: self.weight_decay as f32 }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.learning_rate, step.momentum, step.keep, step.take, step.penalty])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let mut g = penalized(s, step.penalty, p, g);
        if let [buffer] = state {
            let b = s.fma(s.splat(step.take), g, s.mul(s.splat(step.keep), s.load(&buffer.0)));
            s.store(&mut buffer.0, b);
            g = if self.nesterov { s.fma(s.splat(step.momentum), b, g) } else { b };
        }
        s.fma(s.splat(-step.learning_rate), g, p)
    }
}
