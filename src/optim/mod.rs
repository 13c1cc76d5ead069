//! Optimizers, each the formulas of the implementation that its file names, to the letter: PyTorch's where it has one. One file
//! each: settings, formula, candle form, fused form.

mod schedule_free;
mod whole;
mod wrap;

use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};

use crate::numerics::{Lanes, Simd};
pub use whole::{Body, Changes, OnNetwork, Place, Whole};
pub use wrap::{Average, Every, LEAST_SHARE, Lookahead, Wrappers, first_epoch};

crate::kinds! {
    /// How parameters move, with the hyperparameters of that optimizer alone.
    pub enum Optimizer: Method via OfKind {
        sgd: Sgd,
        adam: Adam,
        adamw: AdamW,
        rmsprop: RmsProp,
        adagrad: Adagrad,
        adadelta: Adadelta,
        adamax: Adamax,
        nadam: NAdam,
        radam: RAdam,
        rprop: Rprop,
        asgd: Asgd,
        lion: Lion,
        signum: Signum,
        adan: Adan,
        ademamix: AdEmaMix,
        adabelief: AdaBelief,
        yogi: Yogi,
        adopt: Adopt,
        schedule_free_adamw: ScheduleFreeAdamW,
        schedule_free_sgd: ScheduleFreeSgd,
        muon: Muon,
        adafactor: Adafactor,
        prodigy: Prodigy,
        lbfgs: Lbfgs,
        soap: Soap,
    }
}

/// Code that is compiled for each optimizer.
pub trait Visitor {
    /// What it returns.
    type Output;
    /// What to do with one that moves each parameter by itself.
    fn elementwise<R: Rule>(self, rule: &R) -> Self::Output;
    /// What to do with one that moves a network as a whole.
    fn whole<W: Whole>(self, rule: &W) -> Self::Output;
}

/// An optimizer of either sort.
pub trait Method: Clone + Send + Sync + 'static {
    /// Tells the visitor of which sort it is.
    fn accept<V: Visitor>(&self, visitor: V) -> V::Output;
}

impl<R: Rule> Method for R {
    #[inline(always)]
    fn accept<V: Visitor>(&self, visitor: V) -> V::Output {
        visitor.elementwise(self)
    }
}

impl<V: Visitor> OfKind for V {
    type Output = V::Output;
    #[inline(always)]
    fn visit<M: Method>(self, method: &M) -> V::Output {
        method.accept(self)
    }
}

/// The scalars of a step of any optimizer, without names.
pub type Scalars = [f32; 12];

/// Scalars in their order, 0 behind them.
fn padded<const N: usize>(first: [f32; N]) -> Scalars {
    let mut scalars = [0.0; 12];
    scalars[..N].copy_from_slice(&first);
    scalars
}

/// What a slot of state holds before the first step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// This number.
    At(f32),
    /// The parameter itself.
    Parameter,
}

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

/// An optimizer that moves each parameter by itself, in its two forms: on tensors, for the reference engine, and fused, 32
/// parameters at a time with the same bits everywhere.
///
/// Of the fused form: what depends on the step alone (bias corrections, the learning rate) is computed once per step in f64
/// and rounded to f32; the update of a parameter is then f32 in the order that each optimizer's file gives.
pub trait Rule: Clone + Send + Sync + 'static {
    /// The parameter after a step; `state` is empty before the first and kept in between.
    fn tensor(&self, change: Change, state: &mut Vec<Tensor>) -> Result<Tensor>;

    /// The scalars of one step.
    type Step: Copy;
    /// What the scalars of the next step are computed from.
    type Course;

    /// What each of the state's slots starts from, one slot of every parameter for each. Empty: no state.
    fn slots(&self) -> Vec<Start>;

    /// The slot, of either form's state, that is evaluated in place of the parameters trained, where they are not the same.
    fn averaged(&self) -> Option<usize> {
        None
    }

    /// Before the first step.
    fn course(&self) -> Self::Course;

    /// The scalars of the next step, at this learning rate.
    fn step(&self, course: &mut Self::Course, learning_rate: f64) -> Self::Step;

    /// The scalars of a step as the GPU's kernel takes them, in the order that `kernel/optim.cuh` gives; unused ones are 0.
    fn scalars(step: Self::Step) -> Scalars;

    /// The parameters `p` after a step along the gradients `g`; `state` holds the slots. Must be `#[inline(always)]`.
    fn update<S: Simd>(&self, s: S, step: Self::Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V;
}

impl Optimizer {
    /// Whether it moves a network as a whole.
    pub fn is_whole(&self) -> bool {
        struct IsWhole;
        impl Visitor for IsWhole {
            type Output = bool;
            fn elementwise<R: Rule>(self, _: &R) -> bool {
                false
            }
            fn whole<W: Whole>(self, _: &W) -> bool {
                true
            }
        }
        self.visit(IsWhole)
    }

