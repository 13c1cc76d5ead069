//! AdEMAMix, as `optax.contrib.ademamix` (Pagliardini et al. 2024, arXiv:2409.03137), without its schedules of α and β₃.

use candle_core::{Result, Tensor};

use super::adam::Powers;
use super::{Change, Rule, Scalars, Start, lerp, moved_mean, moved_square, padded, penalized, squares, zeros};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of AdEMAMix.
    pub struct AdEmaMix {
        /// Decay of the fast running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Decay of the slow running mean of gradients.
        beta3: f64 = Float(0.9999), Below(0.0, 1.0);
        /// What the slow mean counts beside the fast one.
        alpha: f64 = Float(5.0), AtLeast(0.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// Decoupled decay of the weights.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
    }
}

/// Scalars of a step of AdEMAMix.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    take1: f32,
    keep2: f32,
    take2: f32,
    take3: f32,
    of_mean: f32,
    alpha: f32,
    /// One over the root of the second bias correction.
    scale: f32,
    eps: f32,
    decay: f32,
}

/// m ← fma(1 − β₁, g − m, m); n ← fma(1 − β₃, g − n, n), not corrected for its start; v ← fma((1 − β₂) g, g, β₂ v);
/// u = fma(α, n, a m) / fma(√v, c, ε); p ← fma(−η, fma(λ, p, u), p), where a = 1 / (1 − β₁ᵗ), c = 1 / √(1 − β₂ᵗ).
/// Slots: m, n, v.
impl Rule for AdEmaMix {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { learning_rate, p, g, .. } = change;
        zeros(state, 3, p)?;
        state[0] = lerp(&state[0], g, 1.0 - self.beta1)?;
        state[1] = lerp(&state[1], g, 1.0 - self.beta3)?;
        state[2] = squares(&state[2], g, self.beta2)?;
        let denominator = ((&state[2] / change.correction(self.beta2))?.sqrt()? + self.eps)?;
        let means = ((&state[0] / change.correction(self.beta1))? + (&state[1] * self.alpha)?)?;
        p - (((means / denominator)? + (p * self.weight_decay)?)? * learning_rate)?
    }

    type Step = Step;
    type Course = Powers;

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 3]
    }

    fn course(&self) -> Powers {
        Powers::START
    }

    fn step(&self, powers: &mut Powers, learning_rate: f64) -> Step {
        let (first, second) = powers.corrections(self.beta1, self.beta2);
        Step {
            learning_rate: learning_rate as f32,
            take1: (1.0 - self.beta1) as f32,
            keep2: self.beta2 as f32,
            take2: (1.0 - self.beta2) as f32,
            take3: (1.0 - self.beta3) as f32,
            of_mean: (1.0 / first) as f32,
            alpha: self.alpha as f32,
            scale: (1.0 / second.sqrt()) as f32,
            eps: self.eps as f32,
            decay: self.weight_decay as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        let Step { learning_rate, take1, keep2, take2, take3, of_mean, alpha, scale, eps, decay } = step;
        padded([learning_rate, take1, keep2, take2, take3, of_mean, alpha, scale, eps, decay])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [m_slot, n_slot, v_slot] = state else { return p };
        let m = moved_mean(s, step.take1, m_slot, g);
        let n = moved_mean(s, step.take3, n_slot, g);
        let v = moved_square(s, step.keep2, step.take2, v_slot, g);
        let q = s.fma(s.splat(step.alpha), n, s.mul(s.splat(step.of_mean), m));
        let u = s.div(q, s.fma(s.sqrt(v), s.splat(step.scale), s.splat(step.eps)));
        s.fma(s.splat(-step.learning_rate), penalized(s, step.decay, p, u), p)
    }
}
