//! Yogi, as `optax.yogi` (Zaheer et al. 2018, NeurIPS).

use candle_core::{Result, Tensor};

use super::adam::Powers;
use super::{Change, Rule, Scalars, Start, lerp, moved_mean, padded, sign};
use crate::numerics::{self, Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Yogi.
    pub struct Yogi {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// One less the share of a squared gradient by which the second moment moves towards it.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-3), AtLeast(0.0);
        /// Start of both moments.
        initial_accumulator: f64 = Float(1e-6), AtLeast(0.0);
    }
}

/// Scalars of a step of Yogi.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Learning rate over the first bias correction.
    rate: f32,
    take1: f32,
    take2: f32,
    /// One over the root of the second bias correction.
    scale: f32,
    eps: f32,
}

/// m ← fma(1 − β₁, g − m, m); q = g²; v ← fma((1 − β₂) · sign(q − v), q, v); p ← fma(−r, m / fma(√v, c, ε), p), where
/// r = η / (1 − β₁ᵗ), c = 1 / √(1 − β₂ᵗ). Slots: m, then v.
impl Rule for Yogi {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { learning_rate, p, g, .. } = change;
        if state.is_empty() {
            *state = vec![(p.zeros_like()? + self.initial_accumulator)?; 2];
        }
        state[0] = lerp(&state[0], g, 1.0 - self.beta1)?;
        let square = g.sqr()?;
        let towards = (&square - &state[1])?.sign()?;
        state[1] = (&state[1] + ((towards * square)? * (1.0 - self.beta2))?)?;
        let denominator = ((&state[1] / change.correction(self.beta2))?.sqrt()? + self.eps)?;
        p - ((&state[0] / denominator)? * (learning_rate / change.correction(self.beta1)))?
    }

    type Step = Step;
    type Course = Powers;

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(self.initial_accumulator as f32); 2]
    }

    fn course(&self) -> Powers {
        Powers::START
    }

    fn step(&self, powers: &mut Powers, learning_rate: f64) -> Step {
        let (first, second) = powers.corrections(self.beta1, self.beta2);
        Step {
            rate: (learning_rate / first) as f32,
            take1: (1.0 - self.beta1) as f32,
            take2: (1.0 - self.beta2) as f32,
            scale: (1.0 / second.sqrt()) as f32,
            eps: self.eps as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.rate, step.take1, step.take2, step.scale, step.eps])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [m_slot, v_slot] = state else { return p };
        let m = moved_mean(s, step.take1, m_slot, g);
        let (v, square) = (s.load(&v_slot.0), s.mul(g, g));
        let v = s.fma(s.mul(s.splat(step.take2), sign(s, s.sub(square, v))), square, v);
        s.store(&mut v_slot.0, v);
        let denominator = s.fma(s.sqrt(v), s.splat(step.scale), s.splat(step.eps));
        numerics::add_quotient(s, -step.rate, m, denominator, p)
    }
}
