//! SOAP, Adam in the eigenbases of Shampoo's statistics, as `SOAP` of pytorch_optimizer (Vyas et al. 2024, arXiv:2409.11321).
//!
//! Where the first gradient says nothing of a direction, the eigenvectors that LAPACK has for it are rounding alone; here they
//! are unit vectors, as [`eigenbasis`] says.

use candle_core::{DType, Result, Tensor};

use super::whole::{follow, give, number, room, take};
use super::{Body, Changes, Method, Place, Visitor, Whole, lerp, mean_square, squares};
use crate::numerics::{LANES, Lanes, Matrix, Outer, Product, Simd, dot, eigenbasis, orthonormal};

crate::settings! {
    /// Hyperparameters of SOAP.
    pub struct Soap {
        /// Decay of the running mean of gradients.
        beta1: f64 = Float(0.95), Below(0.0, 1.0);
        /// Decay of the running mean of squared gradients.
        beta2: f64 = Float(0.95), Below(0.0, 1.0);
        /// Decay of the statistics whose eigenvectors are used; 0: beta2.
        shampoo_beta: f64 = Float(0.0), Below(0.0, 1.0);
        /// Added to the denominator.
        eps: f64 = Float(1e-8), AtLeast(0.0);
        /// Decoupled decay of the weights.
        weight_decay: f64 = Float(0.01), AtLeast(0.0);
        /// Steps between two eigenbases.
        precondition_frequency: usize = Int(10), AtLeast(1.0);
        /// The largest side of a matrix that has an eigenbasis.
        max_precondition_dim: usize = Int(10_000), AtLeast(1.0);
        /// Biases have an eigenbasis too.
        precondition_1d: bool = Bool(false), Any;
        /// Correct the means for their start.
        correct_bias: bool = Bool(true), Any;
        /// Divide each step of a tensor by its root mean square.
        normalize_gradient: bool = Bool(false), Any;
    }
}

impl Method for Soap {
    fn accept<V: Visitor>(&self, visitor: V) -> V::Output {
        visitor.whole(self)
    }
}

impl Soap {
    /// Rows and columns; biases are a column.
    fn shape(place: &Place) -> (usize, usize) {
        place.shape.unwrap_or((place.range.len(), 1))
    }

    /// Whether the rows and the columns have an eigenbasis.
    fn sides(&self, place: &Place) -> [bool; 2] {
        let fits = |n: usize| n <= self.max_precondition_dim;
        match place.shape {
            Some((rows, columns)) => [rows, columns].map(fits),
            None => [self.precondition_1d && fits(place.range.len()), false],
        }
    }

    /// What the newest gradient counts in the statistics.
    fn share(&self) -> f64 {
        1.0 - if self.shampoo_beta == 0.0 { self.beta2 } else { self.shampoo_beta }
    }

    /// What a step (from 1) is multiplied by.
    fn rate(&self, step: usize, learning_rate: f64) -> f64 {
        let correction = |beta: f64| 1.0 - libm::pow(beta, step as f64);
        if self.correct_bias {
            learning_rate * correction(self.beta2).sqrt() / correction(self.beta1)
        } else {
            learning_rate
        }
    }

    /// Whether the eigenbases are renewed after a step (from 1).
    fn is_due(&self, step: usize) -> bool {
        step.is_multiple_of(self.precondition_frequency)
    }
}

