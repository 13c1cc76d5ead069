//! Fully connected layers on batches: forward, backward and the sums over the batch, samples in virtual lanes.
//!
//! A batch is stored in groups of 32 samples, each group unit by unit: `x[group * units + unit]` holds that unit's value
//! for the 32 samples. Weights are row-major, outputs × inputs. The order in which a number is summed is the contract's;
//! how many sums go on at once is this file's business.
#![allow(unsafe_code)]

use super::Half;
use super::simd::{Fma, LANES, Lanes, Simd, Whole};

/// Calls a function for blocks of rows, as large as registers and rows allow.
macro_rules! for_row_blocks {
    ($rows:expr, $most:expr, |$row:ident, $block:ident| $call:expr) => {{
        let mut $row = 0;
        while $row < $rows {
            let left = $rows - $row;
            macro_rules! block {
                ($n:literal) => {{
                    const $block: usize = $n;
                    $call;
                    $row += $n;
                }};
            }
            if $most >= 12 && left >= 12 {
                block!(12)
            } else if $most >= 8 && left >= 8 {
                block!(8)
            } else if $most >= 6 && left >= 6 {
                block!(6)
            } else if $most >= 4 && left >= 4 {
                block!(4)
            } else if $most >= 3 && left >= 3 {
                block!(3)
            } else if $most >= 2 && left >= 2 {
                block!(2)
            } else {
                block!(1)
            }
        }
    }};
}

/// Calls a function for each group of a batch, with the operations on as many of its lanes as hold samples.
macro_rules! for_groups {
    ($s:expr, $samples:expr, |$group:ident, $lanes:ident| $call:expr) => {
        for $group in 0..$samples.div_ceil(LANES) {
            match $samples - $group * LANES {
                ..=8 => {
                    let $lanes = $s.eight();
                    $call;
                }
                ..=16 => {
                    let $lanes = $s.sixteen();
                    $call;
                }
                ..=24 => {
                    let $lanes = $s.twenty_four();
                    $call;
                }
                _ => {
                    let $lanes = Whole($s);
                    $call;
                }
            }
        }
    };
}

/// What becomes of a unit's sums. `write` must be `#[inline(always)]`.
pub trait Finish: Copy {
    /// Writes what is made of the sums of a group to `place`, which holds what was there before.
    fn write<F: Fma>(self, lanes: F, group: usize, sum: F::V, place: &mut Lanes);
}

/// Sums written as they are; lanes without a sample are left as they were or given numbers of no meaning.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Finish for Plain {
    #[inline(always)]
    fn write<F: Fma>(self, lanes: F, _: usize, sum: F::V, place: &mut Lanes) {
        lanes.store(&mut place.0, sum);
    }
}

/// z = W x + b: each unit's sum starts from its bias and takes the inputs in index order, by fused multiply-add.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "a layer, a batch and what becomes of it")]
pub fn affine<S: Simd>(
    s: S,
    samples: usize,
    x: &[Lanes],
    weight: &[f32],
    bias: &[f32],
    inputs: usize,
    z: &mut [Lanes],
    finish: impl Finish,
) {
    let outputs = bias.len();
    for_groups!(s, samples, |group, lanes| {
        let (x, z) = (&x[group * inputs..][..inputs], &mut z[group * outputs..][..outputs]);
        affine_group(lanes, group, x, weight, bias, z, finish);
    });
}

#[inline(always)]
fn affine_group<S: Fma>(
    s: S,
    group: usize,
    x: &[Lanes],
    weight: &[f32],
    bias: &[f32],
    z: &mut [Lanes],
    finish: impl Finish,
) {
    let (inputs, outputs) = (x.len(), bias.len());
    // Twelve rows, each at its own address, would leave no register for the inputs.
    let most = S::ROWS.min(6);
    for_row_blocks!(outputs, most, |row, R| {
        let sum = affine_rows::<S, R>(s, x, &weight[row * inputs..], &bias[row..]);
        write_rows(s, group, sum, &mut z[row..], finish);
    });
}

#[inline(always)]
fn write_rows<S: Fma, const R: usize>(s: S, group: usize, sum: [S::V; R], z: &mut [Lanes], finish: impl Finish) {
    let z = &mut z[..R];
    for r in 0..R {
        finish.write(s, group, sum[r], &mut z[r]);
    }
}

