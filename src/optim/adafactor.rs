//! Adafactor, as `torch.optim.Adafactor` (Shazeer & Stern 2018, arXiv:1804.04235).

use std::ops::Range;

use candle_core::{Result, Tensor};

use super::whole::{give, number, square, take};
use super::{Body, Change, Changes, Method, Place, Visitor, Whole, lerp, mean, zeros};
use crate::numerics::{self, LANES, Lanes, Simd, dot, last_mask};

crate::settings! {
    /// Hyperparameters of Adafactor.
    pub struct Adafactor {
        /// Power of the step in what a squared gradient counts: 1 − β₂ = t^beta2_decay.
        beta2_decay: f64 = Float(-0.8), Within(-10.0, 0.0);
        /// The least root of an estimated squared gradient, and the least mean of a matrix's; PyTorch's is that of the type.
        eps1: f64 = Float(1.1920928955078125e-7), AtLeast(0.0);
        /// The least root mean square of a tensor in its learning rate.
        eps2: f64 = Float(1e-3), AtLeast(0.0);
        /// The largest root mean square of a step before its learning rate.
        d: f64 = Float(1.0), AtLeast(1.0);
        /// Decoupled decay of the weights.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
    }
}

impl Method for Adafactor {
    fn accept<V: Visitor>(&self, visitor: V) -> V::Output {
        visitor.whole(self)
    }
}

/// The larger one, NaN where the second is.
fn at_least(least: f64, x: f64) -> f64 {
    if x < least { least } else { x }
}

impl Adafactor {
    /// The candle form for one tensor, of which so much is kept before the step.
    fn tensor(
        &self,
        Change { step, learning_rate, p, g }: Change,
        keep: f64,
        kept: &mut Vec<Tensor>,
    ) -> Result<Tensor> {
        let (share, rate) = self.step(step, learning_rate);
        let root_mean = |x: &Tensor| -> Result<f64> { Ok((square(x)? / x.elem_count() as f64).sqrt()) };
        let rate = rate * at_least(self.eps2, root_mean(p)?);
        let squares = g.sqr()?;
        let estimate = if g.rank() == 1 {
            zeros(kept, 1, g)?;
            kept[0] = lerp(&kept[0], &squares, share)?;
            kept[0].clone()
        } else {
            let (rows, columns) = (squares.mean_keepdim(1)?, squares.mean_keepdim(0)?);
            if kept.is_empty() {
                *kept = vec![rows.zeros_like()?, columns.zeros_like()?];
            }
            kept[0] = lerp(&kept[0], &rows, share)?;
            kept[1] = lerp(&kept[1], &columns, share)?;
            (kept[0].matmul(&kept[1])? / at_least(self.eps1, number(&kept[0].mean_all()?)?))?
        };
        let least = (estimate.ones_like()? * (self.eps1 * self.eps1))?;
        let u = (g / estimate.lt(&least)?.where_cond(&least, &estimate)?.sqrt()?)?;
        let divisor = at_least(1.0, root_mean(&u)? / self.d);
        (p * keep)? - (u * (rate / divisor))?
    }

    /// Of a step (from 0): what the newest squares count, and the rate before a tensor's own.
    fn step(&self, step: usize, learning_rate: f64) -> (f64, f64) {
        let t = (step + 1) as f64;
        (libm::pow(t, self.beta2_decay), learning_rate.min(1.0 / t.sqrt()))
    }
}

/// A tensor, each of its rows in whole vectors; biases are one row.
#[derive(Debug)]
struct Block {
    decay: f64,
    columns: usize,
    p: Vec<Lanes>,
    /// The gradient, then the step.
    g: Vec<Lanes>,
    /// The running means of the rows; none of biases.
    rows: Vec<f32>,
    /// Those of the columns.
    means: Vec<Lanes>,
    mask: Lanes,
}

impl Block {
    fn new(place: &Place, decay: f64) -> Self {
        let (rows, columns) = place.shape.unwrap_or((1, place.range.len()));
        let lanes = |rows: usize| vec![Lanes::ZERO; rows * columns.div_ceil(LANES)];
        let of_rows = vec![0.0; place.shape.map_or(0, |(rows, _)| rows)];
        let (p, g, means, mask) = (lanes(rows), lanes(rows), lanes(1), last_mask(columns));
        Self { decay, columns, p, g, rows: of_rows, means, mask }
    }

