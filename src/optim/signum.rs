//! Signum, as `optax.signum` (Bernstein et al. 2018, arXiv:1802.04434).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, lerp, moved_mean, padded, sign, zeros};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Signum.
    pub struct Signum {
        /// Decay of the running mean of gradients.
        beta: f64 = Float(0.9), Below(0.0, 1.0);
    }
}

/// Scalars of a step of Signum.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    take: f32,
}

/// m ← fma(1 − β, g − m, m); p ← fma(−η, sign(m), p).
impl Rule for Signum {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        zeros(state, 1, change.p)?;
        state[0] = lerp(&state[0], change.g, 1.0 - self.beta)?;
        change.p - (state[0].sign()? * change.learning_rate)?
    }

    type Step = Step;
    type Course = ();

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0)]
    }

    fn course(&self) {}

    fn step(&self, (): &mut (), learning_rate: f64) -> Step {
        Step { learning_rate: learning_rate as f32, take: (1.0 - self.beta) as f32 }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.learning_rate, step.take])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [m_slot] = state else { return p };
        let m = moved_mean(s, step.take, m_slot, g);
        s.fma(s.splat(-step.learning_rate), sign(s, m), p)
    }
}