#[inline(always)]
fn affine_rows<S: Fma, const R: usize>(s: S, x: &[Lanes], weight: &[f32], bias: &[f32]) -> [S::V; R] {
    let inputs = x.len();
    let (weight, bias) = (&weight[..R * inputs], &bias[..R]);
    let mut sum = [s.splat(0.0); R];
    for r in 0..R {
        sum[r] = s.splat(bias[r]);
    }
    for (i, x) in x.iter().enumerate() {
        let x = s.load(&x.0);
        for (r, sum) in sum.iter_mut().enumerate() {
            // SAFETY: `weight` was cut to R rows of `inputs`.
            let w = unsafe { *weight.get_unchecked(r * inputs + i) };
            *sum = s.fma(s.splat(w), x, *sum);
        }
    }
    sum
}

/// e = Wᵀ d: each input's sum starts from +0 and takes the outputs in index order, by fused multiply-add.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "a layer, a batch and what becomes of it")]
pub fn backward<S: Simd>(
    s: S,
    samples: usize,
    d: &[Lanes],
    outputs: usize,
    weight: &[f32],
    inputs: usize,
    e: &mut [Lanes],
    finish: impl Finish,
) {
    for_groups!(s, samples, |group, lanes| {
        let (d, e) = (&d[group * outputs..][..outputs], &mut e[group * inputs..][..inputs]);
        backward_group(lanes, group, d, weight, e, finish);
    });
}

#[inline(always)]
fn backward_group<S: Fma>(s: S, group: usize, d: &[Lanes], weight: &[f32], e: &mut [Lanes], finish: impl Finish) {
    let inputs = e.len();
    for_row_blocks!(inputs, S::ROWS, |column, R| {
        let sum = backward_columns::<S, R>(s, d, weight, inputs, column);
        write_rows(s, group, sum, &mut e[column..], finish);
    });
}

#[inline(always)]
fn backward_columns<S: Fma, const R: usize>(
    s: S,
    d: &[Lanes],
    weight: &[f32],
    inputs: usize,
    column: usize,
) -> [S::V; R] {
    let mut sum = [s.splat(0.0); R];
    for (o, d) in d.iter().enumerate() {
        let (d, w) = (s.load(&d.0), &weight[o * inputs + column..][..R]);
        for r in 0..R {
            sum[r] = s.fma(s.splat(w[r]), d, sum[r]);
        }
    }
    sum
}

/// Σ over the batch of d · x for each weight of rows `rows`, lane by lane, as parts in the order of the weights.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "two matrices, their shapes and a range of rows")]
pub fn narrow_gradient<S: Simd>(
    s: S,
    groups: usize,
    d: &[Lanes],
    outputs: usize,
    x: &[Lanes],
    inputs: usize,
    rows: std::ops::Range<usize>,
    parts: &mut [Half],
) {
    for_row_blocks!(rows.len(), S::ROWS / 2, |row, R| {
        let parts = &mut parts[row * inputs..];
        let pairs = if S::ROWS >= 12 { inputs / 2 } else { 0 };
        for pair in 0..pairs {
            narrow_tile::<S, R, 2>(s, groups, d, outputs, rows.start + row, x, inputs, 2 * pair, parts);
        }
        for column in 2 * pairs..inputs {
            narrow_tile::<S, R, 1>(s, groups, d, outputs, rows.start + row, x, inputs, column, parts);
        }
    });
}

#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "two matrices, their shapes and a place in them")]
fn narrow_tile<S: Simd, const R: usize, const C: usize>(
    s: S,
    groups: usize,
    d: &[Lanes],
    outputs: usize,
    row: usize,
    x: &[Lanes],
    inputs: usize,
    column: usize,
    parts: &mut [Half],
) {
    let mut sum = [[s.splat(0.0); C]; R];
    for group in 0..groups {
        let (d, x) = (&d[group * outputs + row..][..R], &x[group * inputs + column..][..C]);
        let mut xs = [s.splat(0.0); C];
        for c in 0..C {
            xs[c] = s.load(&x[c].0);
        }
        for r in 0..R {
            let d = s.load(&d[r].0);
            for c in 0..C {
                sum[r][c] = s.fma(d, xs[c], sum[r][c]);
            }
        }
    }
    let parts = &mut parts[..(R - 1) * inputs + column + C];
    for r in 0..R {
        for c in 0..C {
            s.fold(&mut parts[r * inputs + column + c], sum[r][c]);
        }
    }
}

