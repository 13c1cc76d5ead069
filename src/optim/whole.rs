//! Optimizers that move a network as a whole: matrix by matrix, or by sums over all of its parameters.

use std::ops::Range;

use candle_core::backprop::GradStore;
use candle_core::{DType, Result, Tensor, Var};

use super::{Change, Rule, Start, mean};
use crate::numerics::{LANES, Lanes, Simd};

/// The weights or the biases of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The layer, from 0.
    pub layer: usize,
    /// The place among the flat parameters.
    pub range: Range<usize>,
    /// Rows and columns of weights, outputs × inputs; none of biases.
    pub shape: Option<(usize, usize)>,
}

/// What an optimizer is told of the network that it is to move.
#[derive(Clone, Debug)]
pub struct Body {
    /// Weights and biases, layer by layer.
    pub places: Vec<Place>,
    /// Layers of weights.
    pub layers: usize,
    /// Whether biases decay as weights do; otherwise not at all.
    pub decay_biases: bool,
}

impl Body {
    /// That of a network of these widths, from input to output.
    pub fn new(units: &[usize], decay_biases: bool) -> Self {
        let mut at = 0;
        let mut place = |layer, length, shape| {
            at += length;
            Place { layer, range: at - length..at, shape }
        };
        let layers = units.windows(2).enumerate();
        let places = layers
            .flat_map(|(layer, w)| [place(layer, w[0] * w[1], Some((w[1], w[0]))), place(layer, w[1], None)])
            .collect();
        Self { places, layers: units.len() - 1, decay_biases }
    }

    /// That of variables: weights and biases in turn.
    fn of(vars: &[Var], decay_biases: bool) -> Self {
        let inputs = vars.first().and_then(|weight| weight.dims().last());
        let outputs = vars.iter().skip(1).step_by(2).map(|bias| bias.elem_count());
        let units: Vec<usize> = inputs.copied().into_iter().chain(outputs).collect();
        Self::new(&units, decay_biases)
    }

    /// Parameters.
    pub fn len(&self) -> usize {
        self.places.last().map_or(0, |place| place.range.end)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is left of a rate of decay in this place.
    pub(super) fn decay(&self, place: &Place, rate: f64) -> f64 {
        if place.shape.is_some() || self.decay_biases { rate } else { 0.0 }
    }
}

/// What the candle form sees of a step: of each place of the body the parameters and the gradients.
#[derive(Clone, Copy, Debug)]
pub struct Changes<'a> {
    /// Steps taken before.
    pub step: usize,
    /// The learning rate of this step.
    pub learning_rate: f64,
    /// What is moved.
    pub body: &'a Body,
    /// Parameters.
    pub p: &'a [Tensor],
    /// Gradients.
    pub g: &'a [Tensor],
}

impl Changes<'_> {
    /// The parameters after a step that moves each place by itself, with what is kept for it.
    pub(super) fn each(
        &self,
        kept: &mut Vec<Vec<Tensor>>,
        of: impl Fn(&Place, Change, &mut Vec<Tensor>) -> Result<Tensor>,
    ) -> Result<Option<Vec<Tensor>>> {
        let Self { step, learning_rate, body, p, g } = *self;
        kept.resize(p.len(), Vec::new());
        let places = body.places.iter().zip(p.iter().zip(g)).zip(kept);
        let moved = places.map(|((place, (p, g)), kept)| of(place, Change { step, learning_rate, p, g }, kept));
        moved.collect::<Result<_>>().map(Some)
    }
}

/// An optimizer of whole networks in its two forms: on tensors, for the reference engine, and fused, with the same bits
/// everywhere.
///
/// Of the fused form: scalars are computed in f64 and rounded to f32; sums over parameters go by the rule of sums over a batch,
/// and products of matrices by [`Product`](crate::numerics::Product) and [`Outer`](crate::numerics::Outer).
pub trait Whole: Clone + Send + Sync + 'static {
    /// What the candle form keeps between steps.
    type Kept: Default + 'static;
    /// What the fused form keeps.
    type State: 'static;

    /// The parameters of each place after a step; `None`: they stay as they are.
    ///
    /// # Errors
    /// If candle cannot.
    fn tensors(&self, changes: Changes, kept: &mut Self::Kept) -> Result<Option<Vec<Tensor>>>;

    /// Before the first step from these parameters.
    fn state(&self, body: Body, parameters: &[f32]) -> Self::State;

    /// Numbers that the state of a network has.
    fn numbers(&self, body: &Body) -> usize;

    /// Moves the parameters along the gradients. What both hold behind the parameters has no meaning. Must be
    /// `#[inline(always)]`.
    fn descend<S: Simd>(
        &self,
        s: S,
        state: &mut Self::State,
        learning_rate: f64,
        parameters: &mut [f32],
        gradients: &[f32],
    );
}

/// The candle form of an optimizer over all variables of a network: weights and biases in turn.
#[derive(Debug)]
pub struct OnNetwork<W: Whole> {
    rule: W,
    vars: Vec<Var>,
    body: Body,
    kept: W::Kept,
    step: usize,
}

impl<W: Whole> OnNetwork<W> {
    /// Before the first step.
    pub fn new(rule: W, vars: Vec<Var>, decay_biases: bool) -> Self {
        let body = Body::of(&vars, decay_biases);
        Self { rule, vars, body, kept: W::Kept::default(), step: 0 }
    }

