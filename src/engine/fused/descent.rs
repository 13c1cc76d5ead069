//! An optimizer at work: its state, and its pass over all parameters.

use crate::numerics::{Kernel, LANES, Lanes, Simd};
use crate::optim::{self, Body, Optimizer, Rule, Start, Whole};

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

/// An optimizer by itself before the first step from these parameters.
pub(super) fn plain<'a, S: Simd + 'a>(
    simd: S,
    optimizer: &Optimizer,
    body: Body,
    parameters: &[f32],
) -> Box<dyn Descent + 'a> {
    optimizer.visit(Begin { simd, body, parameters, lifetime: std::marker::PhantomData })
}

struct Begin<'a, 'p, S> {
    simd: S,
    body: Body,
    parameters: &'p [f32],
    lifetime: std::marker::PhantomData<&'a ()>,
}

impl<'a, S: Simd + 'a> optim::Visitor for Begin<'a, '_, S> {
    type Output = Box<dyn Descent + 'a>;

    fn elementwise<R: Rule>(self, rule: &R) -> Self::Output {
        let slots = rule.slots();
        let blocks = self.parameters.as_chunks::<LANES>().0.iter();
        let state = blocks.flat_map(|block| {
            slots.iter().map(|start| match *start {
                Start::At(number) => Lanes([number; LANES]),
                Start::Parameter => Lanes(*block),
            })
        });
        let (state, course) = (state.collect(), rule.course());
        // Not taken: the first one is prepared before it.
        let step = rule.step(&mut rule.course(), 0.0);
        Box::new(Elementwise { simd: self.simd, rule: rule.clone(), course, step, state, slots: slots.len() })
    }

    fn whole<W: Whole>(self, rule: &W) -> Self::Output {
        let state = rule.state(self.body, self.parameters);
        Box::new(OfWhole { simd: self.simd, rule: rule.clone(), state, learning_rate: 0.0 })
    }
}

/// An optimizer that moves each parameter by itself.
struct Elementwise<R: Rule, S> {
    simd: S,
    rule: R,
    course: R::Course,
    step: R::Step,
    /// The slots of 32 parameters, then those of the next.
    state: Vec<Lanes>,
    slots: usize,
}

impl<R: Rule, S: Simd> Descent for Elementwise<R, S> {
    fn prepare(&mut self, learning_rate: f64) {
        self.step = self.rule.step(&mut self.course, learning_rate);
    }

    fn descend(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        self.simd.call(Update {
            rule: &self.rule,
            step: self.step,
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

/// An optimizer that moves the network as a whole.
struct OfWhole<W: Whole, S> {
    simd: S,
    rule: W,
    state: W::State,
    /// Of the next step.
    learning_rate: f64,
}

impl<W: Whole, S: Simd> Descent for OfWhole<W, S> {
    fn prepare(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn descend(&mut self, parameters: &mut [f32], gradients: &[f32]) {
        let Self { simd, rule, state, learning_rate } = self;
        simd.call(Move { rule, state, learning_rate: *learning_rate, parameters, gradients });
    }

    fn exchange(&mut self, _: &mut [f32]) {}
}

/// A step of all, compiled for one optimizer and instruction set.
struct Move<'a, W: Whole> {
    rule: &'a W,
    state: &'a mut W::State,
    learning_rate: f64,
    parameters: &'a mut [f32],
    gradients: &'a [f32],
}

impl<W: Whole> Kernel for Move<'_, W> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        self.rule.descend(s, self.state, self.learning_rate, self.parameters, self.gradients);
    }
}
