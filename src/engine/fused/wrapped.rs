//! A training's optimizer with what is put around it: caution, lookahead, averages of the weights, another one for biases.

use std::ops::Range;

use super::descent::{self, Descent};
use super::tensors;
use crate::engine::Training;
use crate::numerics::{Kernel, LANES, Simd};
use crate::optim::{Average, Body, LEAST_SHARE, Lookahead, Optimizer};

/// The training's optimizer before the first step from these parameters.
pub(super) fn begin<'a, S: Simd + 'a>(simd: S, training: &Training, parameters: &[f32]) -> Box<dyn Descent + 'a> {
    let of = |optimizer: &Optimizer| {
        let (optimizer, decay) = training.wrappers.inner(optimizer);
        let body = Body::new(training.units, training.regularization.decay_biases);
        wrap(simd, training, descent::plain(simd, &optimizer, body, parameters), decay, parameters)
    };
    match training.optimizer_of_biases() {
        None => of(training.optimizer),
        Some(of_biases) => {
            let copy = parameters.to_vec();
            Box::new(Apart {
                all: of(training.optimizer),
                biases: of(&of_biases),
                copy,
                places: tensors(training.units).into_iter().skip(1).step_by(2).collect(),
            })
        }
    }
}

/// An optimizer with all that the training puts around it; a cautious one has this decoupled decay.
fn wrap<'a, S: Simd + 'a>(
    simd: S,
    training: &Training,
    mut inner: Box<dyn Descent + 'a>,
    decay: f64,
    parameters: &[f32],
) -> Box<dyn Descent + 'a> {
    if training.wrappers.cautious {
        let (before, factors) = (parameters.to_vec(), vec![0.0; parameters.len()]);
        let tensors = tensors(training.units);
        inner = Box::new(Cautious { simd, inner, decay, keep: 1.0, tensors, before, factors });
    }
    if let Some(rule) = training.wrappers.lookahead {
        inner = Box::new(Ahead { simd, inner, rule, slow: parameters.to_vec(), steps: 0 });
    }
    if let Some(rule) = training.wrappers.average {
        inner = Box::new(Averaged { simd, inner, rule, average: parameters.to_vec(), steps: 0 });
    }
    inner
}

/// x ← fma(share, y − x, x), or y where the share is 1.
struct Follow<'a> {
    share: f32,
    x: &'a mut [f32],
    y: &'a [f32],
}

impl Kernel for Follow<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        if self.share == 1.0 {
            self.x.copy_from_slice(self.y);
            return;
        }
        for (x, y) in self.x.as_chunks_mut::<LANES>().0.iter_mut().zip(self.y.as_chunks::<LANES>().0) {
            let (from, to) = (s.load(x), s.load(y));
            let moved = s.fma(s.splat(self.share), s.sub(to, from), from);
            s.store(x, moved);
        }
    }
}

/// An average of the weights, evaluated in their place.
struct Averaged<'a, S> {
    simd: S,
    inner: Box<dyn Descent + 'a>,
    rule: Average,
    average: Vec<f32>,
    steps: usize,
}

impl<S: Simd> Descent for Averaged<'_, S> {
    fn prepare(&mut self, learning_rate: f64) {
        self.inner.prepare(learning_rate);
    }

    fn descend(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        self.inner.descend(parameters, gradients);
        self.steps += 1;
        if let Some(share) = self.rule.share(self.steps) {
            self.simd.call(Follow { share: share as f32, x: &mut self.average, y: parameters });
        }
    }

    fn exchange(&mut self, parameters: &mut [f32]) {
        if self.rule.has_begun(self.steps) {
            parameters.swap_with_slice(&mut self.average);
        } else {
            self.inner.exchange(parameters);
        }
    }
}

/// Slow weights, evaluated in place of those trained.
struct Ahead<'a, S> {
    simd: S,
    inner: Box<dyn Descent + 'a>,
    rule: Lookahead,
    slow: Vec<f32>,
    steps: usize,
}

