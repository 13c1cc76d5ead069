//! Adadelta, as `torch.optim.Adadelta` (Zeiler 2012, arXiv:1212.5701).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, mean_square, moved_square, padded, penalized, squares, zeros};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Adadelta. PyTorch's learning rate is 1.
    pub struct Adadelta {
        /// Decay of the running means of squared gradients and of squared changes.
        rho: f64 = Float(0.9), Below(0.0, 1.0);
        /// Added to both means before their roots.
        eps: f64 = Float(1e-6), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
    }
}

/// Scalars of a step of Adadelta.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    keep: f32,
    take: f32,
    eps: f32,
    penalty: f32,
}

/// g ← g + λ p; v ← fma((1 − ρ) g, g, ρ v); d = √(a + ε) / √(v + ε) · g; a ← fma((1 − ρ) d, d, ρ a); p ← fma(−η, d, p).
/// Slots: v, then a.
impl Rule for Adadelta {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let g = change.penalized(self.weight_decay)?;
        zeros(state, 2, change.p)?;
        state[0] = squares(&state[0], &g, self.rho)?;
        let moved = (((&state[1] + self.eps)?.sqrt()? / (&state[0] + self.eps)?.sqrt()?)? * g)?;
        state[1] = squares(&state[1], &moved, self.rho)?;
        change.p - (moved * change.learning_rate)?
    }

    type Step = Step;
    type Course = ();

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 2]
    }

    fn course(&self) {}

    fn step(&self, (): &mut (), learning_rate: f64) -> Step {
        Step {
            learning_rate: learning_rate as f32,
            keep: self.rho as f32,
            take: (1.0 - self.rho) as f32,
            eps: self.eps as f32,
            penalty: self.weight_decay as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.learning_rate, step.keep, step.take, step.eps, step.penalty])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let g = penalized(s, step.penalty, p, g);
        let [v_slot, a_slot] = state else { return p };
        let (a, eps) = (s.load(&a_slot.0), s.splat(step.eps));
        let v = moved_square(s, step.keep, step.take, v_slot, g);
        let d = s.mul(s.div(s.sqrt(s.add(a, eps)), s.sqrt(s.add(v, eps))), g);
        s.store(&mut a_slot.0, mean_square(s, step.keep, step.take, a, d));
        s.fma(s.splat(-step.learning_rate), d, p)
    }
}
