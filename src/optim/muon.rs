//! Muon for the weights of hidden layers, as `torch.optim.Muon` (Jordan et al. 2024), and AdamW for all else.
//!
//! PyTorch orthogonalizes in bf16, on every device; here it is f32, in the candle form the weights' own type.

use candle_core::{Result, Tensor};

use super::whole::{Others, give, room, square, take};
use super::{AdamW, Body, Change, Changes, Method, Place, Rule, Visitor, Whole, lerp, mean, zeros};
use crate::numerics::{Lanes, Matrix, Outer, Product, Simd, dot};
use crate::param::Named;

/// What the learning rate of a matrix is multiplied by, of so many rows (outputs) and columns (inputs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdjustLr {
    /// √max(1, rows/columns).
    Original,
    /// 0.2 √max(rows, columns).
    MatchRmsAdamW,
    /// √(rows/columns).
    SpectralUnclamped,
}

impl Named for AdjustLr {
    const ALL: &'static [Self] = &[Self::Original, Self::MatchRmsAdamW, Self::SpectralUnclamped];

    fn name(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::MatchRmsAdamW => "match_rms_adamw",
            Self::SpectralUnclamped => "spectral_unclamped",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Original => "√max(1, rows/columns)",
            Self::MatchRmsAdamW => "0.2 √max(rows, columns)",
            Self::SpectralUnclamped => "√(rows/columns)",
        }
    }
}

/// Which layers' weights are orthogonalized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MuonLayers {
    /// All but those of the outputs (arXiv:2604.15297).
    AllButLast,
    /// Neither those of the inputs nor those of the outputs (Jordan et al. 2024).
    Inner,
}

impl Named for MuonLayers {
    const ALL: &'static [Self] = &[Self::AllButLast, Self::Inner];

    fn name(self) -> &'static str {
        match self {
            Self::AllButLast => "all_but_last",
            Self::Inner => "inner",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::AllButLast => "all but those of the outputs",
            Self::Inner => "neither those of the inputs nor those of the outputs",
        }
    }
}

crate::settings! {
    /// Hyperparameters of Muon.
    pub struct Muon {
        /// Decay of the running mean of gradients.
        momentum: f64 = Float(0.95), Below(0.0, 1.0);
        /// Use Nesterov's momentum.
        nesterov: bool = Bool(true), Any;
        /// Decoupled decay of the weights, AdamW's too.
        weight_decay: f64 = Float(0.1), AtLeast(0.0);
        /// First coefficient of the Newton–Schulz iteration.
        ns_a: f64 = Float(3.4445), Any;
        /// Its second coefficient.
        ns_b: f64 = Float(-4.775), Any;
        /// Its third coefficient.
        ns_c: f64 = Float(2.0315), Any;
        /// The least length that a matrix is divided by before the iteration.
        eps: f64 = Float(1e-7), AtLeast(0.0);
        /// Newton–Schulz iterations.
        ns_steps: u64 = Int(5), Within(0.0, 99.0);
        /// What a matrix's learning rate is multiplied by: original, match_rms_adamw or spectral_unclamped.
        adjust_lr_fn: AdjustLr = Text("original"), Any;
        /// Whose weights are orthogonalized: all_but_last, or inner (nor the first layer's). AdamW moves all else.
        muon_layers: MuonLayers = Text("all_but_last"), Any;
        /// AdamW's learning rate as a multiple of the learning rate.
        adamw_rate: f64 = Float(1.0), AtLeast(0.0);
        /// Decay of AdamW's running mean of gradients.
        beta1: f64 = Float(0.9), Below(0.0, 1.0);
        /// Decay of AdamW's running mean of squared gradients.
        beta2: f64 = Float(0.999), Below(0.0, 1.0);
        /// Added to AdamW's denominator.
        adamw_eps: f64 = Float(1e-8), AtLeast(0.0);
    }
}

impl Muon {
    /// Rows and columns of what it orthogonalizes in this place, if anything.
    fn matrix(&self, body: &Body, place: &Place) -> Option<(usize, usize)> {
        let inner = place.layer > 0 || self.muon_layers == MuonLayers::AllButLast;
        place.shape.filter(|_| inner && place.layer + 1 < body.layers)
    }

