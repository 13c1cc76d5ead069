//! Adamax, as `torch.optim.Adamax` (Kingma & Ba 2015, arXiv:1412.6980, section 7.1).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, lerp, moved_mean, padded, penalized, zeros};
use crate::numerics::{self, Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Adamax.
    pub struct Adamax {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running maximum of the gradients' sizes.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the size of each gradient.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
    }
}

/// Scalars of a step of Adamax.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Learning rate over the bias correction.
    rate: f32,
    take: f32,
    keep: f32,
    eps: f32,
    penalty: f32,
}

/// g ← g + λ p; m ← fma(1 − β₁, g − m, m); u ← max(β₂ u, |g| + ε); p ← fma(−η / (1 − β₁ᵗ), m / u, p). Slots: m, then u.
impl Rule for Adamax {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let g = change.penalized(self.weight_decay)?;
        zeros(state, 2, change.p)?;
        state[0] = lerp(&state[0], &g, 1.0 - self.beta1)?;
        state[1] = (&state[1] * self.beta2)?.maximum(&(g.abs()? + self.eps)?)?;
        change.p - ((&state[0] / &state[1])? * (change.learning_rate / change.correction(self.beta1)))?
    }

    type Step = Step;
    /// The power of β₁.
    type Course = f64;

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 2]
    }

    fn course(&self) -> f64 {
        1.0
    }

    fn step(&self, power: &mut f64, learning_rate: f64) -> Step {
        *power *= self.beta1;
        Step {
            rate: (learning_rate / (1.0 - *power)) as f32,
            take: (1.0 - self.beta1) as f32,
            keep: self.beta2 as f32,
            eps: self.eps as f32,
            penalty: self.weight_decay as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.rate, step.take, step.keep, step.eps, step.penalty])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let g = penalized(s, step.penalty, p, g);
        let [m_slot, u_slot] = state else { return p };
        let m = moved_mean(s, step.take, m_slot, g);
        let u = s.max(s.mul(s.splat(step.keep), s.load(&u_slot.0)), s.add(s.abs(g), s.splat(step.eps)));
        s.store(&mut u_slot.0, u);
        numerics::add_quotient(s, -step.rate, m, u, p)
    }
}
