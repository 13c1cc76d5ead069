//! What a step does beside the plain one: dropout, noise, smoothed targets, penalties, clipped gradients.

use super::batches::Batch;
use crate::activation::{Activation, Pointwise, Visitor};
use crate::engine::chance::At;
use crate::engine::{Chance, Dropout, Training};
use crate::loss::Smoothing;
use crate::numerics::{Half, Kernel, LANES, Lanes, Simd};

/// Hooks of a step. All must be `#[inline(always)]`.
pub(super) trait Extras: Copy {
    /// Those of a step (from 0).
    fn at(self, step: usize) -> Self;

    /// How targets are smoothed.
    fn smoothing(self) -> Option<Smoothing>;

    /// The inputs to train on in place of the batch's, in `noisy`; `None` where they are the batch's own.
    fn inputs<'a, S: Simd>(self, s: S, batch: &Batch, noisy: &'a mut Vec<Lanes>) -> Option<&'a [Lanes]>;

    /// Changes the values and the slopes of a hidden layer's units for a group of samples.
    fn values<S: Simd>(self, s: S, layer: usize, group: usize, y: &mut [Lanes], slopes: &mut [Lanes]);

    /// Changes the gradients before the optimizer sees them.
    fn gradient<S: Simd>(self, s: S, gradient: &mut [f32], parameters: &[f32]);
}

/// Nothing.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Extras for Plain {
    #[inline(always)]
    fn at(self, _: usize) -> Self {
        self
    }
    #[inline(always)]
    fn smoothing(self) -> Option<Smoothing> {
        None
    }
    #[inline(always)]
    fn inputs<'a, S: Simd>(self, _: S, _: &Batch, _: &'a mut Vec<Lanes>) -> Option<&'a [Lanes]> {
        None
    }
    #[inline(always)]
    fn values<S: Simd>(self, _: S, _: usize, _: usize, _: &mut [Lanes], _: &mut [Lanes]) {}
    #[inline(always)]
    fn gradient<S: Simd>(self, _: S, _: &mut [f32], _: &[f32]) {}
}

/// What a training does beside the plain one, prepared.
#[derive(Clone, Debug)]
pub(super) struct Regular {
    pub chance: Chance,
    pub dropout: Vec<Option<Dropout>>,
    pub noise: f32,
    pub smoothing: Option<Smoothing>,
    pub l1: f32,
    pub clip_value: Option<f32>,
    pub clip_norm: Option<f32>,
    pub decay_biases: bool,
}

impl Regular {
    /// That of a training; `None` where it is a plain one.
    pub(super) fn new(training: &Training) -> Option<Self> {
        let Training { regularization: given, data, .. } = *training;
        let regular = Self {
            chance: training.chance,
            dropout: given.dropout.iter().map(|&rate| Dropout::new(rate)).collect(),
            noise: given.input_noise as f32,
            smoothing: Smoothing::new(data.task, given.label_smoothing),
            l1: given.l1 as f32,
            clip_value: given.clip_value.map(|value| value as f32),
            clip_norm: given.clip_norm.map(|norm| norm as f32),
            decay_biases: given.decay_biases,
        };
        let plain = regular.dropout.iter().all(Option::is_none)
            && regular.noise == 0.0
            && regular.smoothing.is_none()
            && !regular.changes_gradient()
            && training.optimizer_of_biases().is_none();
        (!plain).then_some(regular)
    }

    fn changes_gradient(&self) -> bool {
        self.l1 != 0.0 || self.clip_value.is_some() || self.clip_norm.is_some()
    }
}

/// A [`Regular`] in a step.
#[derive(Clone, Copy)]
pub(super) struct During<'a> {
    regular: &'a Regular,
    roles: &'a [Roles],
    step: u32,
}

/// What 32 parameters are: lanes above 0 are some.
#[derive(Clone, Copy)]
pub(super) struct Roles {
    /// Any parameter; the others are padding.
    real: Lanes,
    /// A weight.
    weight: Lanes,
}

/// What the parameters of a network of these widths are, in their order.
pub(super) fn roles(units: &[usize]) -> Vec<Roles> {
    let mut flags = vec![(0.0, 0.0); super::padded_len(units)];
    // Weights and biases take turns.
    for (place, weight) in super::tensors(units).into_iter().zip([1.0, 0.0].into_iter().cycle()) {
        flags[place].fill((1.0, weight));
    }
    let block =
        |flags: &[(f32, f32); LANES]| Roles { real: Lanes(flags.map(|f| f.0)), weight: Lanes(flags.map(|f| f.1)) };
    flags.as_chunks().0.iter().map(block).collect()
}

impl<'a> During<'a> {
    /// Before the first step.
    pub(super) fn new(regular: &'a Regular, roles: &'a [Roles]) -> Self {
        Self { regular, roles, step: 0 }
    }
}

