//! Products of matrices whose columns are lanes, for optimizers that need them: by the kernels and sums of a network's layers.

use super::dense::{Finish, Transposed, affine, narrow_gradient, reduce, transpose, wide_gradient};
use super::simd::{Fma, Kernel, LANES, Lanes, Simd};
use super::{Half, pack, unpack};

/// A matrix with its columns in groups of 32 lanes, group by group and row by row; lanes without a column hold +0.
#[derive(Clone, Debug)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    groups: Vec<Lanes>,
    /// All bits one in the lanes of the last group that have a column.
    mask: Lanes,
}

/// All bits one in the lanes of the last of so many numbers' vectors that have a number.
pub fn last_mask(numbers: usize) -> Lanes {
    let last = numbers - numbers.saturating_sub(1) / LANES * LANES;
    Lanes(std::array::from_fn(|lane| if lane < last { f32::from_bits(u32::MAX) } else { 0.0 }))
}

impl Matrix {
    /// Zeros.
    pub fn new(rows: usize, columns: usize) -> Self {
        let groups = vec![Lanes::ZERO; rows * columns.div_ceil(LANES)];
        Self { rows, columns, groups, mask: last_mask(columns) }
    }

    /// Takes numbers row by row.
    pub fn set(&mut self, from: &[f32]) {
        for (row, from) in from.chunks_exact(self.columns).enumerate() {
            for (group, from) in from.chunks(LANES).enumerate() {
                self.groups[group * self.rows + row].0[..from.len()].copy_from_slice(from);
            }
        }
    }

    /// Takes numbers column by column.
    pub fn set_turned(&mut self, from: &[f32]) {
        pack(from, self.rows, 0..self.columns, &mut self.groups);
    }

    /// Gives its numbers row by row.
    pub fn get(&self, to: &mut [f32]) {
        for (row, to) in to.chunks_exact_mut(self.columns).enumerate() {
            for (group, to) in to.chunks_mut(LANES).enumerate() {
                to.copy_from_slice(&self.groups[group * self.rows + row].0[..to.len()]);
            }
        }
    }

    /// Gives its numbers column by column.
    pub fn get_turned(&self, to: &mut [f32]) {
        to.iter_mut().zip(unpack(&self.groups, self.rows, self.columns)).for_each(|(to, x)| *to = x);
    }

    /// Its lanes, in no order that matters where each number is changed by itself.
    pub fn lanes(&self) -> &[Lanes] {
        &self.groups
    }

    /// The same, to change. What is written beside the columns has no meaning.
    pub fn lanes_mut(&mut self) -> &mut [Lanes] {
        &mut self.groups
    }

    /// Zeros.
    pub fn clear(&mut self) {
        self.groups.fill(Lanes::ZERO);
    }

    /// Takes the numbers of a matrix of the same shape.
    pub fn copy_from(&mut self, other: &Self) {
        self.groups.copy_from_slice(&other.groups);
    }
}

/// A · B, each element summed from +0 over the inner index in order by fused multiply-add: M ← fma(`take`, A·B, `keep` · M).
#[derive(Debug)]
pub struct Product<'a> {
    /// A, row by row.
    pub a: &'a [f32],
    /// B.
    pub b: &'a Matrix,
    /// M.
    pub m: &'a mut Matrix,
    /// What counts of M as it was.
    pub keep: f32,
    /// What counts of the product.
    pub take: f32,
}

impl Kernel for Product<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, m, keep, take } = self;
        let finish = Mix { keep, take, mask: m.mask, last: m.columns.div_ceil(LANES) - 1 };
        affine(s, b.columns, &b.groups, a, &vec![0.0; m.rows], b.rows, &mut m.groups, finish);
    }
}

/// fma(take, sum, keep · x), +0 in lanes without a column.
#[derive(Clone, Copy)]
struct Mix {
    keep: f32,
    take: f32,
    mask: Lanes,
    last: usize,
}

impl Finish for Mix {
    #[inline(always)]
    fn write<F: Fma>(self, lanes: F, group: usize, sum: F::V, place: &mut Lanes) {
        let s = lanes.all();
        let kept = s.mul(s.splat(self.keep), s.load(&place.0));
        let mixed = s.fma(s.splat(self.take), lanes.widen(sum), kept);
        s.store(&mut place.0, if group == self.last { s.keep(s.load(&self.mask.0), mixed) } else { mixed });
    }
}

/// Elements of a row that are summed at once.
const PARTS: usize = 32;

/// X · Yᵀ row by row, each element summed over the columns as over a batch: column k in lane k mod 32, the lanes by the tree.
#[derive(Debug)]
pub struct Outer<'a> {
    /// X.
    pub x: &'a Matrix,
    /// Y.
    pub y: &'a Matrix,
    /// The product.
    pub to: &'a mut [f32],
}

