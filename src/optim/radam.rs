//! Rectified Adam, as `torch.optim.RAdam` (Liu et al. 2020, arXiv:1908.03265).

use candle_core::{Result, Tensor};

use super::adam::Powers;
use super::{Change, Decay, Rule, Scalars, Start, lerp, moved_mean, moved_square, padded, squares, zeros};
use crate::numerics::{self, Lanes, Simd};

crate::settings! {
    /// Hyperparameters of RAdam.
    pub struct RAdam {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// L2 penalty added to the gradient, or decoupled decay of the weights.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Decay the weights by themselves, as AdamW does, and not through the gradient.
        decoupled_weight_decay: bool = Bool(false), Any;
    }
}

/// Scalars of a step of RAdam.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    rate: f32,
    take1: f32,
    keep2: f32,
    take2: f32,
    eps: f32,
    decay: f32,
    /// Whether enough gradients were seen for their variance to be known.
    rectified: bool,
}

impl RAdam {
    /// The rate of a step (counted from 1) and whether it is rectified, given the two bias corrections.
    fn rate(&self, step: f64, (first, second): (f64, f64), learning_rate: f64) -> (f64, bool) {
        let longest = 2.0 / (1.0 - self.beta2) - 1.0;
        let length = longest - 2.0 * step * (1.0 - second) / second;
        let rate = learning_rate / first;
        if length > 5.0 {
            let rectified = (length - 4.0) * (length - 2.0) * longest;
            let rect = (rectified / ((longest - 4.0) * (longest - 2.0) * length)).sqrt();
            (rate * second.sqrt() * rect, true)
        } else {
            (rate, false)
        }
    }
}

/// Decay; m ← fma(1 − β₁, g − m, m); v ← fma((1 − β₂) g, g, β₂ v); with ρ∞ = 2 / (1 − β₂) − 1 and
/// ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ): where ρ > 5, p ← fma(−r, m / (√v + ε), p) with
/// r = η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ)); else p ← fma(−η / (1 − β₁ᵗ), m, p).
impl Rule for RAdam {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let (p, g) = change.decayed(self.weight_decay, self.decoupled_weight_decay)?;
        zeros(state, 2, &p)?;
        state[0] = lerp(&state[0], &g, 1.0 - self.beta1)?;
        state[1] = squares(&state[1], &g, self.beta2)?;
        let corrections = (change.correction(self.beta1), change.correction(self.beta2));
        let (rate, rectified) = self.rate((change.step + 1) as f64, corrections, change.learning_rate);
        let moved = if rectified { (&state[0] / (state[1].sqrt()? + self.eps)?)? } else { state[0].clone() };
        p - (moved * rate)?
    }

    type Step = Step;
    /// The powers of the decay rates, and the steps.
    type Course = (Powers, u64);

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 2]
    }

    fn course(&self) -> (Powers, u64) {
        (Powers::START, 0)
    }

    fn step(&self, (powers, steps): &mut (Powers, u64), learning_rate: f64) -> Step {
        *steps += 1;
        let corrections = powers.corrections(self.beta1, self.beta2);
        let (rate, rectified) = self.rate(*steps as f64, corrections, learning_rate);
        Step {
            rate: rate as f32,
            take1: (1.0 - self.beta1) as f32,
            keep2: self.beta2 as f32,
            take2: (1.0 - self.beta2) as f32,
            eps: self.eps as f32,
            decay: Decay::scalar(self.weight_decay, self.decoupled_weight_decay, learning_rate),
            rectified,
        }
    }

    fn scalars(step: Step) -> Scalars {
        let Step { rate, take1, keep2, take2, eps, decay, rectified } = step;
        padded([rate, take1, keep2, take2, eps, decay, f32::from(u8::from(rectified))])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let (p, g) = Decay::apply(s, self.decoupled_weight_decay, step.decay, p, g);
        let [m_slot, v_slot] = state else { return p };
        let m = moved_mean(s, step.take1, m_slot, g);
        let v = moved_square(s, step.keep2, step.take2, v_slot, g);
        if step.rectified {
            numerics::add_quotient(s, -step.rate, m, s.add(s.sqrt(v), s.splat(step.eps)), p)
        } else {
            s.fma(s.splat(-step.rate), m, p)
        }
    }
}