    fn ratio(&self, (rows, columns): (usize, usize)) -> f64 {
        let (rows, columns) = (rows as f64, columns as f64);
        match self.adjust_lr_fn {
            AdjustLr::Original => (rows / columns).max(1.0).sqrt(),
            AdjustLr::MatchRmsAdamW => 0.2 * rows.max(columns).sqrt(),
            AdjustLr::SpectralUnclamped => (rows / columns).sqrt(),
        }
    }

    /// The optimizer of all else.
    fn others(&self, weight_decay: f64) -> AdamW {
        let Self { beta1, beta2, adamw_eps: eps, .. } = *self;
        AdamW { beta1, beta2, eps, weight_decay, amsgrad: false }
    }

    /// A matrix with its singular values brought near to 1.
    fn orthogonal(&self, g: &Tensor) -> Result<Tensor> {
        let (rows, columns) = g.dims2()?;
        let turned = |x: &Tensor| if rows > columns { x.t()?.contiguous() } else { Ok(x.clone()) };
        let length = square(g)?.sqrt();
        let mut x = (turned(g)? / if length < self.eps { self.eps } else { length })?;
        for _ in 0..self.ns_steps {
            let gram = x.matmul(&x.t()?.contiguous()?)?;
            let change = ((&gram * self.ns_b)? + (gram.matmul(&gram)? * self.ns_c)?)?;
            x = ((&x * self.ns_a)? + change.matmul(&x)?)?;
        }
        turned(&x)
    }
}

impl Method for Muon {
    fn accept<V: Visitor>(&self, visitor: V) -> V::Output {
        visitor.whole(self)
    }
}

/// A matrix that is orthogonalized, with what a step needs: all with as many rows as it has of the fewer.
#[derive(Debug)]
struct Hidden {
    place: Place,
    shape: (usize, usize),
    decay: f64,
    m: Vec<Lanes>,
    p: Vec<Lanes>,
    /// The gradient, then the direction.
    u: Vec<Lanes>,
    flat: Vec<f32>,
    x: Matrix,
    next: Matrix,
    gram: Matrix,
    change: Matrix,
    /// The two in rows, one after the other.
    square: Vec<f32>,
}

impl Hidden {
    fn new(place: Place, shape: (usize, usize), decay: f64) -> Self {
        let (few, many) = (shape.0.min(shape.1), shape.0.max(shape.1));
        let lanes = || room(few * many);
        let (m, p, u) = (lanes(), lanes(), lanes());
        let (x, gram) = (Matrix::new(few, many), Matrix::new(few, few));
        let (next, change) = (x.clone(), gram.clone());
        let (flat, square) = (vec![0.0; few * many], vec![0.0; few * few]);
        Self { place, shape, decay, m, p, u, flat, x, next, gram, change, square }
    }

    /// x ← u ÷ max(|u|, ε), then the iterations, then u ← x.
    #[inline(always)]
    fn orthogonalize<S: Simd>(&mut self, s: S, muon: &Muon) {
        let Self { shape, u, flat, x, next, gram, change, square, .. } = self;
        let (length, least) = (dot(s, u, u).sqrt(), muon.eps as f32);
        let length = s.splat(if length < least { least } else { length });
        for u in u.iter_mut() {
            let divided = s.div(s.load(&u.0), length);
            s.store(&mut u.0, divided);
        }
        give(u, flat);
        let turned = shape.0 > shape.1;
        if turned {
            x.set_turned(flat)
        } else {
            x.set(flat)
        }
        let [a, b, c] = [muon.ns_a, muon.ns_b, muon.ns_c].map(|k| k as f32);
        for _ in 0..muon.ns_steps {
            s.call(Outer { x, y: x, to: square });
            gram.set(square);
            change.copy_from(gram);
            s.call(Product { a: square, b: gram, m: change, keep: b, take: c });
            change.get(square);
            next.copy_from(x);
            s.call(Product { a: square, b: x, m: next, keep: a, take: 1.0 });
            std::mem::swap(x, next);
        }
        if turned {
            x.get_turned(flat)
        } else {
            x.get(flat)
        }
        take(u, flat);
    }

