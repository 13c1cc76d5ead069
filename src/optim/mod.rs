//! Optimizers, PyTorch's formulas to the letter. One file each: settings, formula, candle form, fused form, tests.

mod adagrad;
mod adam;
mod adamw;
mod rmsprop;
mod sgd;

pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};

use crate::numerics::{Lanes, Simd};
use crate::param::Value;

crate::kinds! {
    /// How parameters move, with the hyperparameters of that optimizer alone.
    pub enum Optimizer: Rule via Visitor {
        Sgd(Sgd) = "sgd",
        Adam(Adam) = "adam",
        AdamW(AdamW) = "adamw",
        RmsProp(RmsProp) = "rmsprop",
        Adagrad(Adagrad) = "adagrad",
    }
}

/// The scalars of a step of any optimizer, without names. The last is not an optimizer's: it is what weights are multiplied by
/// whose decay was taken out.
pub type Scalars = [f32; 8];

/// What the candle form of an optimizer sees of a step.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// Steps taken before.
    pub step: usize,
    /// The learning rate of this step.
    pub learning_rate: f64,
    /// A parameter.
    pub p: &'a Tensor,
    /// Its gradient.
    pub g: &'a Tensor,
}

/// An optimizer in its two forms: on tensors, for the reference engine, and fused, 32 parameters at a time with the same
/// bits everywhere.
///
/// Of the fused form: what depends on the step alone (bias corrections, the learning rate) is computed once per step in f64 and rounded to
/// f32; the update of a parameter is then f32 in the order that each optimizer's file gives.
pub trait Rule: Clone + Send + Sync + 'static {
    /// The parameter after a step; `state` is empty before the first and kept in between.
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor>;

    /// The scalars of one step.
    type Step: Copy;
    /// What the scalars of the next step are computed from.
    type Course;

    /// Whether weight decay is beside the gradient, not in it.
    fn is_decoupled(&self) -> bool {
        false
    }

    /// The number each of the state's slots starts from, one slot of every parameter for each. Empty: no state.
    fn slots(&self) -> Vec<f32>;

    /// Before the first step.
    fn course(&self) -> Self::Course;

    /// The scalars of the next step, at this learning rate.
    fn step(&self, course: &mut Self::Course, learning_rate: f64) -> Self::Step;

    /// The scalars of a step as the GPU's kernel takes them, in the order that `kernel/optim.cuh` gives; unused ones are 0.
    fn scalars(step: Self::Step) -> Scalars;

    /// The parameters `p` after a step along the gradients `g`; `state` holds the slots. Must be `#[inline(always)]`.
    fn update<S: Simd>(&self, s: S, step: Self::Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V;
}

/// A weight decay λ that is taken out of an optimizer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    /// λ.
    pub rate: f64,
    /// Whether it is beside the gradient, p ← (1 − η λ) p before the step, and not in it, g ← g + λ p.
    pub decoupled: bool,
}

impl Decay {
    /// 1 − η λ where it is beside the gradient, otherwise 1.
    pub fn shrink(self, learning_rate: f64) -> f32 {
        if self.decoupled { (1.0 - learning_rate * self.rate) as f32 } else { 1.0 }
    }
}

struct IsDecoupled;

impl Visitor for IsDecoupled {
    type Output = bool;
    fn visit<R: Rule>(self, rule: &R) -> bool {
        rule.is_decoupled()
    }
}

impl Optimizer {
    /// The same without its weight decay, and that, if it has one.
    pub fn without_decay(&self) -> (Self, Option<Decay>) {
        const KEY: &str = "weight_decay";
        let rate = self.settings().get(KEY).and_then(|value| value.as_f64()).filter(|&rate| rate != 0.0);
        let Some(rate) = rate else { return (self.clone(), None) };
        let mut without = self.clone();
        without.settings_mut().set(KEY, &Value::Float(0.0)).expect("no decay is in every domain");
        (without, Some(Decay { rate, decoupled: self.visit(IsDecoupled) }))
    }
}

/// g + λ p, where there is a penalty λ.
#[inline(always)]
fn penalized<S: Simd>(s: S, penalty: f32, p: S::V, g: S::V) -> S::V {
    if penalty == 0.0 { g } else { s.fma(s.splat(penalty), p, g) }
}

impl Change<'_> {
    /// The gradient g + λ p, where there is a penalty λ.
    fn penalized(&self, penalty: f64) -> Result<Tensor> {
        if penalty == 0.0 { Ok(self.g.clone()) } else { self.g + (self.p * penalty)? }
    }
}

/// The running mean of squares β v + (1 − β) g².
#[inline(always)]
fn mean_square<S: Simd>(s: S, keep: f32, take: f32, v: S::V, g: S::V) -> S::V {
    s.fma(s.mul(s.splat(take), g), g, s.mul(s.splat(keep), v))
}

/// The running mean m + (1 − β) (g − m).
#[inline(always)]
fn mean<S: Simd>(s: S, take: f32, m: S::V, g: S::V) -> S::V {
    s.fma(s.splat(take), s.sub(g, m), m)
}

/// The candle form of an optimizer over the variables of a network, in their order.
#[derive(Debug)]
pub struct OnTensors<R> {
    rule: R,
    vars: Vec<(Var, Vec<Tensor>)>,
    step: usize,
    learning_rate: f64,
}

impl<R: Rule> candle_nn::Optimizer for OnTensors<R> {
    /// The hyperparameters and the learning rate.
    type Config = (R, f64);

    fn new(vars: Vec<Var>, (rule, learning_rate): Self::Config) -> Result<Self> {
        let vars = vars.into_iter().map(|var| (var, Vec::new())).collect();
        Ok(Self { rule, vars, step: 0, learning_rate })
    }

    fn step(&mut self, grads: &GradStore) -> Result<()> {
        for (var, state) in &mut self.vars {
            let Some(g) = grads.get(var) else { continue };
            let p = var.as_detached_tensor();
            let change = Change { step: self.step, learning_rate: self.learning_rate, p: &p, g: &g.detach() };
            let moved = self.rule.tensor(change, state)?;
            var.set(&moved)?;
        }
        self.step += 1;
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }
}