impl Kernel for Outer<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { x, y, to } = self;
        let groups = x.columns.div_ceil(LANES);
        // The same sums in the same order, either way; which is faster depends on the shape.
        if y.rows >= 16 && x.rows > 4 * groups {
            let mut rows = Transposed::new(groups, y.rows);
            transpose(s, &y.groups, &mut rows);
            wide_gradient(s, &x.groups, x.rows, &rows, x.columns, to);
            return;
        }
        let most = (PARTS / y.rows).max(1);
        let mut parts = vec![Half([0.0; 16]); (most * y.rows).next_multiple_of(16)];
        for first in (0..x.rows).step_by(most) {
            let rows = first..x.rows.min(first + most);
            let sums = &mut to[first * y.rows..rows.end * y.rows];
            narrow_gradient(s, groups, &x.groups, x.rows, &y.groups, y.rows, rows, &mut parts);
            reduce(s, &parts[..sums.len().next_multiple_of(16)], sums);
        }
    }
}

/// The sum of products of numbers in the same places, summed as over a batch.
#[inline(always)]
pub fn dot<S: Simd>(s: S, a: &[Lanes], b: &[Lanes]) -> f32 {
    let mut sum = s.splat(0.0);
    for (a, b) in a.iter().zip(b) {
        sum = s.fma(s.load(&a.0), s.load(&b.0), sum);
    }
    tree(s, sum)
}

/// The lanes combined by the tree.
#[inline(always)]
pub fn tree<S: Simd>(s: S, lanes: S::V) -> f32 {
    let mut parts = [Half([0.0; 16]); 16];
    s.fold(&mut parts[0], lanes);
    s.sums(&parts)[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::Isa;
    use crate::rng::{Purpose, Stream};

    struct Both<'a>(&'a [f32], &'a Matrix, &'a mut Matrix, &'a mut [f32]);

    impl Kernel for Both<'_> {
        type Output = f32;
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> f32 {
            let Self(a, b, m, to) = self;
            s.call(Product { a, b, m, keep: 0.5, take: -2.0 });
            s.call(Outer { x: m, y: b, to });
            dot(s, &m.groups, &m.groups)
        }
    }

    #[test]
    fn products_are_the_contracts_sums_to_the_bit_at_every_shape_on_every_instruction_set() {
        for (rows, inner, columns) in [(1, 1, 1), (3, 5, 7), (17, 16, 33), (6, 20, 32), (40, 18, 65), (9, 2, 100)] {
            let mut stream = Stream::new(Purpose::Data, "matrix", (rows * 1000 + inner * 100 + columns) as u64);
            let mut draw = |n: usize| -> Vec<f32> { (0..n).map(|_| stream.normal() as f32).collect() };
            let (a, b, m) = (draw(rows * inner), draw(inner * columns), draw(rows * columns));
            let by_letter = |o: usize, k: usize| {
                let sum = (0..inner).fold(0f32, |sum, i| a[o * inner + i].mul_add(b[i * columns + k], sum));
                (-2f32).mul_add(sum, 0.5 * m[o * columns + k])
            };
            let product: Vec<f32> = (0..rows * columns).map(|p| by_letter(p / columns, p % columns)).collect();
            let by_lanes = |x: &[f32], y: &[f32]| {
                let mut lanes = [0f32; LANES];
                for (k, (x, y)) in x.iter().zip(y).enumerate() {
                    lanes[k % LANES] = x.mul_add(*y, lanes[k % LANES]);
                }
                for width in [16, 8, 4, 2, 1] {
                    (0..width).for_each(|l| lanes[l] += lanes[l + width]);
                }
                lanes[0] + 0.0
            };
            let row = |all: &[f32], r: usize| all[r * columns..][..columns].to_vec();
            let outer: Vec<f32> =
                (0..rows * inner).map(|p| by_lanes(&row(&product, p / inner), &row(&b, p % inner))).collect();
            let (mut right, mut turned) = (Matrix::new(inner, columns), Matrix::new(inner, columns));
            right.set(&b);
            let by_columns: Vec<f32> = (0..inner * columns).map(|p| b[p % inner * columns + p / inner]).collect();
            turned.set_turned(&by_columns);
            assert_eq!(right.groups, turned.groups);
            let mut back = vec![0.0; by_columns.len()];
            right.get_turned(&mut back);
            assert_eq!(back, by_columns);
            let mut squares = None;
            for isa in Isa::available() {
                let (mut left, mut to) = (Matrix::new(rows, columns), vec![0.0; rows * inner]);
                left.set(&m);
                let square = isa.run(Both(&a, &right, &mut left, &mut to));
                let mut ours = vec![0.0; rows * columns];
                left.get(&mut ours);
                let word = format!("{rows} × {inner} × {columns} on {}", isa.name());
                assert_eq!(ours, product, "{word}");
                assert_eq!(to, outer, "{word}");
                assert_eq!(*squares.get_or_insert(square), square, "{word}");
            }
        }
    }
}