/// One step of power iteration: the basis whose columns q are to follow the statistics' eigenvectors, given the products of the
/// statistics and q; and which column each was, those of larger eigenvalues first.
#[inline(always)]
fn renewed(products: &[f64], q: &[f64], n: usize) -> (Vec<f64>, Vec<usize>) {
    let mut values = vec![0.0; n];
    for (products, q) in products.chunks_exact(n).zip(q.chunks_exact(n)) {
        for (value, (product, q)) in values.iter_mut().zip(products.iter().zip(q)) {
            *value += product * q;
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
    let sorted = (0..n * n).map(|k| products[k / n * n + order[k % n]]).collect();
    (orthonormal(sorted, n), order)
}

/// What the candle form keeps of a tensor.
#[derive(Debug)]
pub struct Kept {
    m: Tensor,
    v: Tensor,
    /// Of rows and of columns: the statistics and their eigenvectors.
    sides: [Option<(Tensor, Tensor)>; 2],
}

/// A tensor's numbers in f64, row by row.
fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    tensor.flatten_all()?.to_dtype(DType::F64)?.to_vec1()
}

/// A square matrix of the type of another tensor.
fn matrix(numbers: Vec<f64>, n: usize, like: &Tensor) -> Result<Tensor> {
    Tensor::from_vec(numbers, (n, n), like.device())?.to_dtype(like.dtype())
}

impl Kept {
    /// Of the rows and of the columns: g gᵀ and gᵀ g.
    fn outer(side: usize, g: &Tensor) -> Result<Tensor> {
        let turned = g.t()?.contiguous()?;
        if side == 0 { g.matmul(&turned) } else { turned.matmul(g) }
    }

    fn new(rule: &Soap, place: &Place, g: &Tensor) -> Result<Self> {
        let precision = if g.dtype() == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) };
        let side = |side: usize| -> Result<(Tensor, Tensor)> {
            let statistics = (Self::outer(side, g)? * rule.share())?;
            let n = statistics.dim(0)?;
            let q = matrix(eigenbasis(numbers(&statistics)?, n, precision), n, g)?;
            Ok((statistics, q))
        };
        let [rows, columns] = rule.sides(place);
        let sides = [rows.then(|| side(0)).transpose()?, columns.then(|| side(1)).transpose()?];
        Ok(Self { m: g.zeros_like()?, v: g.zeros_like()?, sides })
    }

    /// x in the eigenbases, or back.
    fn rotated(&self, x: &Tensor, back: bool) -> Result<Tensor> {
        let turned = |q: &Tensor, turn: bool| if turn { q.t()?.contiguous() } else { Ok(q.clone()) };
        let [rows, columns] = &self.sides;
        let x = rows.as_ref().map_or_else(|| Ok(x.clone()), |(_, q)| turned(q, !back)?.matmul(x))?;
        columns.as_ref().map_or_else(|| Ok(x.clone()), |(_, q)| x.matmul(&turned(q, back)?))
    }

    fn direction(&mut self, rule: &Soap, g: &Tensor) -> Result<Tensor> {
        self.m = lerp(&self.m, g, 1.0 - rule.beta1)?;
        self.v = squares(&self.v, &self.rotated(g, false)?, rule.beta2)?;
        let turned = (self.rotated(&self.m, false)? / (self.v.sqrt()? + rule.eps)?)?;
        let direction = self.rotated(&turned, true)?;
        if rule.normalize_gradient {
            let length = number(&direction.sqr()?.mean_all()?)?.sqrt();
            return direction / (length + rule.eps);
        }
        Ok(direction)
    }

    fn learn(&mut self, rule: &Soap, g: &Tensor, is_due: bool) -> Result<()> {
        for (k, side) in self.sides.iter_mut().enumerate() {
            let Some((statistics, q)) = side else { continue };
            *statistics = lerp(statistics, &Self::outer(k, g)?, rule.share())?;
            if is_due {
                let n = q.dim(0)?;
                let (new, order) = renewed(&numbers(&statistics.matmul(q)?)?, &numbers(q)?, n);
                *q = matrix(new, n, g)?;
                let order: Vec<u32> = order.into_iter().map(|k| k as u32).collect();
                self.v = self.v.index_select(&Tensor::new(order, g.device())?, k)?;
            }
        }
        Ok(())
    }
}

/// The statistics of the rows or columns of a matrix, and their eigenvectors in the forms that products take.
#[derive(Debug)]
struct Side {
    n: usize,
    statistics: Vec<Lanes>,
    /// Eigenvectors as columns, row by row; and turned.
    q: Vec<f32>,
    turned: Vec<f32>,
    /// The same two.
    right: Matrix,
    right_turned: Matrix,
    /// What statistics grow by, and their products.
    square: Vec<f32>,
    product: Matrix,
}

impl Side {
    fn new(n: usize) -> Self {
        let (square, matrix) = (vec![0.0; n * n], Matrix::new(n, n));
        Self {
            n,
            statistics: room(n * n),
            q: square.clone(),
            turned: square.clone(),
            right: matrix.clone(),
            right_turned: matrix.clone(),
            square,
            product: matrix,
        }
    }

    /// Takes eigenvectors.
    fn set(&mut self, q: &[f64]) {
        let n = self.n;
        for (k, &q) in q.iter().enumerate() {
            self.q[k] = q as f32;
            self.turned[k % n * n + k / n] = q as f32;
        }
        self.right.set(&self.q);
        self.right_turned.set(&self.turned);
    }

    /// The statistics ← fma(share, x xᵀ − them, them).
    #[inline(always)]
    fn learn<S: Simd>(&mut self, s: S, x: &Matrix, share: f32) {
        s.call(Outer { x, y: x, to: &mut self.square });
        follow(s, share, &mut self.statistics, &self.square);
    }

    fn begin(&mut self) {
        give(&self.statistics, &mut self.square);
        let statistics = self.square.iter().map(|&x| f64::from(x)).collect();
        self.set(&eigenbasis(statistics, self.n, f64::from(f32::EPSILON)));
    }