/// Σ over the batch of d for each of the units `units`, lane by lane, as parts.
#[inline(always)]
pub fn bias_gradient<S: Simd>(
    s: S,
    groups: usize,
    d: &[Lanes],
    outputs: usize,
    units: std::ops::Range<usize>,
    parts: &mut [Half],
) {
    for (unit, part) in units.zip(parts) {
        let mut sum = s.splat(0.0);
        for group in 0..groups {
            sum = s.add(sum, s.load(&d[group * outputs + unit].0));
        }
        s.fold(part, sum);
    }
}

/// The rest of the tree: parts to sums. `parts` must be a multiple of 16 long and cover `sums`.
#[inline(always)]
pub fn reduce<S: Simd>(s: S, parts: &[Half], sums: &mut [f32]) {
    for (parts, sums) in parts.as_chunks::<16>().0.iter().zip(sums.chunks_mut(16)) {
        let totals = s.sums(parts);
        match sums.first_chunk_mut() {
            Some(sums) => *sums = totals,
            None => sums.copy_from_slice(&totals[..sums.len()]),
        }
    }
}

/// A batch with its samples as rows: `rows[(group * blocks + block) * 32 + sample]` holds 32 units of that sample.
#[derive(Clone, Debug, Default)]
pub struct Transposed {
    rows: Vec<Lanes>,
    units: usize,
}

impl Transposed {
    /// Room for `groups` groups of `units` units.
    pub fn new(groups: usize, units: usize) -> Self {
        Self { rows: vec![Lanes::ZERO; groups * units.div_ceil(LANES) * LANES], units }
    }
}

/// Turns a batch from units as rows to samples as rows.
#[inline(always)]
pub fn transpose<S: Simd>(s: S, x: &[Lanes], to: &mut Transposed) {
    let units = to.units;
    let mut squares = to.rows.as_chunks_mut::<LANES>().0.iter_mut();
    for x in x.chunks_exact(units) {
        let (whole, rest) = x.as_chunks::<LANES>();
        for (square, to) in whole.iter().zip(&mut squares) {
            s.transpose(square, to);
        }
        if !rest.is_empty() {
            let mut padded = [Lanes::ZERO; LANES];
            padded[..rest.len()].copy_from_slice(rest);
            if let Some(to) = squares.next() {
                s.transpose(&padded, to);
            }
        }
    }
}

/// Σ over the batch of d · x for every weight, 32 weights of a row at a time: the same sums in the same order as
/// [`narrow_gradient`] and [`reduce`], without shuffles and without padding samples.
#[inline(always)]
pub fn wide_gradient<S: Simd>(s: S, d: &[Lanes], outputs: usize, x: &Transposed, batch: usize, gradient: &mut [f32]) {
    let (inputs, blocks) = (x.units, x.units.div_ceil(LANES));
    assert!(d.len() >= batch.div_ceil(LANES) * outputs && x.rows.len() >= batch.div_ceil(LANES) * blocks * LANES);
    let mut waiting = [Lanes::ZERO; 32];
    for_row_blocks!(outputs, if S::ROWS >= 12 { 4 } else { 2 }, |row, R| {
        for block in 0..blocks {
            let tile = WideTile::<S, R> { s, d, outputs, row, x: &x.rows, blocks, block, batch };
            let sums = tile.total(&mut waiting);
            for r in 0..R {
                let place = &mut gradient[(row + r) * inputs + block * LANES..(row + r + 1) * inputs];
                if let Some((place, _)) = place.split_first_chunk_mut::<LANES>() {
                    s.store(place, sums[r]);
                } else {
                    let mut lanes = Lanes::ZERO;
                    s.store(&mut lanes.0, sums[r]);
                    place.copy_from_slice(&lanes.0[..place.len()]);
                }
            }
        }
    });
}

#[derive(Clone, Copy)]
struct WideTile<'a, S, const R: usize> {
    s: S,
    d: &'a [Lanes],
    outputs: usize,
    row: usize,
    x: &'a [Lanes],
    blocks: usize,
    block: usize,
    batch: usize,
}

