//! Adagrad, as `torch.optim.Adagrad` (Duchi, Hazan & Singer 2011).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, padded, penalized};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Adagrad.
    pub struct Adagrad {
        /// Decay of the learning rate per step.
        lr_decay: f64 = Float(0.0), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Start of the sums of squared gradients.
        initial_accumulator: f64 = Float(0.0), AtLeast(0.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-10), AtLeast(0.0);
    }
}

/// Scalars of a step of Adagrad.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    rate: f32,
    eps: f32,
    penalty: f32,
}

/// g ← g + λ p; v ← fma(g, g, v); p ← fma(−η / (1 + t · decay), g / (√v + ε), p) with t steps before this one.
impl Rule for Adagrad {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { step, learning_rate, p, .. } = change;
        let g = change.penalized(self.weight_decay)?;
        let sum = match state.first() {
            Some(sum) => (sum + g.sqr()?)?,
            None => (g.sqr()? + self.initial_accumulator)?,
        };
        *state = vec![sum.clone()];
        let rate = learning_rate / (1.0 + step as f64 * self.lr_decay);
        p - ((g / (sum.sqrt()? + self.eps)?)? * rate)?
    }

    type Step = Step;
    type Course = u64;

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(self.initial_accumulator as f32)]
    }

    fn course(&self) -> u64 {
        0
    }

    fn step(&self, steps: &mut u64, learning_rate: f64) -> Step {
        let rate = learning_rate / (1.0 + *steps as f64 * self.lr_decay);
        *steps += 1;
        Step { rate: rate as f32, eps: self.eps as f32, penalty: self.weight_decay as f32 }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.rate, step.eps, step.penalty])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let g = penalized(s, step.penalty, p, g);
        let [slot] = state else { return p };
        let v = s.fma(g, g, s.load(&slot.0));
        s.store(&mut slot.0, v);
        s.fma(s.splat(-step.rate), s.div(g, s.add(s.sqrt(v), s.splat(step.eps))), p)
    }
}