impl<S: Simd> Descent for Ahead<'_, S> {
    fn prepare(&mut self, learning_rate: f64) {
        self.inner.prepare(learning_rate);
    }

    fn descend(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        self.inner.descend(parameters, gradients);
        self.steps += 1;
        if self.rule.is_due(self.steps) {
            self.simd.call(Follow { share: self.rule.alpha as f32, x: &mut self.slow, y: parameters });
            parameters.copy_from_slice(&self.slow);
        }
    }

    fn exchange(&mut self, parameters: &mut [f32]) {
        parameters.swap_with_slice(&mut self.slow);
    }
}

/// Steps without what they move along the gradient.
struct Cautious<'a, S> {
    simd: S,
    inner: Box<dyn Descent + 'a>,
    decay: f64,
    /// What the decay leaves in the next step.
    keep: f32,
    tensors: Vec<Range<usize>>,
    /// The parameters before the step.
    before: Vec<f32>,
    /// What each parameter's move is multiplied by.
    factors: Vec<f32>,
}

impl<S: Simd> Descent for Cautious<'_, S> {
    fn prepare(&mut self, learning_rate: f64) {
        self.keep = (1.0 - learning_rate * self.decay) as f32;
        self.inner.prepare(learning_rate);
    }

    fn descend(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        if self.decay != 0.0 {
            parameters.iter_mut().for_each(|p| *p *= self.keep);
        }
        self.before.copy_from_slice(parameters);
        self.inner.descend(parameters, gradients);
        for tensor in &self.tensors {
            let is_against = |k: usize| (parameters[k] - self.before[k]) * gradients[k] < 0.0;
            let count = tensor.clone().filter(|&k| is_against(k)).count();
            let share = count as f64 / tensor.len() as f64;
            let factor = (1.0 / share.max(LEAST_SHARE)) as f32;
            for k in tensor.clone() {
                self.factors[k] = if is_against(k) { factor } else { 0.0 };
            }
        }
        self.simd.call(Scaled { parameters, before: &self.before, factors: &self.factors });
    }

    fn exchange(&mut self, parameters: &mut [f32]) {
        self.inner.exchange(parameters);
    }
}

/// p ← fma(factor, p − before, before).
struct Scaled<'a> {
    parameters: &'a mut [f32],
    before: &'a [f32],
    factors: &'a [f32],
}

impl Kernel for Scaled<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (before, factors) = (self.before.as_chunks::<LANES>().0, self.factors.as_chunks::<LANES>().0);
        for ((p, before), factor) in self.parameters.as_chunks_mut::<LANES>().0.iter_mut().zip(before).zip(factors) {
            let from = s.load(before);
            let moved = s.fma(s.load(factor), s.sub(s.load(p), from), from);
            s.store(p, moved);
        }
    }
}

/// An optimizer of all parameters but the biases, which have another: both move all, and of each it is kept what is its own.
struct Apart<'a> {
    all: Box<dyn Descent + 'a>,
    biases: Box<dyn Descent + 'a>,
    copy: Vec<f32>,
    places: Vec<Range<usize>>,
}

impl Apart<'_> {
    fn each(&mut self, parameters: &mut [f32], mut change: impl FnMut(&mut dyn Descent, &mut [f32])) {
        self.copy.copy_from_slice(parameters);
        change(&mut *self.all, parameters);
        change(&mut *self.biases, &mut self.copy);
        for place in &self.places {
            parameters[place.clone()].copy_from_slice(&self.copy[place.clone()]);
        }
    }
}

impl Descent for Apart<'_> {
    fn prepare(&mut self, learning_rate: f64) {
        self.all.prepare(learning_rate);
        self.biases.prepare(learning_rate);
    }

    fn descend(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        self.each(parameters, |descent, parameters| descent.descend(parameters, gradients));
    }

    fn exchange(&mut self, parameters: &mut [f32]) {
        self.each(parameters, |descent, parameters| descent.exchange(parameters));
    }
}