impl<S: Simd, const R: usize> WideTile<'_, S, R> {
    /// `sum` + d · x of one sample.
    #[inline(always)]
    fn take(self, group: usize, lane: usize, sum: &mut [S::V; R]) {
        // SAFETY: `wide_gradient` asserts that both cover all groups of the batch; lane < 32, block < blocks and
        // row + R ≤ outputs.
        unsafe {
            let x = self.s.load(&self.x.get_unchecked((group * self.blocks + self.block) * LANES + lane).0);
            for (r, sum) in sum.iter_mut().enumerate() {
                let d = *self.d.get_unchecked(group * self.outputs + self.row + r).0.get_unchecked(lane);
                *sum = self.s.fma(self.s.splat(d), x, *sum);
            }
        }
    }

    #[inline(always)]
    fn add(self, mut a: [S::V; R], b: [S::V; R]) -> [S::V; R] {
        for r in 0..R {
            a[r] = self.s.add(a[r], b[r]);
        }
        a
    }

    /// Lanes l and l + 16, each over its samples in ascending order, combined.
    #[inline(always)]
    fn two(self, l: usize) -> [S::V; R] {
        let (whole, rest) = (self.batch / LANES, self.batch % LANES);
        let mut sums = [[self.s.splat(0.0); R]; 2];
        if S::ROWS >= 12 {
            // Together, for as many independent chains as the latency of an fma needs.
            for group in 0..whole {
                self.take(group, l, &mut sums[0]);
                self.take(group, l + 16, &mut sums[1]);
            }
        } else {
            // One after the other: the registers hold no more.
            for (k, sum) in sums.iter_mut().enumerate() {
                for group in 0..whole {
                    self.take(group, l + 16 * k, sum);
                }
            }
        }
        if l < rest {
            self.take(whole, l, &mut sums[0]);
        }
        if l + 16 < rest {
            self.take(whole, l + 16, &mut sums[1]);
        }
        self.add(sums[0], sums[1])
    }

    /// All lanes. The sums of eight lots of four wait in memory, which registers would not hold.
    #[inline(always)]
    fn total(self, waiting: &mut [Lanes; 32]) -> [S::V; R] {
        for (l, place) in waiting.chunks_exact_mut(R).take(8).enumerate() {
            let sums = self.add(self.two(l), self.two(l + 8));
            for r in 0..R {
                self.s.store(&mut place[r].0, sums[r]);
            }
        }
        // No closures here: one that is not inlined is compiled without the instructions.
        let mut sums = [self.s.splat(0.0); R];
        for (r, sum) in sums.iter_mut().enumerate() {
            let even = self.s.add(self.pair(waiting, r, 0), self.pair(waiting, r, 2));
            let odd = self.s.add(self.pair(waiting, r, 1), self.pair(waiting, r, 3));
            *sum = self.s.add(self.s.add(even, odd), *sum);
        }
        sums
    }

    #[inline(always)]
    fn pair(self, waiting: &[Lanes], r: usize, l: usize) -> S::V {
        self.s.add(self.s.load(&waiting[R * l + r].0), self.s.load(&waiting[R * (l + 4) + r].0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::{Isa, Kernel};
    use crate::rng::{Purpose, Stream};

    /// A layer and a batch: inputs x and gradients d, padding samples +0.
    struct Case {
        batch: usize,
        inputs: usize,
        outputs: usize,
        x: Vec<Lanes>,
        d: Vec<Lanes>,
        weight: Vec<f32>,
        bias: Vec<f32>,
    }

    impl Case {
        fn new(batch: usize, inputs: usize, outputs: usize) -> Self {
            let mut stream = Stream::new(Purpose::Data, "dense", (batch * 1000 + inputs * 100 + outputs) as u64);
            let mut draw = |n: usize| -> Vec<f32> { (0..n).map(|_| stream.normal() as f32).collect() };
            let (weight, bias) = (draw(inputs * outputs), draw(outputs));
            let mut lanes = |units: usize| -> Vec<Lanes> {
                let mut all = vec![Lanes::ZERO; batch.div_ceil(LANES) * units];
                for sample in 0..batch {
                    for (unit, x) in draw(units).into_iter().enumerate() {
                        all[sample / LANES * units + unit].0[sample % LANES] = x;
                    }
                }
                all
            };
            let (x, d) = (lanes(inputs), lanes(outputs));
            Self { batch, inputs, outputs, x, d, weight, bias }
        }

        fn x(&self, sample: usize, unit: usize) -> f32 {
            self.x[sample / LANES * self.inputs + unit].0[sample % LANES]
        }

        fn d(&self, sample: usize, unit: usize) -> f32 {
            self.d[sample / LANES * self.outputs + unit].0[sample % LANES]
        }

        /// The contract's sum over the batch.
        fn sum(&self, mut next: impl FnMut(usize, f32) -> f32) -> f32 {
            let mut lanes = [0f32; LANES];
            for sample in 0..self.batch {
                lanes[sample % LANES] = next(sample, lanes[sample % LANES]);
            }
            for width in [16, 8, 4, 2, 1] {
                for l in 0..width {
                    lanes[l] += lanes[l + width];
                }
            }
            lanes[0] + 0.0
        }

        /// All results by the letter of the contract.
        fn expected(&self) -> Results {
            let (rows, columns) = (self.outputs, self.inputs);
            let z = |s: usize, o: usize| {
                (0..columns).fold(self.bias[o], |sum, i| self.weight[o * columns + i].mul_add(self.x(s, i), sum))
            };
            let e = |s: usize, i: usize| {
                (0..rows).fold(0f32, |sum, o| self.weight[o * columns + i].mul_add(self.d(s, o), sum))
            };
            let samples = 0..self.batch;
            let weights = (0..rows * columns).map(|w| (w / columns, w % columns));
            Results {
                z: samples.clone().flat_map(|s| (0..rows).map(move |o| z(s, o))).collect(),
                e: samples.flat_map(|s| (0..columns).map(move |i| e(s, i))).collect(),
                narrow: weights
                    .map(|(o, i)| self.sum(|s, sum| self.d(s, o).mul_add(self.x(s, i), sum)))
                    .chain((0..rows).map(|o| self.sum(|s, sum| sum + self.d(s, o))))
                    .collect(),
            }
        }
    }

    #[derive(Debug, PartialEq)]
    struct Results {
        z: Vec<f32>,
        e: Vec<f32>,
        narrow: Vec<f32>,
    }

    struct All<'a>(&'a Case);

    impl Kernel for All<'_> {
        type Output = (Results, Vec<f32>);

        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> Self::Output {
            let Case { batch, inputs, outputs, x, d, weight, bias } = self.0;
            let (batch, inputs, outputs, groups) = (*batch, *inputs, *outputs, batch.div_ceil(LANES));
            let mut z = vec![Lanes::ZERO; groups * outputs];
            affine(s, batch, x, weight, bias, inputs, &mut z, Plain);
            let mut e = vec![Lanes::ZERO; groups * inputs];
            backward(s, batch, d, outputs, weight, inputs, &mut e, Plain);
            let mut parts = vec![Half([0.0; 16]); ((inputs + 1) * outputs).next_multiple_of(16)];
            narrow_gradient(s, groups, d, outputs, x, inputs, 0..outputs, &mut parts);
            bias_gradient(s, groups, d, outputs, 0..outputs, &mut parts[inputs * outputs..]);
            let mut narrow = vec![0.0; (inputs + 1) * outputs];
            reduce(s, &parts, &mut narrow);
            let mut rows = Transposed::new(groups, inputs);
            transpose(s, x, &mut rows);
            let mut wide = vec![0.0; inputs * outputs];
            wide_gradient(s, d, outputs, &rows, batch, &mut wide);
            let samples = |all: &[Lanes], units: usize| {
                (0..batch * units)
                    .map(|k| (k / units, k % units))
                    .map(|(s, u)| all[s / LANES * units + u].0[s % LANES])
                    .collect()
            };
            (Results { z: samples(&z, outputs), e: samples(&e, inputs), narrow }, wide)
        }
    }

    #[test]
    fn every_kernel_follows_the_contract_to_the_bit_at_every_shape_on_every_instruction_set() {
        let shapes =
            [(1, 1, 1), (5, 2, 6), (31, 6, 1), (32, 7, 13), (33, 33, 3), (50, 64, 12), (64, 12, 23), (100, 70, 5)]
                .into_iter()
                .chain([8, 9, 16, 17, 24, 25, 40, 41, 48, 49, 56, 57].map(|batch| (batch, 15, 27)));
        for (batch, inputs, outputs) in shapes {
            let case = Case::new(batch, inputs, outputs);
            let expected = case.expected();
            for isa in Isa::available() {
                let (results, wide) = isa.run(All(&case));
                assert_eq!(results, expected, "{batch} × {inputs} → {outputs} on {}", isa.name());
                let bits = |sums: &[f32]| sums.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&wide), bits(&expected.narrow[..inputs * outputs]), "{}", isa.name());
                assert_eq!(bits(&results.narrow), bits(&expected.narrow), "{}", isa.name());
            }
        }
    }
}
