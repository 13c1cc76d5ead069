//! An optimizer at work: its state, and its pass over all parameters.

use std::ops::Range;

use super::wrapped;
use crate::engine::Training;
use crate::numerics::{Kernel, LANES, Lanes, Simd};
use crate::optim::{self, Optimizer, Rule, Start};

/// An optimizer with its state. Behind a pointer, so that the loop over the steps is compiled for each activation, not for each
/// activation with each optimizer; what is called once a step is free of dispatch itself.
pub(super) trait Descent {
    /// Computes what the next step has of its own at this learning rate.
    fn prepare(&mut self, learning_rate: f64);

    /// Takes that step: moves the parameters along the gradients.
    fn descend(&mut self, parameters: &mut [f32], gradients: &[f32]);

    /// Exchanges the parameters with what is to be evaluated in their place, where that is not the same: once before they are
    /// read, and once more before the training goes on.
    fn exchange(&mut self, parameters: &mut [f32]);
}

/// The training's optimizer before the first step from these parameters.
pub(super) fn begin<'a, S: Simd + 'a>(simd: S, training: &Training, parameters: &[f32]) -> Box<dyn Descent + 'a> {
    let of = |optimizer: &Optimizer| {
        let (optimizer, decay) = training.wrappers.inner(optimizer);
        let plain = optimizer.visit(Begin { simd, parameters, lifetime: std::marker::PhantomData });
        wrapped::wrap(simd, training, plain, decay, parameters)
    };
    match training.optimizer_of_biases() {
        None => of(training.optimizer),
        Some(of_biases) => {
            let copy = parameters.to_vec();
            Box::new(Apart {
                all: of(training.optimizer),
                biases: of(&of_biases),
                copy,
                places: biases(training.units),
            })
        }
    }
}

/// The places of the biases among the flat parameters.
fn biases(units: &[usize]) -> Vec<Range<usize>> {
    let mut at = 0;
    let place = |w: &[usize]| {
        at += (w[0] + 1) * w[1];
        at - w[1]..at
    };
    units.windows(2).map(place).collect()
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

struct Begin<'a, 'p, S> {
    simd: S,
    parameters: &'p [f32],
    lifetime: std::marker::PhantomData<&'a ()>,
}

impl<'a, S: Simd + 'a> optim::Visitor for Begin<'a, '_, S> {
    type Output = Box<dyn Descent + 'a>;
    fn visit<R: Rule>(self, rule: &R) -> Self::Output {
        let slots = rule.slots();
        let blocks = self.parameters.as_chunks::<LANES>().0.iter();
        let state = blocks.flat_map(|block| {
            slots.iter().map(|start| match *start {
                Start::At(number) => Lanes([number; LANES]),
                Start::Parameter => Lanes(*block),
            })
        });
        let (state, course) = (state.collect(), rule.course());
        Box::new(Elementwise { simd: self.simd, rule: rule.clone(), course, step: None, state, slots: slots.len() })
    }
}

/// An optimizer that moves each parameter by itself.
struct Elementwise<R: Rule, S> {
    simd: S,
    rule: R,
    course: R::Course,
    step: Option<R::Step>,
    /// The slots of 32 parameters, then those of the next.
    state: Vec<Lanes>,
    slots: usize,
}

impl<R: Rule, S: Simd> Descent for Elementwise<R, S> {
    fn prepare(&mut self, learning_rate: f64) {
        self.step = Some(self.rule.step(&mut self.course, learning_rate));
    }

    fn descend(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        let Some(step) = self.step else { return };
        self.simd.call(Update {
            rule: &self.rule,
            step,
            state: &mut self.state,
            slots: self.slots,
            parameters,
            gradients,
        });
    }

    fn exchange(&mut self, parameters: &mut [f32]) {
        let Some(slot) = self.rule.averaged() else { return };
        let slots = self.state.iter_mut().skip(slot).step_by(self.slots);
        for (block, slot) in parameters.as_chunks_mut::<LANES>().0.iter_mut().zip(slots) {
            std::mem::swap(block, &mut slot.0);
        }
    }
}

/// The pass over all parameters, compiled for one optimizer and instruction set.
struct Update<'a, R: Rule> {
    rule: &'a R,
    step: R::Step,
    state: &'a mut [Lanes],
    slots: usize,
    parameters: &'a mut [f32],
    gradients: &'a [f32],
}

impl<R: Rule> Kernel for Update<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut state = self.state.chunks_exact_mut(self.slots.max(1));
        let gradients = self.gradients.as_chunks::<LANES>().0;
        for (p, g) in self.parameters.as_chunks_mut::<LANES>().0.iter_mut().zip(gradients) {
            let state = state.next().unwrap_or_default();
            let updated = self.rule.update(s, self.step, s.load(p), s.load(g), state);
            s.store(p, updated);
        }
    }
}