    /// Renews the eigenvectors; which each was.
    #[inline(always)]
    fn renew<S: Simd>(&mut self, s: S) -> Vec<usize> {
        give(&self.statistics, &mut self.square);
        self.product.clear();
        s.call(Product { a: &self.square, b: &self.right, m: &mut self.product, keep: 0.0, take: 1.0 });
        self.product.get(&mut self.square);
        let wide = |numbers: &[f32]| numbers.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let (q, order) = renewed(&wide(&self.square), &wide(&self.q), self.n);
        self.set(&q);
        order
    }
}

/// A tensor with all that it has.
#[derive(Debug)]
struct Block {
    place: Place,
    shape: (usize, usize),
    decay: f64,
    rows: Option<Side>,
    columns: Option<Side>,
    p: Vec<Lanes>,
    m: Vec<Lanes>,
    v: Matrix,
    /// Rotated gradients, then the step.
    x: Matrix,
    room: Matrix,
    flat: Vec<f32>,
    /// Gradients, and turned.
    g: Matrix,
    g_turned: Matrix,
}

impl Block {
    fn new(rule: &Soap, place: &Place, decay: f64) -> Self {
        let shape = Soap::shape(place);
        let [rows, columns] = rule.sides(place);
        let matrix = || Matrix::new(shape.0, shape.1);
        Self {
            place: place.clone(),
            shape,
            decay,
            rows: rows.then(|| Side::new(shape.0)),
            columns: columns.then(|| Side::new(shape.1)),
            p: room(shape.0 * shape.1),
            m: room(shape.0 * shape.1),
            v: matrix(),
            x: matrix(),
            room: matrix(),
            flat: vec![0.0; shape.0 * shape.1],
            g: matrix(),
            g_turned: Matrix::new(shape.1, shape.0),
        }
    }

    /// x ← the numbers of `flat` in the eigenbases.
    #[inline(always)]
    fn rotate<S: Simd>(&mut self, s: S) {
        let Self { rows, columns, x, room, flat, .. } = self;
        match columns {
            Some(Side { right, .. }) => {
                x.clear();
                s.call(Product { a: flat, b: right, m: x, keep: 0.0, take: 1.0 });
            }
            None => x.set(flat),
        }
        if let Some(Side { turned, .. }) = rows {
            room.clear();
            s.call(Product { a: turned, b: x, m: room, keep: 0.0, take: 1.0 });
            std::mem::swap(x, room);
        }
    }

    /// `flat` ← x, back from the eigenbases.
    #[inline(always)]
    fn rotate_back<S: Simd>(&mut self, s: S) {
        let Self { rows, columns, x, room, flat, .. } = self;
        if let Some(Side { q, .. }) = rows {
            room.clear();
            s.call(Product { a: q, b: x, m: room, keep: 0.0, take: 1.0 });
            std::mem::swap(x, room);
        }
        x.get(flat);
        if let Some(Side { right_turned, .. }) = columns {
            x.clear();
            s.call(Product { a: flat, b: right_turned, m: x, keep: 0.0, take: 1.0 });
            x.get(flat);
        }
    }

    #[inline(always)]
    fn descend<S: Simd>(&mut self, s: S, rule: &Soap, step: usize, learning_rate: f64, p: &mut [f32], g: &[f32]) {
        self.flat.copy_from_slice(g);
        follow(s, (1.0 - rule.beta1) as f32, &mut self.m, g);
        self.rotate(s);
        let (keep, take_new) = (rule.beta2 as f32, (1.0 - rule.beta2) as f32);
        for (v, x) in self.v.lanes_mut().iter_mut().zip(self.x.lanes()) {
            let moved = mean_square(s, keep, take_new, s.load(&v.0), s.load(&x.0));
            s.store(&mut v.0, moved);
        }
        give(&self.m, &mut self.flat);
        self.rotate(s);
        let eps = s.splat(rule.eps as f32);
        for (x, v) in self.x.lanes_mut().iter_mut().zip(self.v.lanes()) {
            let divided = s.div(s.load(&x.0), s.add(s.sqrt(s.load(&v.0)), eps));
            s.store(&mut x.0, divided);
        }
        self.rotate_back(s);
        // The place of the parameters has room for the step first, to be measured.
        let mut rate = rule.rate(step, learning_rate);
        if rule.normalize_gradient {
            take(&mut self.p, &self.flat);
            let square = f64::from(dot(s, &self.p, &self.p)) / self.flat.len() as f64;
            rate /= square.sqrt() + rule.eps;
        }
        let keep = s.splat((1.0 - learning_rate * self.decay) as f32);
        let rate = s.splat(-rate as f32);
        take(&mut self.p, p);
        let (mut steps, mut one) = (self.flat.chunks(LANES), [Lanes::ZERO]);
        for p in &mut self.p {
            take(&mut one, steps.next().unwrap_or_default());
            let moved = s.mul(keep, s.fma(rate, s.load(&one[0].0), s.load(&p.0)));
            s.store(&mut p.0, moved);
        }
        give(&self.p, p);
    }

