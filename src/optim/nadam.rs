//! Adam with Nesterov momentum, as `torch.optim.NAdam` (Dozat 2016), with `decoupled_weight_decay` as NAdamW.

use candle_core::{Device, Result, Tensor};

use super::adam::Powers;
use super::{Change, Decay, Rule, Scalars, Start, lerp, moved_mean, moved_square, padded, squares, zeros};
use crate::numerics::{self, Lanes, Simd};

crate::settings! {
    /// Hyperparameters of NAdam.
    pub struct NAdam {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// L2 penalty added to the gradient, or decoupled decay of the weights.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// How slowly the momentum grows from a half of `beta1` to all of it.
        momentum_decay: f64 = Float(0.004), AtLeast(0.0);
        /// Decay the weights by themselves, as AdamW does, and not through the gradient.
        decoupled_weight_decay: bool = Bool(false), Any;
    }
}

/// Scalars of a step of NAdam.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    take1: f32,
    keep2: f32,
    take2: f32,
    /// One over the root of the second bias correction.
    scale: f32,
    eps: f32,
    /// What the gradient and its mean count in the step.
    of_gradient: f32,
    of_mean: f32,
    decay: f32,
}

/// The powers of the decay rates, the product of the momenta so far, and the steps.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    powers: Powers,
    product: f64,
    steps: u64,
}

impl NAdam {
    /// The momentum of a step, counted from 1.
    fn momentum(&self, step: u64) -> f64 {
        self.beta1 * (1.0 - 0.5 * libm::pow(0.96, step as f64 * self.momentum_decay))
    }

    /// What the gradient and its mean count in a step, given the product of the momenta up to it.
    fn shares(&self, step: u64, product: f64, learning_rate: f64) -> (f64, f64) {
        let next = self.momentum(step + 1);
        (learning_rate * (1.0 - self.momentum(step)) / (1.0 - product), learning_rate * next / (1.0 - product * next))
    }
}

/// Decay; m ← fma(1 − β₁, g − m, m); v ← fma((1 − β₂) g, g, β₂ v); q = fma(b, m, a g); p ← p − q / fma(√v, c, ε), where
/// μₜ = β₁ (1 − ½ · 0.96^(ψ t)), Π is the product of the μ so far, a = η (1 − μₜ) / (1 − Π), b = η μₜ₊₁ / (1 − Π μₜ₊₁),
/// c = 1 / √(1 − β₂ᵗ).
impl Rule for NAdam {
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor> {
        let (p, g) = change.decayed(self.weight_decay, self.decoupled_weight_decay)?;
        zeros(state, 2, &p)?;
        let before = state.get(2).map_or(Ok(1.0), Tensor::to_scalar::<f64>)?;
        state[0] = lerp(&state[0], &g, 1.0 - self.beta1)?;
        state[1] = squares(&state[1], &g, self.beta2)?;
        let denominator = ((&state[1] / change.correction(self.beta2))?.sqrt()? + self.eps)?;
        let step = change.step as u64 + 1;
        let product = before * self.momentum(step);
        state.truncate(2);
        state.push(Tensor::new(product, &Device::Cpu)?);
        let (of_gradient, of_mean) = self.shares(step, product, change.learning_rate);
        (p - ((g / &denominator)? * of_gradient)?)? - ((&state[0] / &denominator)? * of_mean)?
    }

    type Step = Step;
    type Course = Course;

    fn slots(&self) -> Vec<Start> {
        vec![Start::At(0.0); 2]
    }

    fn course(&self) -> Course {
        Course { powers: Powers::START, product: 1.0, steps: 0 }
    }

    fn step(&self, course: &mut Course, learning_rate: f64) -> Step {
        let (_, second) = course.powers.corrections(self.beta1, self.beta2);
        course.steps += 1;
        course.product *= self.momentum(course.steps);
        let (of_gradient, of_mean) = self.shares(course.steps, course.product, learning_rate);
        Step {
            take1: (1.0 - self.beta1) as f32,
            keep2: self.beta2 as f32,
            take2: (1.0 - self.beta2) as f32,
            scale: (1.0 / second.sqrt()) as f32,
            eps: self.eps as f32,
            of_gradient: of_gradient as f32,
            of_mean: of_mean as f32,
            decay: Decay::scalar(self.weight_decay, self.decoupled_weight_decay, learning_rate),
        }
    }

    fn scalars(step: Step) -> Scalars {
        let Step { take1, keep2, take2, scale, eps, of_gradient, of_mean, decay } = step;
        padded([take1, keep2, take2, scale, eps, of_gradient, of_mean, decay])
    }

    #[inline(always)]
    fn update<S: Simd>(&self, s: S, step: Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V {
        let (p, g) = Decay::apply(s, self.decoupled_weight_decay, step.decay, p, g);
        let [m_slot, v_slot] = state else { return p };
        let m = moved_mean(s, step.take1, m_slot, g);
        let v = moved_square(s, step.keep2, step.take2, v_slot, g);
        let q = s.fma(s.splat(step.of_mean), m, s.mul(s.splat(step.of_gradient), g));
        let denominator = s.fma(s.sqrt(v), s.splat(step.scale), s.splat(step.eps));
        numerics::add_quotient(s, -1.0, q, denominator, p)
    }
}
