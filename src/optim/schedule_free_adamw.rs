//! Schedule-free AdamW, as `AdamWScheduleFreeReference` of facebookresearch/schedule_free (Defazio et al. 2024,
//! arXiv:2405.15682).

use candle_core::{Result, Tensor};

use super::schedule_free::{Course, between, between_tensors};
use super::{Change, Rule, Scalars, Start, moved_square, padded, penalized, squares};
use crate::numerics::{self, Lanes, Simd};

crate::settings! {
    /// Hyperparameters of schedule-free AdamW.
    pub struct ScheduleFreeAdamW {
        /// What the average counts in the weights that are trained on.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// Decoupled decay, by the weights that are trained on.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Power of the step in its weight in the average.
        average_power: f64 = Float(0.0), AtLeast(0.0);
        /// Power of the largest learning rate so far in a step's weight in the average.
        weight_lr_power: f64 = Float(2.0), AtLeast(0.0);
    }
}

/// Scalars of a step of schedule-free AdamW.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    take1: f32,
    keep2: f32,
    take2: f32,
    /// One over the root of the second bias correction.
    scale: f32,
    eps: f32,
    share: f32,
    /// −η λ.
    decay: f32,
}

/// z ← fma(−η λ, p, z); v ← fma((1 − β₂) g, g, β₂ v); z ← fma(−η, g / fma(√v, c, ε), z); x ← fma(s, z − x, x);
/// p ← fma(1 − β₁, z − x, x), with c = 1 / √(1 − β₂ᵗ) and s of `Course::share`. Slots: x, which is evaluated, then z, then v.
impl Rule for ScheduleFreeAdamW {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let Change { learning_rate, p, g, .. } = change;
        if state.is_empty() {
            *state = vec![p.clone(), p.clone(), p.zeros_like()?];
        }
        let z = (&state[1] - (p * (learning_rate * self.weight_decay))?)?;
        let v = squares(&state[2], g, self.beta2)?;
        let denominator = ((&v / change.correction(self.beta2))?.sqrt()? + self.eps)?;
        let z = (z - ((g / denominator)? * learning_rate)?)?;
        let mut course = Course::of_tensor(state.get(3))?;
        let share = course.share(learning_rate, self.average_power, self.weight_lr_power);
        let (x, y) = between_tensors(share, 1.0 - self.beta1, &state[0], &z)?;
        *state = vec![x, z, v, course.tensor()?];
        Ok(y)
    }

    type Step = Step;
    /// The average's, and the power of β₂.
    type Course = (Course, f64);

    fn slots(&self) -> Vec<Start> {
        vec![Start::Parameter, Start::Parameter, Start::At(0.0)]
    }

    fn averaged(&self) -> Option<usize> {
        Some(0)
    }

    fn course(&self) -> (Course, f64) {
        (Course::default(), 1.0)
    }

    fn step(&self, (course, power): &mut (Course, f64), learning_rate: f64) -> Step {
        *power *= self.beta2;
        Step {
            learning_rate: learning_rate as f32,
            take1: (1.0 - self.beta1) as f32,
            keep2: self.beta2 as f32,
            take2: (1.0 - self.beta2) as f32,
            scale: (1.0 / (1.0 - *power).sqrt()) as f32,
            eps: self.eps as f32,
            share: course.share(learning_rate, self.average_power, self.weight_lr_power) as f32,
            decay: (-learning_rate * self.weight_decay) as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        let Step { learning_rate, take1, keep2, take2, scale, eps, share, decay } = step;
        padded([learning_rate, take1, keep2, take2, scale, eps, share, decay])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let [x_slot, z_slot, v_slot] = state else { return p };
        let v = moved_square(s, step.keep2, step.take2, v_slot, g);
        let z = penalized(s, step.decay, p, s.load(&z_slot.0));
        let denominator = s.fma(s.sqrt(v), s.splat(step.scale), s.splat(step.eps));
        let z = numerics::add_quotient(s, -step.learning_rate, g, denominator, z);
        s.store(&mut z_slot.0, z);
        between(s, step.share, step.take1, x_slot, z)
    }
}
