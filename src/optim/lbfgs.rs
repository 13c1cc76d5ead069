//! L-BFGS, as `torch.optim.LBFGS` without a line search and with one iteration a step (Liu & Nocedal 1989): a step has one
//! evaluation, as every other optimizer's. It needs all samples in every step.

use std::collections::VecDeque;
use std::convert::Infallible;

use candle_core::Tensor;

use super::whole::{give, number, room, take};
use super::{Body, Changes, Method, Visitor, Whole};
use crate::numerics::{Lanes, Simd, dot, tree};

crate::settings! {
    /// Hyperparameters of L-BFGS.
    pub struct Lbfgs {
        /// Steps that the curvature is told from.
        history_size: usize = Int(100), AtLeast(1.0);
        /// No step where no gradient is larger.
        tolerance_grad: f64 = Float(1e-7), AtLeast(0.0);
        /// No step where the loss falls no more than that along the direction.
        tolerance_change: f64 = Float(1e-9), AtLeast(0.0);
    }
}

impl Method for Lbfgs {
    fn accept<V: Visitor>(&self, visitor: V) -> V::Output {
        visitor.whole(self)
    }
}

/// A change of the gradients must have at least so much in common with that of the parameters.
const LEAST_CURVATURE: f64 = 1e-10;

/// A step and what it did to the gradient.
#[derive(Debug)]
struct Pair<T> {
    y: T,
    s: T,
    /// One over their product.
    inverse: f64,
}

/// What is kept, on vectors of any form.
#[derive(Debug)]
pub struct Memory<T> {
    pairs: VecDeque<Pair<T>>,
    /// The last gradient and direction, and the size of that step.
    last: Option<(T, T, f64)>,
    /// What the first approximation of the inverse Hessian is.
    scale: f64,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { pairs: VecDeque::new(), last: None, scale: 1.0 }
    }
}

/// What both forms do with their vectors of all parameters. All must be `#[inline(always)]`.
trait Space {
    type Vector;
    type Error;
    /// Σ a b.
    fn dot(&self, a: &Self::Vector, b: &Self::Vector) -> Result<f64, Self::Error>;
    /// The sum of the magnitudes, and the largest.
    fn magnitudes(&self, a: &Self::Vector) -> Result<(f64, f64), Self::Error>;
    /// k a.
    fn scaled(&self, k: f64, a: &Self::Vector) -> Result<Self::Vector, Self::Error>;
    /// b + k a.
    fn sum(&self, k: f64, a: &Self::Vector, b: &Self::Vector) -> Result<Self::Vector, Self::Error>;
}

impl<T> Memory<T> {
    /// The step from where the gradient is this: a direction, and what it is multiplied by. `None`: it stays.
    #[inline(always)]
    fn step<S: Space<Vector = T>>(
        &mut self,
        space: &S,
        rule: &Lbfgs,
        learning_rate: f64,
        g: T,
    ) -> Result<Option<(&T, f64)>, S::Error> {
        let (length, largest) = space.magnitudes(&g)?;
        if largest <= rule.tolerance_grad {
            return Ok(None);
        }
        let mut size = learning_rate;
        let mut direction = space.scaled(-1.0, &g)?;
        if let Some((before, taken, size)) = self.last.take() {
            let (y, s) = (space.sum(-1.0, &before, &g)?, space.scaled(size, &taken)?);
            let product = space.dot(&y, &s)?;
            if product > LEAST_CURVATURE {
                if self.pairs.len() == rule.history_size {
                    self.pairs.pop_front();
                }
                self.scale = product / space.dot(&y, &y)?;
                self.pairs.push_back(Pair { y, s, inverse: 1.0 / product });
            }
            let mut shares = Vec::with_capacity(self.pairs.len());
            for Pair { y, s, inverse } in self.pairs.iter().rev() {
                let share = space.dot(s, &direction)? * inverse;
                direction = space.sum(-share, y, &direction)?;
                shares.push(share);
            }
            direction = space.scaled(self.scale, &direction)?;
            for (Pair { y, s, inverse }, share) in self.pairs.iter().zip(shares.into_iter().rev()) {
                let other = space.dot(y, &direction)? * inverse;
                direction = space.sum(share - other, s, &direction)?;
            }
        } else {
            let most = 1.0 / length;
            size *= if most < 1.0 { most } else { 1.0 };
        }
        let slope = space.dot(&g, &direction)?;
        let (_, direction, size) = self.last.insert((g, direction, size));
        Ok(if slope > -rule.tolerance_change { None } else { Some((direction, *size)) })
    }
}

/// Tensors, one after the other.
struct OnTensors;

impl Space for OnTensors {
    type Vector = Tensor;
    type Error = candle_core::Error;
    fn dot(&self, a: &Tensor, b: &Tensor) -> candle_core::Result<f64> {
        number(&(a * b)?.sum_all()?)
    }
    fn magnitudes(&self, a: &Tensor) -> candle_core::Result<(f64, f64)> {
        let a = a.abs()?;
        Ok((number(&a.sum_all()?)?, number(&a.max_all()?)?))
    }
    fn scaled(&self, k: f64, a: &Tensor) -> candle_core::Result<Tensor> {
        a * k
    }
    fn sum(&self, k: f64, a: &Tensor, b: &Tensor) -> candle_core::Result<Tensor> {
        b + (a * k)?
    }
}