    /// Takes a gradient into the statistics; in the first step and every so many later ones they give new eigenvectors.
    #[inline(always)]
    fn learn<S: Simd>(&mut self, s: S, rule: &Soap, step: usize, g: &[f32]) {
        let share = rule.share() as f32;
        if let Some(rows) = &mut self.rows {
            self.g.set(g);
            rows.learn(s, &self.g, share);
        }
        if let Some(columns) = &mut self.columns {
            self.g_turned.set_turned(g);
            columns.learn(s, &self.g_turned, share);
        }
        if step == 0 {
            self.rows.iter_mut().chain(&mut self.columns).for_each(Side::begin);
        } else if rule.is_due(step) {
            let (rows, columns) = self.shape;
            let rows_of: Vec<usize> = self.rows.as_mut().map_or_else(|| (0..rows).collect(), |side| side.renew(s));
            let columns_of: Vec<usize> =
                self.columns.as_mut().map_or_else(|| (0..columns).collect(), |side| side.renew(s));
            self.v.get(&mut self.flat);
            let moved = |k: usize| self.flat[rows_of[k / columns] * columns + columns_of[k % columns]];
            let v: Vec<f32> = (0..rows * columns).map(moved).collect();
            self.v.set(&v);
        }
    }
}

/// What the fused form keeps.
#[derive(Debug)]
pub struct State {
    step: usize,
    blocks: Vec<Block>,
}

/// Of the weights with gradients G; L and R, the statistics of rows and columns, with eigenvectors U and V as columns, all from
/// the first step, which moves nothing. m ← fma(1 − β₁, g − m, m); G′ = Uᵀ (G V); v ← fma((1 − β₂) g′, g′, β₂ v);
/// N = (U (M′ ÷ (√v + ε))) Vᵀ, M′ as G′; p ← (1 − η λ) fma(−r, n, p), r = η √(1 − β₂ᵗ) / (1 − β₁ᵗ) with t steps after the first,
/// with `normalize_gradient` over √(mean of n²) + ε. Then L ← fma(1 − β, G Gᵀ − L, L), R likewise with Gᵀ G; after every
/// `precondition_frequency` steps of these U ← the Q of L U = Q R, the columns of L U, and of v, first sorted by Σ u (L u), the
/// largest first; V likewise.
impl Whole for Soap {
    type Kept = Vec<Kept>;
    type State = State;

    fn tensors(&self, changes: Changes, kept: &mut Vec<Kept>) -> Result<Option<Vec<Tensor>>> {
        let Changes { step, learning_rate, body, p, g } = changes;
        let shaped = |(place, g): (&Place, &Tensor)| g.reshape(Self::shape(place));
        let g = body.places.iter().zip(g).map(shaped).collect::<Result<Vec<_>>>()?;
        if kept.is_empty() {
            let new = |(place, g): (&Place, &Tensor)| Kept::new(self, place, g);
            *kept = body.places.iter().zip(&g).map(new).collect::<Result<_>>()?;
            return Ok(None);
        }
        let rate = self.rate(step, learning_rate);
        let places = body.places.iter().zip(p.iter().zip(&g)).zip(kept);
        let moved = places.map(|((place, (p, g)), kept)| {
            let direction = kept.direction(self, g)?.reshape(p.shape())?;
            kept.learn(self, g, self.is_due(step))?;
            let keep = 1.0 - learning_rate * body.decay(place, self.weight_decay);
            (p - (direction * rate)?)? * keep
        });
        moved.collect::<Result<_>>().map(Some)
    }

    fn state(&self, body: Body, _: &[f32]) -> State {
        let block = |place: &Place| Block::new(self, place, body.decay(place, self.weight_decay));
        State { step: 0, blocks: body.places.iter().map(block).collect() }
    }

    fn numbers(&self, body: &Body) -> usize {
        let of = |place: &Place| {
            let (rows, columns) = Self::shape(place);
            let sides = [rows, columns].into_iter().zip(self.sides(place)).filter(|(_, has)| *has);
            8 * rows * columns + sides.map(|(n, _)| 7 * n * n).sum::<usize>()
        };
        body.places.iter().map(of).sum()
    }

    #[inline(always)]
    fn descend<S: Simd>(&self, s: S, state: &mut State, learning_rate: f64, p: &mut [f32], g: &[f32]) {
        let State { step, blocks } = state;
        for block in blocks {
            let range = block.place.range.clone();
            let g = &g[range.clone()];
            if *step > 0 {
                block.descend(s, self, *step, learning_rate, &mut p[range], g);
            }
            block.learn(s, self, *step, g);
        }
        *step += 1;
    }
}
