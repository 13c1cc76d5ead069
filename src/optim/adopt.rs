//! ADOPT, as `optax.contrib.adopt` (Taniguchi et al. 2024, arXiv:2411.02853).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, lerp, mean_square, moved_mean, padded, squares, zeros};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of ADOPT.
    pub struct Adopt {
        /// Decay of the running mean of normalized gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.9999), Below(0.0, 1.0);
        /// The smallest denominator.
        eps: f64 = Float(1e-6), AtLeast(0.0);
        /// Keep normalized gradients within plus and minus the fourth root of the steps before.
        use_clipping: bool = Bool(true), Any;
    }
}

/// Scalars of a step of ADOPT.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    take1: f32,
    keep2: f32,
    take2: f32,
    eps: f32,
    /// The largest normalized gradient; 0 in the first step, which moves nothing.
    most: f32,
}

/// The first step: v ← g². Later: q = g / max(√v, ε), between ∓t^¼ with t steps before this one;
/// v ← fma((1 − β₂) g, g, β₂ v); m ← fma(1 − β₁, q − m, m); p ← fma(−η, m, p). Slots: m, then v.
impl Rule for Adopt {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { step, learning_rate, p, g, .. } = change;
        zeros(state, 2, p)?;
        if step == 0 {
            state[1] = g.sqr()?;
            return p.copy();
        }
        let mut normalized = (g / state[1].sqrt()?.maximum(self.eps)?)?;
        if self.use_clipping {
            let most = libm::pow(step as f64, 0.25);
            normalized = normalized.clamp(-most, most)?;
        }
        state[1] = squares(&state[1], g, self.beta2)?;
        state[0] = lerp(&state[0], &normalized, 1.0 - self.beta1)?;
        p - (&state[0] * learning_rate)?
    }

    type Step = Step;
    type Course = u64;

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 2]
    }

    fn course(&self) -> u64 {
        0
    }

    fn step(&self, steps: &mut u64, learning_rate: f64) -> Step {
        let most = match *steps {
            0 => 0.0,
            steps if self.use_clipping => libm::pow(steps as f64, 0.25) as f32,
            _ => f32::INFINITY,
        };
        *steps += 1;
        Step {
            learning_rate: learning_rate as f32,
            take1: (1.0 - self.beta1) as f32,
            keep2: self.beta2 as f32,
            take2: (1.0 - self.beta2) as f32,
            eps: self.eps as f32,
            most,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.learning_rate, step.take1, step.keep2, step.take2, step.eps, step.most])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [m_slot, v_slot] = state else { return p };
        if step.most == 0.0 {
            s.store(&mut v_slot.0, s.mul(g, g));
            return p;
        }
        let (v, most) = (s.load(&v_slot.0), s.splat(step.most));
        let q = s.div(g, s.max(s.sqrt(v), s.splat(step.eps)));
        // By comparisons, so that NaN stays.
        let q = s.select(s.lt(most, q), most, q);
        let q = s.select(s.lt(q, s.neg(most)), s.neg(most), q);
        s.store(&mut v_slot.0, mean_square(s, step.keep2, step.take2, v, g));
        let m = moved_mean(s, step.take1, m_slot, q);
        s.fma(s.splat(-step.learning_rate), m, p)
    }
}