/// Lanes, +0 behind the parameters.
struct OnLanes<S>(S);

impl<S: Simd> OnLanes<S> {
    #[inline(always)]
    fn map(&self, a: &[Lanes], b: &[Lanes], mut of: impl FnMut(S::V, S::V) -> S::V) -> Vec<Lanes> {
        let mut all = a.to_vec();
        for (a, b) in all.iter_mut().zip(b) {
            let value = of(self.0.load(&a.0), self.0.load(&b.0));
            self.0.store(&mut a.0, value);
        }
        all
    }
}

impl<S: Simd> Space for OnLanes<S> {
    type Vector = Vec<Lanes>;
    type Error = Infallible;
    #[inline(always)]
    fn dot(&self, a: &Vec<Lanes>, b: &Vec<Lanes>) -> Result<f64, Infallible> {
        Ok(f64::from(dot(self.0, a, b)))
    }
    #[inline(always)]
    fn magnitudes(&self, a: &Vec<Lanes>) -> Result<(f64, f64), Infallible> {
        let s = self.0;
        let (mut sum, mut largest) = (s.splat(0.0), Lanes::ZERO);
        for a in a {
            let a = s.abs(s.load(&a.0));
            sum = s.add(sum, a);
            let larger = s.max(a, s.load(&largest.0));
            s.store(&mut largest.0, larger);
        }
        let largest = largest.0.iter().copied().fold(0.0, f32::max);
        Ok((f64::from(tree(s, sum)), f64::from(largest)))
    }
    #[inline(always)]
    fn scaled(&self, k: f64, a: &Vec<Lanes>) -> Result<Vec<Lanes>, Infallible> {
        let (s, k) = (self.0, self.0.splat(k as f32));
        Ok(self.map(
            a,
            a,
            #[inline(always)]
            |a, _| s.mul(k, a),
        ))
    }
    #[inline(always)]
    fn sum(&self, k: f64, a: &Vec<Lanes>, b: &Vec<Lanes>) -> Result<Vec<Lanes>, Infallible> {
        let (s, k) = (self.0, self.0.splat(k as f32));
        Ok(self.map(
            a,
            b,
            #[inline(always)]
            |a, b| s.fma(k, a, b),
        ))
    }
}

/// What the fused form keeps.
#[derive(Debug)]
pub struct State {
    length: usize,
    memory: Memory<Vec<Lanes>>,
    p: Vec<Lanes>,
}

/// Vectors of all parameters; t is the size of a step, at first min(1, 1/Σ|g|) η, later η. y = g − the last g, s = t d of the last
/// step; where y s > 10⁻¹⁰ the pair is kept, of which there are at most `history_size`, and H = y s / y y. q = −g;
/// from the newest pair to the oldest a = s q / y s, q ← fma(−a, y, q); q ← H q; from the oldest to the newest
/// b = y q / y s, q ← fma(a − b, s, q); d = q; p ← fma(t, d, p), unless g d > −`tolerance_change`, or no |g| >
/// `tolerance_grad`. In the first step d = −g.
impl Whole for Lbfgs {
    type Kept = Memory<Tensor>;
    type State = State;

    fn tensors(&self, changes: Changes, kept: &mut Memory<Tensor>) -> candle_core::Result<Option<Vec<Tensor>>> {
        let Changes { learning_rate, body, p, g, .. } = changes;
        let flat = g.iter().map(Tensor::flatten_all).collect::<candle_core::Result<Vec<_>>>()?;
        let step = kept.step(&OnTensors, self, learning_rate, Tensor::cat(&flat, 0)?)?;
        let Some((direction, size)) = step else { return Ok(None) };
        let moved = p.iter().zip(&body.places).map(|(p, place)| {
            let own = direction.narrow(0, place.range.start, place.range.len())?.reshape(p.shape())?;
            p + (own * size)?
        });
        moved.collect::<candle_core::Result<_>>().map(Some)
    }

    fn state(&self, body: Body, _: &[f32]) -> State {
        State { length: body.len(), memory: Memory::default(), p: room(body.len()) }
    }

    fn numbers(&self, body: &Body) -> usize {
        (2 * self.history_size + 6) * body.len()
    }

    #[inline(always)]
    fn descend<S: Simd>(&self, s: S, state: &mut State, learning_rate: f64, parameters: &mut [f32], gradients: &[f32]) {
        let State { length, memory, p } = state;
        let mut g = room(*length);
        take(&mut g, &gradients[..*length]);
        let Ok(step) = memory.step(&OnLanes(s), self, learning_rate, g);
        let Some((direction, size)) = step else { return };
        take(p, &parameters[..*length]);
        let size = s.splat(size as f32);
        for (p, d) in p.iter_mut().zip(direction) {
            let moved = s.fma(size, s.load(&d.0), s.load(&p.0));
            s.store(&mut p.0, moved);
        }
        give(p, &mut parameters[..*length]);
    }
}