    /// Moves the variables along these gradients at this learning rate.
    ///
    /// # Errors
    /// If candle cannot.
    pub fn step(&mut self, gradients: &GradStore, learning_rate: f64) -> Result<()> {
        let p: Vec<Tensor> = self.vars.iter().map(|var| var.as_detached_tensor()).collect();
        let of = |var: &Var| gradients.get(var).map_or_else(|| var.zeros_like(), |g| Ok(g.detach()));
        let g = self.vars.iter().map(of).collect::<Result<Vec<Tensor>>>()?;
        let changes = Changes { step: self.step, learning_rate, body: &self.body, p: &p, g: &g };
        let moved = self.rule.tensors(changes, &mut self.kept)?;
        self.step += 1;
        self.vars.iter().zip(moved.iter().flatten()).try_for_each(|(var, moved)| var.set(moved))
    }
}

/// The one number of a tensor.
pub(super) fn number(tensor: &Tensor) -> Result<f64> {
    tensor.to_dtype(DType::F64)?.to_scalar()
}

/// The sum of squares.
pub(super) fn square(tensor: &Tensor) -> Result<f64> {
    number(&tensor.sqr()?.sum_all()?)
}

/// Takes numbers, +0 behind them.
pub(super) fn take(to: &mut [Lanes], from: &[f32]) {
    let (whole, rest) = from.as_chunks::<LANES>();
    for (to, from) in to.iter_mut().zip(whole) {
        to.0 = *from;
    }
    if let (false, Some(last)) = (rest.is_empty(), to.last_mut()) {
        *last = Lanes::ZERO;
        last.0[..rest.len()].copy_from_slice(rest);
    }
}

/// Gives them back.
pub(super) fn give(from: &[Lanes], to: &mut [f32]) {
    for (from, to) in from.iter().zip(to.chunks_mut(LANES)) {
        to.copy_from_slice(&from.0[..to.len()]);
    }
}

/// Room for so many numbers, all +0.
pub(super) fn room(numbers: usize) -> Vec<Lanes> {
    vec![Lanes::ZERO; numbers.div_ceil(LANES)]
}

/// Running means ← fma(share, x − them, them).
#[inline(always)]
pub(super) fn follow<S: Simd>(s: S, share: f32, means: &mut [Lanes], x: &[f32]) {
    for (kept, x) in means.iter_mut().zip(x.chunks(LANES)) {
        let mut lanes = [Lanes::ZERO];
        take(&mut lanes, x);
        let moved = mean(s, share, s.load(&kept.0), s.load(&lanes[0].0));
        s.store(&mut kept.0, moved);
    }
}

/// An elementwise optimizer at work on some places alone.
#[derive(Debug)]
pub struct Others<R: Rule> {
    rule: R,
    course: R::Course,
    places: Vec<Range<usize>>,
    state: Vec<Lanes>,
    p: Vec<f32>,
    g: Vec<f32>,
}

impl<R: Rule> Others<R> {
    /// Before the first step; its slots start from numbers.
    pub(super) fn new(rule: R, places: Vec<Range<usize>>) -> Self {
        let length = places.iter().map(Range::len).sum::<usize>().next_multiple_of(LANES);
        let slots = rule.slots();
        let slots = slots.iter().map(|start| match *start {
            Start::At(number) => Lanes([number; LANES]),
            Start::Parameter => Lanes::ZERO,
        });
        let state = (0..length / LANES).flat_map(|_| slots.clone()).collect();
        let course = rule.course();
        Self { rule, course, places, state, p: vec![0.0; length], g: vec![0.0; length] }
    }

    #[inline(always)]
    pub(super) fn descend<S: Simd>(&mut self, s: S, learning_rate: f64, parameters: &mut [f32], gradients: &[f32]) {
        let Self { rule, course, places, state, p, g } = self;
        let step = rule.step(course, learning_rate);
        for (to, from) in [(&mut *p, &*parameters), (g, gradients)] {
            let from = places.iter().flat_map(|place| &from[place.clone()]);
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
        let slots = state.len() / (p.len() / LANES).max(1);
        let blocks = p.as_chunks_mut::<LANES>().0.iter_mut().zip(g.as_chunks::<LANES>().0);
        for ((p, g), state) in blocks.zip(state.chunks_exact_mut(slots.max(1))) {
            let moved = rule.update(s, step, s.load(p), s.load(g), state);
            s.store(p, moved);
        }
        let mut p = &p[..];
        for place in places {
            let (own, others) = p.split_at(place.len());
            parameters[place.clone()].copy_from_slice(own);
            p = others;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_each_parameter_in_one_place() {
        let body = Body::new(&[2, 5, 3], false);
        let shapes: Vec<_> = body.places.iter().map(|place| (place.layer, place.range.clone(), place.shape)).collect();
        assert_eq!(shapes, [(0, 0..10, Some((5, 2))), (0, 10..15, None), (1, 15..30, Some((3, 5))), (1, 30..33, None)]);
        assert_eq!((body.len(), body.layers, body.is_empty()), (33, 2, false));
        assert_eq!([0, 1].map(|k| body.decay(&body.places[k], 0.5)), [0.5, 0.0]);
    }
}