    /// Whether it makes no sense unless all samples are in every step.
    pub fn needs_all_samples(&self) -> bool {
        matches!(self, Self::Lbfgs(_))
    }

    /// Numbers that the fused form keeps for a network of these widths.
    pub fn kept(&self, units: &[usize]) -> usize {
        struct Kept(Body);
        impl Visitor for Kept {
            type Output = usize;
            fn elementwise<R: Rule>(self, rule: &R) -> usize {
                rule.slots().len() * self.0.len()
            }
            fn whole<W: Whole>(self, rule: &W) -> usize {
                rule.numbers(&self.0)
            }
        }
        self.visit(Kept(Body::new(units, true)))
    }

    /// What moves biases, where that is another one: the same without weight decay, where this has some and biases are to have
    /// none. One that moves a network as a whole spares them itself.
    pub fn of_biases(&self, decay_biases: bool) -> Option<Self> {
        const KEY: &str = "weight_decay";
        if decay_biases || self.is_whole() {
            return None;
        }
        self.settings().get(KEY).and_then(|value| value.as_f64()).filter(|&rate| rate != 0.0)?;
        Some(self.without_decay())
    }
}

/// g + λ p, where there is a penalty λ.
#[inline(always)]
fn penalized<S: Simd>(s: S, penalty: f32, p: S::V, g: S::V) -> S::V {
    if penalty == 0.0 { g } else { s.fma(s.splat(penalty), p, g) }
}

/// −1, 0 or 1 by the sign; zeros and NaN stay.
#[inline(always)]
fn sign<S: Simd>(s: S, x: S::V) -> S::V {
    let zero = s.splat(0.0);
    s.select(s.lt(zero, x), s.splat(1.0), s.select(s.lt(x, zero), s.splat(-1.0), x))
}

/// Weight decay that is an L2 penalty, or decoupled.
struct Decay;

impl Decay {
    /// The scalar of a step: λ, or decoupled 1 − η λ.
    fn scalar(decay: f64, decoupled: bool, learning_rate: f64) -> f32 {
        if decoupled { (1.0 - learning_rate * decay) as f32 } else { decay as f32 }
    }

    /// Parameters and gradients: g ← g + λ p where there is a penalty λ, or decoupled p ← (1 − η λ) p.
    #[inline(always)]
    fn apply<S: Simd>(s: S, decoupled: bool, scalar: f32, p: S::V, g: S::V) -> (S::V, S::V) {
        if decoupled { (s.mul(s.splat(scalar), p), g) } else { (p, penalized(s, scalar, p, g)) }
    }
}

/// m + (g − m) · `take`.
fn lerp(m: &Tensor, g: &Tensor, take: f64) -> Result<Tensor> {
    m + ((g - m)? * take)?
}

/// β v + (1 − β) g².
fn squares(v: &Tensor, g: &Tensor, beta: f64) -> Result<Tensor> {
    (v * beta)? + (g.sqr()? * (1.0 - beta))?
}

/// So many slots of zeros, before the first step.
fn zeros(state: &mut Vec<Tensor>, slots: usize, p: &Tensor) -> Result<()> {
    if state.is_empty() {
        *state = vec![p.zeros_like()?; slots];
    }
    Ok(())
}

impl Change<'_> {
    /// 1 − βᵗ with this step as the t-th.
    fn correction(&self, beta: f64) -> f64 {
        1.0 - libm::pow(beta, (self.step + 1) as f64)
    }

    /// Parameter and gradient after decay by λ: as a penalty, or decoupled.
    fn decayed(&self, decay: f64, decoupled: bool) -> Result<(Tensor, Tensor)> {
        if decoupled {
            Ok(((self.p * (1.0 - self.learning_rate * decay))?, self.g.clone()))
        } else {
            Ok((self.p.clone(), self.penalized(decay)?))
        }
    }

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

/// A running mean in its slot, moved on.
#[inline(always)]
fn moved_mean<S: Simd>(s: S, take: f32, slot: &mut Lanes, g: S::V) -> S::V {
    let m = mean(s, take, s.load(&slot.0), g);
    s.store(&mut slot.0, m);
    m
}

/// A running mean of squares in its slot, moved on.
#[inline(always)]
fn moved_square<S: Simd>(s: S, keep: f32, take: f32, slot: &mut Lanes, g: S::V) -> S::V {
    let v = mean_square(s, keep, take, s.load(&slot.0), g);
    s.store(&mut slot.0, v);
    v
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

impl<R: Rule> OnTensors<R> {
    /// Exchanges the variables with what is to be evaluated in their place, where that is not the same: once before they are
    /// read, and once more before the training goes on.
    pub fn exchange(&mut self) -> Result<()> {
        let Some(slot) = self.rule.averaged() else { return Ok(()) };
        for (var, state) in &mut self.vars {
            let Some(average) = state.get_mut(slot) else { continue };
            let trained = var.as_detached_tensor().copy()?;
            var.set(average)?;
            *average = trained;
        }
        Ok(())
    }
}
