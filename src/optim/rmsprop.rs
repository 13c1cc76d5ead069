//! RMSprop, as `torch.optim.RMSprop` (Hinton's lecture notes; centered form: Graves 2013, arXiv:1308.0850).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, mean_square, moved_mean, padded, penalized};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of RMSprop.
    pub struct RmsProp {
        /// Decay of the running mean of squared gradients.
        alpha: f64 = Float(0.99), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Momentum factor.
        momentum: f64 = Float(0.0), AtLeast(0.0);
        /// Normalize by an estimate of the variance.
        centered: bool = Bool(false), Any;
    }
}

/// Scalars of a step of RMSprop.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    keep: f32,
    take: f32,
    eps: f32,
    penalty: f32,
    momentum: f32,
}

/// g ← g + λ p; v ← fma((1 − α) g, g, α v); centered: a ← fma(1 − α, g − a, a), and fma(−a, a, v) for v from here;
/// q = g / (√v + ε); with momentum b ← fma(μ, b, q), used for q; p ← fma(−η, q, p). Slots: v, then a, then b.
impl Rule for RmsProp {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { learning_rate, p, .. } = change;
        let g = change.penalized(self.weight_decay)?;
        if state.is_empty() {
            *state = vec![p.zeros_like()?; 3];
        }
        state[0] = ((&state[0] * self.alpha)? + (g.sqr()? * (1.0 - self.alpha))?)?;
        let mut square = state[0].clone();
        if self.centered {
            state[1] = (&state[1] + ((&g - &state[1])? * (1.0 - self.alpha))?)?;
            square = (square - state[1].sqr()?)?;
        }
        let mut change = (g / (square.sqrt()? + self.eps)?)?;
        if self.momentum > 0.0 {
            change = ((&state[2] * self.momentum)? + change)?;
            state[2] = change.clone();
        }
        p - (change * learning_rate)?
    }

    type Step = Step;
    type Course = ();

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 1 + usize::from(self.centered) + usize::from(self.momentum > 0.0)]
    }

    fn course(&self) {}

    fn step(&self, (): &mut (), learning_rate: f64) -> Step {
        Step {
            learning_rate: learning_rate as f32,
            keep: self.alpha as f32,
            take: (1.0 - self.alpha) as f32,
            eps: self.eps as f32,
            penalty: self.weight_decay as f32,
            momentum: self.momentum as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.learning_rate, step.keep, step.take, step.eps, step.penalty, step.momentum])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let g = penalized(s, step.penalty, p, g);
        let [v_slot, rest @ ..] = state else { return p };
        let (a_slots, b_slots) = rest.split_at_mut(usize::from(self.centered).min(rest.len()));
        let mut v = mean_square(s, step.keep, step.take, s.load(&v_slot.0), g);
        s.store(&mut v_slot.0, v);
        if let [a_slot] = a_slots {
            let a = moved_mean(s, step.take, a_slot, g);
            v = s.fma(s.neg(a), a, v);
        }
        let mut q = s.div(g, s.add(s.sqrt(v), s.splat(step.eps)));
        if let [b_slot] = b_slots {
            q = s.fma(s.splat(step.momentum), s.load(&b_slot.0), q);
            s.store(&mut b_slot.0, q);
        }
        s.fma(s.splat(-step.learning_rate), q, p)
    }
}
