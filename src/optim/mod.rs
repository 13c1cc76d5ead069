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

use crate::numerics::{Lanes, Simd};

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

/// The fused form of an optimizer: 32 parameters at a time, the same bits everywhere.
///
/// What depends on the step alone (bias corrections, the learning rate) is computed once per step in f64 and rounded to
/// f32; the update of a parameter is then f32 in the order that each optimizer's file gives.
pub trait Rule: Clone + Send + Sync {
    /// The scalars of one step.
    type Step: Copy;
    /// What the scalars of the next step are computed from.
    type Course;

    /// The number each of the state's slots starts from, one slot of every parameter for each. Empty: no state.
    fn slots(&self) -> Vec<f32>;

    /// Before the first step.
    fn course(&self) -> Self::Course;

    /// The scalars of the next step, at this learning rate.
    fn step(&self, course: &mut Self::Course, learning_rate: f64) -> Self::Step;

    /// The parameters `p` after a step along the gradients `g`; `state` holds the slots. Must be `#[inline(always)]`.
    fn update<S: Simd>(&self, s: S, step: Self::Step, p: S::V, g: S::V, state: &mut [Lanes]) -> S::V;
}

/// g + λ p, where there is a penalty λ.
#[inline(always)]
fn penalized<S: Simd>(s: S, penalty: f32, p: S::V, g: S::V) -> S::V {
    if penalty == 0.0 { g } else { s.fma(s.splat(penalty), p, g) }
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
