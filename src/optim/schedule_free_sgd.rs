//! Schedule-free SGD, as `SGDScheduleFreeReference` of facebookresearch/schedule_free (Defazio et al. 2024, arXiv:2405.15682).

use candle_core::{Result, Tensor};

use super::schedule_free::{Course, between, between_tensors};
use super::{Change, Rule, Scalars, Start, padded, penalized};
use crate::numerics::{Lanes, Simd};

crate::settings! {
    /// Hyperparameters of schedule-free SGD. Its learning rate is larger than SGD's: 1 by default in its own library.
    pub struct ScheduleFreeSgd {
        /// What the average counts in the weights that are trained on.
        momentum: f64 = Float(0.9), Below(0.0, 1.0);
        /// L2 penalty added to the gradient.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// Power of the step in its weight in the average.
        average_power: f64 = Float(0.0), AtLeast(0.0);
        /// Power of the largest learning rate so far in a step's weight in the average.
        weight_lr_power: f64 = Float(2.0), AtLeast(0.0);
    }
}

/// Scalars of a step of schedule-free SGD.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    learning_rate: f32,
    take: f32,
    share: f32,
    penalty: f32,
}

/// g ← g + λ p; z ← fma(−η, g, z); x ← fma(c, z − x, x); p ← fma(1 − μ, z − x, x), with c of `Course::share`. Slots: x, which is
/// evaluated, then z.
impl Rule for ScheduleFreeSgd {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let g = change.penalized(self.weight_decay)?;
        if state.is_empty() {
            *state = vec![change.p.clone(); 2];
        }
        let z = (&state[1] - (g * change.learning_rate)?)?;
        let mut course = Course::of_tensor(state.get(2))?;
        let share = course.share(change.learning_rate, self.average_power, self.weight_lr_power);
        let (x, y) = between_tensors(share, 1.0 - self.momentum, &state[0], &z)?;
        *state = vec![x, z, course.tensor()?];
        Ok(y)
    }

    type Step = Step;
    type Course = Course;

    fn slots(&self) -> Vec<Start> {
        vec![Start::Parameter; 2]
    }

    fn averaged(&self) -> Option<usize> {
        Some(0)
    }

    fn course(&self) -> Course {
        Course::default()
    }

    fn step(&self, course: &mut Course, learning_rate: f64) -> Step {
        Step {
            learning_rate: learning_rate as f32,
            take: (1.0 - self.momentum) as f32,
            share: course.share(learning_rate, self.average_power, self.weight_lr_power) as f32,
            penalty: self.weight_decay as f32,
        }
    }

    fn scalars(step: Step) -> Scalars {
        padded([step.learning_rate, step.take, step.share, step.penalty])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let g = penalized(s, step.penalty, p, g);
        let [x_slot, z_slot] = state else { return p };
        let z = s.fma(s.splat(-step.learning_rate), g, s.load(&z_slot.0));
        s.store(&mut z_slot.0, z);
        between(s, step.share, step.take, x_slot, z)
    }
}