impl Extras for During<'_> {
    #[inline(always)]
    fn at(self, step: usize) -> Self {
        Self { step: step as u32, ..self }
    }

    #[inline(always)]
    fn smoothing(self) -> Option<Smoothing> {
        self.regular.smoothing
    }

    #[inline(always)]
    fn inputs<'a, S: Simd>(self, s: S, batch: &Batch, noisy: &'a mut Vec<Lanes>) -> Option<&'a [Lanes]> {
        if self.regular.noise == 0.0 {
            return None;
        }
        noisy.resize(batch.x.len(), Lanes::ZERO);
        s.call(Noise { during: self, batch, noisy });
        Some(noisy)
    }

    #[inline(always)]
    fn values<S: Simd>(self, s: S, layer: usize, group: usize, y: &mut [Lanes], slopes: &mut [Lanes]) {
        if let Some(&Some(dropout)) = self.regular.dropout.get(layer) {
            let at = At { step: self.step, layer: layer + 1, group };
            self.regular.chance.leave_out(s, at, dropout, y, slopes);
        }
    }

    #[inline(always)]
    fn gradient<S: Simd>(self, s: S, gradient: &mut [f32], parameters: &[f32]) {
        if self.regular.changes_gradient() {
            s.call(Gradient { during: self, gradient, parameters });
        }
    }
}

struct Noise<'a, 'b> {
    during: During<'a>,
    batch: &'b Batch<'b>,
    noisy: &'b mut [Lanes],
}

impl Kernel for Noise<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let During { regular: Regular { chance, noise, .. }, step, .. } = self.during;
        let features = self.batch.x.len() / self.batch.y.len();
        let groups = self.batch.x.chunks_exact(features).zip(self.noisy.chunks_exact_mut(features));
        for (group, (x, noisy)) in groups.enumerate() {
            chance.add_noise(s, At { step, layer: 0, group }, *noise, x, noisy);
        }
    }
}

struct Gradient<'a> {
    during: During<'a>,
    gradient: &'a mut [f32],
    parameters: &'a [f32],
}

impl Kernel for Gradient<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let During { regular, roles, .. } = self.during;
        let (zero, one) = (s.splat(0.0), s.splat(1.0));
        let (gradients, parameters) =
            (self.gradient.as_chunks_mut::<LANES>().0, self.parameters.as_chunks::<LANES>().0);
        let mut squares = zero;
        for ((g, p), roles) in gradients.iter_mut().zip(parameters).zip(roles) {
            let mut value = s.load(g);
            if regular.l1 != 0.0 {
                let (p, penalized) = (s.load(p), if regular.decay_biases { roles.real } else { roles.weight });
                let sign = s.select(s.lt(zero, p), one, s.select(s.lt(p, zero), s.splat(-1.0), zero));
                let sign = s.select(s.lt(zero, s.load(&penalized.0)), sign, zero);
                value = s.fma(s.splat(regular.l1), sign, value);
            }
            if let Some(most) = regular.clip_value {
                value = s.min(s.splat(most), s.max(s.splat(-most), value));
            }
            let real = s.select(s.lt(zero, s.load(&roles.real.0)), value, zero);
            squares = s.fma(real, real, squares);
            s.store(g, value);
        }
        let Some(most) = regular.clip_norm else { return };
        let mut parts = [Half([0.0; 16]); 16];
        s.fold(&mut parts[0], squares);
        let factor = s.splat(clip(s.sums(&parts)[0], most));
        for g in gradients {
            let value = s.mul(s.load(g), factor);
            s.store(g, value);
        }
    }
}

/// What a gradient of this square length is multiplied by, so that it is not longer than `most`.
#[inline(always)]
fn clip(square: f32, most: f32) -> f32 {
    let factor = most / (square.sqrt() + 1e-6);
    if 1.0 < factor { 1.0 } else { factor }
}

/// Any activation, chosen for each vector: where a step does more than the plain one, that costs little, and it need not be
/// compiled for each.
#[derive(Clone)]
pub(super) struct Any<'a>(pub &'a Activation);

struct Value<S: Simd>(S, S::V);

impl<S: Simd> Visitor for Value<S> {
    type Output = S::V;
    #[inline(always)]
    fn visit<A: Pointwise>(self, activation: &A) -> S::V {
        activation.value(self.0, self.1)
    }
}

struct Slope<S: Simd>(S, S::V, S::V);

impl<S: Simd> Visitor for Slope<S> {
    type Output = S::V;
    #[inline(always)]
    fn visit<A: Pointwise>(self, activation: &A) -> S::V {
        activation.slope(self.0, self.1, self.2)
    }
}

impl Pointwise for Any<'_> {
    // A value that is left out tells nothing of its slope.
    const FROM_VALUE: bool = false;

    fn exact(&self, x: f64) -> (f64, f64) {
        self.0.exact(x)
    }

    #[inline(always)]
    fn value<S: Simd>(&self, s: S, x: S::V) -> S::V {
        self.0.visit(Value(s, x))
    }

    #[inline(always)]
    fn slope<S: Simd>(&self, s: S, x: S::V, y: S::V) -> S::V {
        self.0.visit(Slope(s, x, y))
    }
}
