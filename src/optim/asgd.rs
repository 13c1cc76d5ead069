//! Averaged stochastic gradient descent, as `torch.optim.ASGD` (Polyak & Juditsky 1992; step sizes by Bottou).
//!
//! PyTorch keeps the average beside the parameters and leaves it to the user; here it is what is evaluated.

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, lerp, mean, padded, penalized};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of ASGD.
    pub struct Asgd {
        /// Decay of the weights, and of the learning rate.
        lambd: f64 = Float(1e-4), AtLeast(0.0);
        /// Power of the learning rate's decay.
        alpha: f64 = Float(0.75), AtLeast(0.0);
        /// Steps after which the average begins; before, it is the weights themselves.
        t0: f64 = Float(1e6), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
    }
}

/// Scalars of a step of ASGD.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    rate: f32,
    keep: f32,
    /// What the newest weights count in the average.
    take: f32,
    penalty: f32,
}

impl Asgd {
    /// The learning rate after so many steps, and what the newest weights count in the average.
    fn after(&self, steps: u64, learning_rate: f64) -> (f64, f64) {
        let rate = learning_rate / libm::pow(1.0 + self.lambd * learning_rate * steps as f64, self.alpha);
        (rate, 1.0 / (steps as f64 - self.t0).max(1.0))
    }
}

/// g ← g + λ p; p ← fma(−r, g, (1 − lambd r) p); a ← fma(μ, p − a, a), or p where μ is 1, with r = η / (1 + lambd η t)^alpha,
/// μ = 1 / max(1, t − t0) and t steps before this one. (PyTorch makes r a step ahead, so that a schedule's factor reaches it a
/// step late; here it is that of the step.) Evaluated: a.
impl Rule for Asgd {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let (rate, take) = self.after(change.step as u64, change.learning_rate);
        let g = change.penalized(self.weight_decay)?;
        let p = ((change.p * (1.0 - self.lambd * rate))? - (g * rate)?)?;
        let average = match state.first() {
            Some(average) if take != 1.0 => lerp(average, &p, take)?,
            _ => p.clone(),
        };
        *state = vec![average];
        Ok(p)
    }

    type Step = Step;
    type Course = u64;

    fn slots(&self) -> Vec<Start> {
        vec![Start::Parameter]
    }

    fn averaged(&self) -> Option<usize> {
        Some(0)
    }

    fn course(&self) -> u64 {
        0
    }

    fn step(&self, steps: &mut u64, learning_rate: f64) -> Step {
        let (rate, take) = self.after(*steps, learning_rate);
        *steps += 1;
        let (keep, penalty) = ((1.0 - self.lambd * rate) as f32, self.weight_decay as f32);
        Step { rate: rate as f32, keep, take: take as f32, penalty }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.rate, step.keep, step.take, step.penalty])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let g = penalized(s, step.penalty, p, g);
        let [a_slot] = state else { return p };
        let p = s.fma(s.splat(-step.rate), g, s.mul(s.splat(step.keep), p));
        let a = if step.take == 1.0 { p } else { mean(s, step.take, s.load(&a_slot.0), p) };
        s.store(&mut a_slot.0, a);
        p
    }
}