    #[inline(always)]
    fn descend<S: Simd>(&mut self, s: S, muon: &Muon, learning_rate: f64, p: &mut [f32], g: &[f32]) {
        take(&mut self.p, p);
        take(&mut self.u, g);
        let (rest, follow) = ((1.0 - muon.momentum) as f32, muon.momentum as f32);
        for (m, u) in self.m.iter_mut().zip(&mut self.u) {
            let g = s.load(&u.0);
            let mean_of_all = mean(s, rest, s.load(&m.0), g);
            s.store(&mut m.0, mean_of_all);
            s.store(&mut u.0, if muon.nesterov { mean(s, follow, g, mean_of_all) } else { mean_of_all });
        }
        self.orthogonalize(s, muon);
        let keep = s.splat((1.0 - learning_rate * self.decay) as f32);
        let rate = s.splat((-learning_rate * muon.ratio(self.shape)) as f32);
        for (p, u) in self.p.iter_mut().zip(&self.u) {
            let moved = s.fma(rate, s.load(&u.0), s.mul(keep, s.load(&p.0)));
            s.store(&mut p.0, moved);
        }
        give(&self.p, p);
    }
}

/// What the fused form keeps.
#[derive(Debug)]
pub struct State {
    hidden: Vec<Hidden>,
    others: Vec<Others<AdamW>>,
}

/// Of the weights G of a hidden layer: m ← fma(1 − μ, g − m, m); u = fma(μ, m − g, g) with Nesterov, else m;
/// X = u ÷ max(|u|, ε), turned where it has more rows than columns; `ns_steps` times A = X Xᵀ, X ← a X + (b A + c A A) X;
/// p ← fma(−r, x, (1 − η λ) p), where r is η times what its shape gives. AdamW moves all else.
impl Whole for Muon {
    type Kept = Vec<Vec<Tensor>>;
    type State = State;

    fn tensors(&self, changes: Changes, kept: &mut Self::Kept) -> Result<Option<Vec<Tensor>>> {
        let body = changes.body;
        changes.each(kept, |place, Change { step, learning_rate, p, g }, state| {
            let decay = body.decay(place, self.weight_decay);
            let Some(shape) = self.matrix(body, place) else {
                let learning_rate = learning_rate * self.adamw_rate;
                return self.others(decay).tensor(Change { step, learning_rate, p, g }, state);
            };
            zeros(state, 1, p)?;
            state[0] = lerp(&state[0], g, 1.0 - self.momentum)?;
            let u = if self.nesterov { lerp(g, &state[0], self.momentum)? } else { state[0].clone() };
            (p * (1.0 - learning_rate * decay))? - (self.orthogonal(&u)? * (learning_rate * self.ratio(shape)))?
        })
    }

    fn state(&self, body: Body, _: &[f32]) -> State {
        let decay = |place: &Place| body.decay(place, self.weight_decay);
        let (mut hidden, mut weights, mut biases) = (Vec::new(), Vec::new(), Vec::new());
        for place in &body.places {
            match self.matrix(&body, place) {
                Some(shape) => hidden.push(Hidden::new(place.clone(), shape, decay(place))),
                None if decay(place) == self.weight_decay => weights.push(place.range.clone()),
                None => biases.push(place.range.clone()),
            }
        }
        let others = [(self.weight_decay, weights), (0.0, biases)].into_iter().filter(|(_, places)| !places.is_empty());
        State { hidden, others: others.map(|(decay, places)| Others::new(self.others(decay), places)).collect() }
    }

    fn numbers(&self, body: &Body) -> usize {
        let of = |place: &Place| match self.matrix(body, place) {
            Some((rows, columns)) => 6 * rows * columns + 3 * rows.min(columns).pow(2),
            None => 4 * place.range.len(),
        };
        body.places.iter().map(of).sum()
    }

    #[inline(always)]
    fn descend<S: Simd>(&self, s: S, state: &mut State, learning_rate: f64, p: &mut [f32], g: &[f32]) {
        for others in &mut state.others {
            others.descend(s, learning_rate * self.adamw_rate, p, g);
        }
        for hidden in &mut state.hidden {
            let range = hidden.place.range.clone();
            hidden.descend(s, self, learning_rate, &mut p[range.clone()], &g[range]);
        }
    }
}
