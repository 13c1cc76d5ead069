//! Adan, adaptive Nesterov momentum, as `optax.adan` (Xie et al. 2022, arXiv:2208.06677).

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, lerp, moved_mean, moved_square, penalized, squares, zeros};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Adan.
    pub struct Adan {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.98), Below(0.0, 1.0);
        /// Decay of the running mean of the gradients' differences.
        beta2: f64 = Float(0.92), Below(0.0, 1.0);
        /// Decay of the running mean of squares.
        beta3: f64 = Float(0.99), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// Added to the mean of squares before its root.
        eps_root: f64 = Float(1e-8), AtLeast(0.0);
        /// Decoupled decay of the weights.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
    }
}

/// Scalars of a step of Adan.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    take1: f32,
    take2: f32,
    keep3: f32,
    take3: f32,
    /// What the two means count in the step, and the mean of squares under the root.
    of_mean: f32,
    of_difference: f32,
    of_squares: f32,
    eps: f32,
    eps_root: f32,
    decay: f32,
    /// Without a gradient before it.
    first: bool,
}

/// With h the gradient of the step before: d = g − h, in the first step 0; m ← fma(1 − β₁, g − m, m);
/// n ← fma(1 − β₂, d − n, n); e = fma(1 − β₂, d, g); v ← fma((1 − β₃) e, e, β₃ v);
/// u = fma(b, n, a m) / (√fma(v, c, ε′) + ε); p ← fma(−η, fma(λ, p, u), p), where a = 1 / (1 − β₁ᵗ),
/// b = (1 − β₂) / (1 − β₂ᵗ), c = 1 / (1 − β₃ᵗ). Slots: m, n, v, h.
impl Rule for Adan {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { step, learning_rate, p, g, .. } = change;
        zeros(state, 4, p)?;
        let difference = if step == 0 { p.zeros_like()? } else { (g - &state[3])? };
        let ahead = (g + (&difference * (1.0 - self.beta2))?)?;
        let m = lerp(&state[0], g, 1.0 - self.beta1)?;
        let n = lerp(&state[1], &difference, 1.0 - self.beta2)?;
        let v = squares(&state[2], &ahead, self.beta3)?;
        let (of_m, of_n) = (1.0 / change.correction(self.beta1), (1.0 - self.beta2) / change.correction(self.beta2));
        let denominator = (((&v / change.correction(self.beta3))? + self.eps_root)?.sqrt()? + self.eps)?;
        let u = (((&m * of_m)? + (&n * of_n)?)? / denominator)?;
        *state = vec![m, n, v, g.clone()];
        p - ((u + (p * self.weight_decay)?)? * learning_rate)?
    }

    type Step = Step;
    /// The powers of the three decay rates.
    type Course = [f64; 3];

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 4]
    }

    fn course(&self) -> [f64; 3] {
        [1.0; 3]
    }

    fn step(&self, powers: &mut [f64; 3], learning_rate: f64) -> Step {
        let first = *powers == [1.0; 3];
        powers[0] *= self.beta1;
        powers[1] *= self.beta2;
        powers[2] *= self.beta3;
        Step {
            learning_rate: learning_rate as f32,
            take1: (1.0 - self.beta1) as f32,
            take2: (1.0 - self.beta2) as f32,
            keep3: self.beta3 as f32,
            take3: (1.0 - self.beta3) as f32,
            of_mean: (1.0 / (1.0 - powers[0])) as f32,
            of_difference: ((1.0 - self.beta2) / (1.0 - powers[1])) as f32,
            of_squares: (1.0 / (1.0 - powers[2])) as f32,
            eps: self.eps as f32,
            eps_root: self.eps_root as f32,
            decay: self.weight_decay as f32,
            first,
        }
    }

    fn scalars(step: Step) -> Scalars {
        let Step { learning_rate, take1, take2, keep3, take3, of_mean, of_difference, of_squares, .. } = step;
        let Step { eps, eps_root, decay, first, .. } = step;
        let first = f32::from(u8::from(first));
        [learning_rate, take1, take2, keep3, take3, of_mean, of_difference, of_squares, eps, eps_root, decay, first]
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [m_slot, n_slot, v_slot, h_slot] = state else { return p };
        let d = if step.first { s.splat(0.0) } else { s.sub(g, s.load(&h_slot.0)) };
        s.store(&mut h_slot.0, g);
        let m = moved_mean(s, step.take1, m_slot, g);
        let n = moved_mean(s, step.take2, n_slot, d);
        let v = moved_square(s, step.keep3, step.take3, v_slot, s.fma(s.splat(step.take2), d, g));
        let root = s.sqrt(s.fma(v, s.splat(step.of_squares), s.splat(step.eps_root)));
        let q = s.fma(s.splat(step.of_difference), n, s.mul(s.splat(step.of_mean), m));
        let u = penalized(s, step.decay, p, s.div(q, s.add(root, s.splat(step.eps))));
        s.fma(s.splat(-step.learning_rate), u, p)
    }
}
