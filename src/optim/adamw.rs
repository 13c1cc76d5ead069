//! Adam with decoupled weight decay, as `torch.optim.AdamW` (Loshchilov & Hutter 2019, arXiv:1711.05101).

use candle_core::{Result, Tensor};

use super::adam::{Adam, Moments, Powers, moments};
use super::{Change, Rule, Scalars};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of AdamW.
    pub struct AdamW {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// Decoupled decay of the weights.
        weight_decay: f64 = Float(0.01), AtLeast(0.0);
        /// Use the maximum of the second moments seen.
        amsgrad: bool = Bool(false), Any;
    }
}

/// p ← (1 − η λ) p, then `Moments::update`.
impl Rule for AdamW {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Self { beta1, beta2, eps, amsgrad, .. } = *self;
        let p = (change.p * (1.0 - change.learning_rate * self.weight_decay))?;
        let adam = Adam { beta1, beta2, eps, amsgrad, weight_decay: 0.0 };
        moments(&Change { p: &p, ..change }, &adam, state)
    }

    type Step = (Moments, f32);
    type Course = Powers;

    fn is_decoupled(&self) -> bool {
        true
    }

    fn slots(&self) -> Vec<f32> {
        Moments::slots(self.amsgrad)
    }

    fn course(&self) -> Powers {
        Powers::START
    }

    fn step(&self, powers: &mut Powers, learning_rate: f64) -> Self::Step {
        let moments = Moments::step(powers, self.beta1, self.beta2, self.eps, learning_rate);
        (moments, (1.0 - learning_rate * self.weight_decay) as f32)
    }

    fn scalars((moments, keep): Self::Step) -> Scalars {
        moments.scalars(keep)
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, (moments, keep): Self::Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        moments.update(s, s.mul(s.splat(keep), p), g, state)
    }
}