    #[inline(always)]
    fn descend<S: Simd>(&mut self, s: S, rule: &Adafactor, step: usize, learning_rate: f64, p: &mut [f32], g: &[f32]) {
        let Self { decay, columns, p: own, g: u, rows, means, mask } = self;
        let (count, width) = (p.len() as f64, means.len());
        for (to, from) in [(&mut *own, &*p), (&mut *u, g)] {
            to.chunks_exact_mut(width).zip(from.chunks_exact(*columns)).for_each(|(to, from)| take(to, from));
        }
        let root_mean = |numbers: &[Lanes]| (f64::from(dot(s, numbers, numbers)) / count).sqrt();
        let (share, rate) = rule.step(step, learning_rate);
        let (share, rate) = (share as f32, rate * at_least(rule.eps2, root_mean(own)));
        for (k, kept) in means.iter_mut().enumerate() {
            let mut sum = s.splat(0.0);
            for g in u.iter().skip(k).step_by(width) {
                let g = s.load(&g.0);
                sum = s.fma(g, g, sum);
            }
            let square = s.div(sum, s.splat(rows.len().max(1) as f32));
            let moved = mean(s, share, s.load(&kept.0), square);
            s.store(&mut kept.0, moved);
        }
        for (row, g) in rows.iter_mut().zip(u.chunks_exact(width)) {
            *row = share.mul_add(dot(s, g, g) / *columns as f32 - *row, *row);
        }
        let all = s.splat(at_least(rule.eps1, numerics::sum(rows) / rows.len() as f64) as f32);
        let least = s.splat((rule.eps1 * rule.eps1) as f32);
        for (r, u) in u.chunks_exact_mut(width).enumerate() {
            for (k, (u, mean_of_column)) in u.iter_mut().zip(&*means).enumerate() {
                let mut estimate = s.load(&mean_of_column.0);
                if let Some(&row) = rows.get(r) {
                    estimate = s.div(s.mul(s.splat(row), estimate), all);
                }
                let estimate = s.select(s.lt(estimate, least), least, estimate);
                let step = s.div(s.load(&u.0), s.sqrt(estimate));
                s.store(&mut u.0, if k + 1 == width { s.keep(s.load(&mask.0), step) } else { step });
            }
        }
        let rate = s.splat((-rate / at_least(1.0, root_mean(u) / rule.d)) as f32);
        let keep = s.splat((1.0 - learning_rate * *decay) as f32);
        for (p, u) in own.iter_mut().zip(&*u) {
            let moved = s.fma(rate, s.load(&u.0), s.mul(keep, s.load(&p.0)));
            s.store(&mut p.0, moved);
        }
        own.chunks_exact(width).zip(p.chunks_exact_mut(*columns)).for_each(|(from, to)| give(from, to));
    }
}

/// What the fused form keeps.
#[derive(Debug)]
pub struct State {
    step: usize,
    blocks: Vec<(Range<usize>, Block)>,
}

/// Of each tensor of n numbers: ρ = min(η, 1/√t), α = ρ max(ε₂, √(Σ p² / n)); r and c, the means of g² over the columns of each
/// row and over the rows of each column, r̄ ← fma(t^decay, r − r̄, r̄), c̄ likewise; v = r̄ c̄ ÷ max(ε₁, mean of r̄), of biases the
/// mean of g² alone; u = g ÷ √max(ε₁², v); p ← fma(−α / max(1, √(Σ u² / n) / d), u, (1 − η λ) p).
impl Whole for Adafactor {
    type Kept = Vec<Vec<Tensor>>;
    type State = State;

    fn tensors(&self, changes: Changes, kept: &mut Self::Kept) -> Result<Option<Vec<Tensor>>> {
        changes.each(kept, |place, change, kept| {
            let keep = 1.0 - change.learning_rate * changes.body.decay(place, self.weight_decay);
            self.tensor(change, keep, kept)
        })
    }

    fn state(&self, body: Body, _: &[f32]) -> State {
        let block = |place: &Place| (place.range.clone(), Block::new(place, body.decay(place, self.weight_decay)));
        State { step: 0, blocks: body.places.iter().map(block).collect() }
    }

    fn numbers(&self, body: &Body) -> usize {
        body.places.iter().map(|place| 3 * place.range.len().next_multiple_of(LANES)).sum()
    }

    #[inline(always)]
    fn descend<S: Simd>(&self, s: S, state: &mut State, learning_rate: f64, p: &mut [f32], g: &[f32]) {
        for (range, block) in &mut state.blocks {
            block.descend(s, self, state.step, learning_rate, &mut p[range.clone()], &g[range.clone()]);
        }
        state.step += 1;
    }
}
