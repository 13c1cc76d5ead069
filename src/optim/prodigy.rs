//! Prodigy, as `Prodigy` of konstmish/prodigy (Mishchenko & Defazio 2024, arXiv:2306.06101): Adam, whose learning rate is
//! multiplied by an estimate d of the distance from the first weights to the solution.

use candle_core::{Result, Tensor};

use super::whole::{give, number, room, take};
use super::{Body, Change, Changes, Method, Visitor, Whole, mean_square};
use crate::numerics::{Lanes, Simd, tree};

crate::settings! {
    /// Hyperparameters of Prodigy.
    pub struct Prodigy {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Decay of the sums that d is estimated by; 0: the root of beta2.
        beta3: f64 = Float(0.0), Below(0.0, 1.0);
        /// Added to the denominator, times d.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// Decay of the weights.
        weight_decay: f64 = Float(0.0), AtLeast(0.0);
        /// The decay is of the weights themselves, not a penalty in the gradient.
        decouple: bool = Bool(true), Any;
        /// Correct Adam's means for their start.
        use_bias_correction: bool = Bool(false), Any;
        /// Leave the learning rate out of the sums of gradients, for long warm-ups.
        safeguard_warmup: bool = Bool(false), Any;
        /// The first estimate d.
        d0: f64 = Float(1e-6), Above(0.0);
        /// What every estimate is multiplied by.
        d_coef: f64 = Float(1.0), Above(0.0);
        /// The most that d grows by in a step, as a factor; 0: without limit.
        growth_rate: f64 = Float(0.0), AtLeast(0.0);
    }
}

impl Method for Prodigy {
    fn accept<V: Visitor>(&self, visitor: V) -> V::Output {
        visitor.whole(self)
    }
}

/// How far the estimate has come.
#[derive(Clone, Copy, Debug)]
struct Estimate {
    steps: i32,
    d: f64,
    largest: f64,
    numerator: f64,
}

impl Estimate {
    fn new(rule: &Prodigy) -> Self {
        Self { steps: 0, d: rule.d0, largest: rule.d0, numerator: 0.0 }
    }

    /// d times the learning rate and the corrections.
    fn rate(&self, rule: &Prodigy, learning_rate: f64) -> f64 {
        let correction = |beta: f64| 1.0 - libm::pow(beta, f64::from(self.steps + 1));
        let corrected =
            if rule.use_bias_correction { correction(rule.beta2).sqrt() / correction(rule.beta1) } else { 1.0 };
        self.d * learning_rate * corrected
    }

    /// What a gradient counts in the sum of gradients.
    fn weight(&self, rule: &Prodigy, rate: f64) -> f64 {
        self.d / rule.d0 * if rule.safeguard_warmup { self.d } else { rate }
    }

    /// The next estimate, from Σ g (p₀ − p) and the sum of the magnitudes of the sums of gradients.
    fn advance(&mut self, rule: &Prodigy, rate: f64, along: f64, length: f64) {
        self.numerator = rule.decay_of_sums() * self.numerator + self.d / rule.d0 * rate * along;
        let found = rule.d_coef * self.numerator / length;
        let larger = |a: f64, b: f64| if b > a { b } else { a };
        if self.d == rule.d0 {
            self.d = larger(self.d, found);
        }
        self.largest = larger(self.largest, found);
        let grown = if rule.growth_rate == 0.0 { f64::INFINITY } else { self.d * rule.growth_rate };
        self.d = if grown < self.largest { grown } else { self.largest };
        self.steps += 1;
    }
}

impl Prodigy {
    /// β₃.
    fn decay_of_sums(&self) -> f64 {
        if self.beta3 == 0.0 { self.beta2.sqrt() } else { self.beta3 }
    }
}

/// What the candle form keeps.
#[derive(Debug, Default)]
pub struct Kept {
    estimate: Option<Estimate>,
    /// p₀, the sums of gradients, and the means of gradients and of squared ones, of each tensor.
    tensors: Vec<[Tensor; 4]>,
}

/// What the fused form keeps.
#[derive(Debug)]
pub struct State {
    estimate: Estimate,
    blocks: Vec<Block>,
    /// Parameters and gradients, without what is behind them.
    p: Vec<Lanes>,
    g: Vec<Lanes>,
    length: usize,
}

/// What 32 parameters have.
#[derive(Debug)]
struct Block {
    first: Lanes,
    sums: Lanes,
    m: Lanes,
    v: Lanes,
    /// Above 0: it decays.
    decays: Lanes,
}

/// With d as it was: r = d η, corrected for the start of the means if asked to; a = Σ g (p₀ − p) over all parameters;
/// m ← fma(d (1 − β₁), g, β₁ m); v ← fma(d² (1 − β₂) g, g, β₂ v); s ← fma(d/d₀ r, g, β₃ s), with d for r to safeguard a
/// warm-up. n ← β₃ n + d/d₀ r a; d̂ = `d_coef` n / Σ |s|; while d is d₀ it is max(d, d̂); d ← min(the largest d̂ so far, d times
/// `growth_rate`). With the new d: p ← (1 − λ r) p, or before all else g ← fma(λ, p, g); p ← fma(−r, m ÷ (√v + d ε), p).
/// Nothing happens while all gradients were zero, or where η is 0.
impl Whole for Prodigy {
    type Kept = Kept;
    type State = State;

