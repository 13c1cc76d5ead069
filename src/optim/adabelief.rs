//! AdaBelief, as `optax.adabelief` (Zhuang et al. 2020, arXiv:2010.07468).

use candle_core::{Result, Tensor};

use super::adam::Powers;
use super::{Change, Rule, Scalars, Start, lerp, mean_square, moved_mean, padded, squares, zeros};
use crate::numerics::{self, Lanes, Simd};

crate::settings! {
    /// Hyperparameters of AdaBelief.
    pub struct AdaBelief {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of the squared distances from it.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-16), AtLeast(0.0);
        /// Added to the mean of squared distances in every step, and kept there.
        eps_root: f64 = Float(1e-16), AtLeast(0.0);
    }
}

/// Scalars of a step of AdaBelief.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Learning rate over the first bias correction.
    rate: f32,
    take1: f32,
    keep2: f32,
    take2: f32,
    /// One over the root of the second bias correction.
    scale: f32,
    eps: f32,
    eps_root: f32,
}

/// m ← fma(1 − β₁, g − m, m); e = g − m; v ← fma((1 − β₂) e, e, β₂ v) + ε′; p ← fma(−r, m / fma(√v, c, ε), p), where
/// r = η / (1 − β₁ᵗ), c = 1 / √(1 − β₂ᵗ). Slots: m, then v.
impl Rule for AdaBelief {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { learning_rate, p, g, .. } = change;
        zeros(state, 2, p)?;
        state[0] = lerp(&state[0], g, 1.0 - self.beta1)?;
        state[1] = (squares(&state[1], &(g - &state[0])?, self.beta2)? + self.eps_root)?;
        let denominator = ((&state[1] / change.correction(self.beta2))?.sqrt()? + self.eps)?;
        p - ((&state[0] / denominator)? * (learning_rate / change.correction(self.beta1)))?
    }

    type Step = Step;
    type Course = Powers;

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 2]
    }

    fn course(&self) -> Powers {
        Powers::START
    }

    fn step(&self, powers: &mut Powers, learning_rate: f64) -> Step {
        let (first, second) = powers.corrections(self.beta1, self.beta2);
        Step {
            rate: (learning_rate / first) as f32,
            take1: (1.0 - self.beta1) as f32,
            keep2: self.beta2 as f32,
            take2: (1.0 - self.beta2) as f32,
            scale: (1.0 / second.sqrt()) as f32,
            eps: self.eps as f32,
            eps_root: self.eps_root as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.rate, step.take1, step.keep2, step.take2, step.scale, step.eps, step.eps_root])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [m_slot, v_slot] = state else { return p };
        let m = moved_mean(s, step.take1, m_slot, g);
        let v = mean_square(s, step.keep2, step.take2, s.load(&v_slot.0), s.sub(g, m));
        let v = s.add(v, s.splat(step.eps_root));
        s.store(&mut v_slot.0, v);
        let denominator = s.fma(s.sqrt(v), s.splat(step.scale), s.splat(step.eps));
        numerics::add_quotient(s, -step.rate, m, denominator, p)
    }
}
