//! Resilient backpropagation, as `torch.optim.Rprop` (Riedmiller & Braun 1993). For full batches.

use candle_core::{Result, Tensor};

use super::{Change, Rule, Scalars, Start, padded, sign, zeros};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of Rprop. The learning rate is the first step of every parameter and counts in the first step only.
    pub struct Rprop {
        /// Factor of a parameter's step where its gradient changes sign.
        etaminus: f64 = Float(0.5), Within(0.0, 1.0);
        /// Factor of a parameter's step where its gradient keeps its sign.
        etaplus: f64 = Float(1.2), AtLeast(1.0);
        /// The smallest step of a parameter.
        step_size_min: f64 = Float(1e-6), AtLeast(0.0);
        /// The largest step of a parameter.
        step_size_max: f64 = Float(50.0), Above(0.0);
    }
}

/// Scalars of a step of Rprop.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The size of every parameter's step before the first; NaN later.
    start: f32,
    down: f32,
    up: f32,
    least: f32,
    most: f32,
}

/// With h the gradient of the step before, at first 0, and s the size of the step, at first η: where sign(g) h > 0, s ← η⁺ s;
/// where sign(g) h < 0, s ← η⁻ s and g ← 0; s ← min(max(s, least), most); p ← fma(−sign(g), s, p). Slots: h, then s.
impl Rule for Rprop {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { learning_rate, p, g, .. } = change;
        if state.is_empty() {
            zeros(state, 2, p)?;
            state[1] = (&state[1] + learning_rate)?;
        }
        // Not of the gradients: that of two small ones would be 0.
        let product = (g.sign()? * &state[0])?;
        let zero = product.zeros_like()?;
        let (grows, shrinks) = (product.gt(&zero)?, product.lt(&zero)?);
        let factor = |factor: f64| zero.ones_like()? * factor;
        let factors = grows.where_cond(&factor(self.etaplus)?, &zero.ones_like()?)?;
        let factors = shrinks.where_cond(&factor(self.etaminus)?, &factors)?;
        let size = (&state[1] * factors)?.clamp(self.step_size_min, self.step_size_max)?;
        let g = shrinks.where_cond(&zero, g)?;
        let moved = (g.sign()? * &size)?;
        *state = vec![g, size];
        p - moved
    }

    type Step = Step;
    /// Whether the first step is still to come.
    type Course = bool;

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 2]
    }

    fn course(&self) -> bool {
        true
    }

    fn step(&self, first: &mut bool, learning_rate: f64) -> Step {
        let start = if *first { learning_rate as f32 } else { f32::NAN };
        *first = false;
        Step {
            start,
            down: self.etaminus as f32,
            up: self.etaplus as f32,
            least: self.step_size_min as f32,
            most: self.step_size_max as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.start, step.down, step.up, step.least, step.most])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [h_slot, size_slot] = state else { return p };
        let (zero, product) = (s.splat(0.0), s.mul(sign(s, g), s.load(&h_slot.0)));
        let size = if step.start.is_nan() { s.load(&size_slot.0) } else { s.splat(step.start) };
        let (grows, shrinks) = (s.lt(zero, product), s.lt(product, zero));
        let factor = s.select(grows, s.splat(step.up), s.select(shrinks, s.splat(step.down), s.splat(1.0)));
        let size = s.min(s.max(s.mul(size, factor), s.splat(step.least)), s.splat(step.most));
        let g = s.select(shrinks, zero, g);
        s.store(&mut h_slot.0, g);
        s.store(&mut size_slot.0, size);
        s.fma(s.neg(sign(s, g)), size, p)
    }
}
