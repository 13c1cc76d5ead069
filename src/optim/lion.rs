//! Lion, as `optax.lion` (Chen et al. 2023, arXiv:2302.06675).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, lerp, mean, padded, penalized, sign, zeros};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Lion.
    pub struct Lion {
        /// What the running mean counts in the step's direction.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of gradients.
        beta2: f64 = Float(0.99), Below(0.0, 1.0);
        /// Decoupled decay of the weights.
        weight_decay: f64 = Float(0.001), AtLeast(0.0);
    }
}

/// Scalars of a step of Lion.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    take1: f32,
    take2: f32,
    decay: f32,
}

/// u = sign(fma(1 − β₁, g − m, m)); m ← fma(1 − β₂, g − m, m); p ← fma(−η, fma(λ, p, u), p).
impl Rule for Lion {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { learning_rate, p, g, .. } = change;
        zeros(state, 1, p)?;
        let direction = lerp(&state[0], g, 1.0 - self.beta1)?.sign()?;
        state[0] = lerp(&state[0], g, 1.0 - self.beta2)?;
        p - ((direction + (p * self.weight_decay)?)? * learning_rate)?
    }

    type Step = Step;
    type Course = ();

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0)]
    }

    fn course(&self) {}

    fn step(&self, (): &mut (), learning_rate: f64) -> Step {
        Step {
            learning_rate: learning_rate as f32,
            take1: (1.0 - self.beta1) as f32,
            take2: (1.0 - self.beta2) as f32,
            decay: self.weight_decay as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.learning_rate, step.take1, step.take2, step.decay])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [m_slot] = state else { return p };
        let m = s.load(&m_slot.0);
        let u = penalized(s, step.decay, p, sign(s, mean(s, step.take1, m, g)));
        s.store(&mut m_slot.0, mean(s, step.take2, m, g));
        s.fma(s.splat(-step.learning_rate), u, p)
    }
}