    fn tensors(&self, changes: Changes, kept: &mut Kept) -> Result<Option<Vec<Tensor>>> {
        let Changes { step, learning_rate, body, p, g } = changes;
        if kept.tensors.is_empty() {
            let of = |p: &Tensor| Ok([p.copy()?, p.zeros_like()?, p.zeros_like()?, p.zeros_like()?]);
            kept.tensors = p.iter().map(of).collect::<Result<_>>()?;
        }
        if learning_rate == 0.0 {
            return Ok(None);
        }
        let mut estimate = kept.estimate.unwrap_or_else(|| Estimate::new(self));
        let Estimate { d, .. } = estimate;
        let rate = estimate.rate(self, learning_rate);
        let (mut along, mut length) = (0.0, 0.0);
        let decay = |k: usize| body.decay(&body.places[k], self.weight_decay);
        for (k, [first, sums, m, v]) in kept.tensors.iter_mut().enumerate() {
            let change = Change { step, learning_rate, p: &p[k], g: &g[k] };
            let (_, g) = change.decayed(decay(k), self.decouple)?;
            along += number(&(&g * (&*first - &p[k])?)?.sum_all()?)?;
            *m = ((&*m * self.beta1)? + (&g * (d * (1.0 - self.beta1)))?)?;
            *v = ((&*v * self.beta2)? + (g.sqr()? * (d * d * (1.0 - self.beta2)))?)?;
            *sums = ((&*sums * self.decay_of_sums())? + (&g * estimate.weight(self, rate))?)?;
            length += number(&sums.abs()?.sum_all()?)?;
        }
        if length == 0.0 {
            return Ok(None);
        }
        estimate.advance(self, rate, along, length);
        kept.estimate = Some(estimate);
        let moved = kept.tensors.iter().zip(p).enumerate().map(|(k, ([_, _, m, v], p))| {
            let keep = if self.decouple { 1.0 - decay(k) * rate } else { 1.0 };
            let denominator = (v.sqrt()? + estimate.d * self.eps)?;
            (p * keep)? - ((m / denominator)? * rate)?
        });
        moved.collect::<Result<_>>().map(Some)
    }

    fn state(&self, body: Body, parameters: &[f32]) -> State {
        let length = body.len();
        let mut flags = vec![0.0; length];
        for place in &body.places {
            flags[place.range.clone()].fill(if body.decay(place, self.weight_decay) == 0.0 { 0.0 } else { 1.0 });
        }
        let (mut p, mut g) = (room(length), room(length));
        take(&mut p, &parameters[..length]);
        take(&mut g, &flags);
        let zero = Lanes::ZERO;
        let block =
            |(first, decays): (&Lanes, &Lanes)| Block { first: *first, sums: zero, m: zero, v: zero, decays: *decays };
        let blocks = p.iter().zip(&g).map(block).collect();
        State { estimate: Estimate::new(self), blocks, p, g, length }
    }

    fn numbers(&self, body: &Body) -> usize {
        7 * body.len()
    }

    #[inline(always)]
    fn descend<S: Simd>(&self, s: S, state: &mut State, learning_rate: f64, parameters: &mut [f32], gradients: &[f32]) {
        if learning_rate == 0.0 {
            return;
        }
        let State { estimate, blocks, p, g, length } = state;
        take(p, &parameters[..*length]);
        take(g, &gradients[..*length]);
        let d = estimate.d;
        let rate = estimate.rate(self, learning_rate);
        let zero = s.splat(0.0);
        let penalty = if self.decouple { 0.0 } else { self.weight_decay as f32 };
        let [keep_sums, weight] = [self.decay_of_sums(), estimate.weight(self, rate)].map(|x| s.splat(x as f32));
        let [keep1, take1] = [self.beta1, d * (1.0 - self.beta1)].map(|x| s.splat(x as f32));
        let [keep2, take2] = [self.beta2, d * d * (1.0 - self.beta2)].map(|x| x as f32);
        let (mut along, mut lengths) = (zero, zero);
        for ((p, g), block) in p.iter().zip(&*g).zip(&mut *blocks) {
            let (p, mut g) = (s.load(&p.0), s.load(&g.0));
            if penalty != 0.0 {
                let decays = s.lt(zero, s.load(&block.decays.0));
                g = s.select(decays, s.fma(s.splat(penalty), p, g), g);
            }
            along = s.fma(g, s.sub(s.load(&block.first.0), p), along);
            let m = s.fma(take1, g, s.mul(keep1, s.load(&block.m.0)));
            s.store(&mut block.m.0, m);
            let v = mean_square(s, keep2, take2, s.load(&block.v.0), g);
            s.store(&mut block.v.0, v);
            let sums = s.fma(weight, g, s.mul(keep_sums, s.load(&block.sums.0)));
            s.store(&mut block.sums.0, sums);
            lengths = s.add(lengths, s.abs(sums));
        }
        let (along, lengths) = (tree(s, along), tree(s, lengths));
        if lengths == 0.0 {
            return;
        }
        estimate.advance(self, rate, f64::from(along), f64::from(lengths));
        let eps = s.splat((estimate.d * self.eps) as f32);
        let keep = (1.0 - if self.decouple { self.weight_decay * rate } else { 0.0 }) as f32;
        let rate = s.splat(-rate as f32);
        for (own, block) in p.iter_mut().zip(blocks) {
            let mut p = s.load(&own.0);
            if keep != 1.0 {
                p = s.select(s.lt(zero, s.load(&block.decays.0)), s.mul(s.splat(keep), p), p);
            }
            let u = s.div(s.load(&block.m.0), s.add(s.sqrt(s.load(&block.v.0)), eps));
            s.store(&mut own.0, s.fma(rate, u, p));
        }
        give(p, &mut parameters[..*length]);
    }
}
