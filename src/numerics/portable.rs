//! The arithmetic in plain Rust, for CPUs without AVX2 and FMA and for other architectures.

use super::Half;
use super::simd::{Fma, Kernel, LANES, Lanes, Simd};

/// No special instructions: arrays that the compiler may vectorize.
#[derive(Clone, Copy, Debug)]
pub struct Portable;

type V = [f32; LANES];

#[inline(always)]
fn each<T>(f: impl FnMut(usize) -> T) -> [T; LANES] {
    std::array::from_fn(f)
}

/// `a · b + c` rounded once, without an FMA instruction: the product is exact in f64; the sum is rounded to odd there,
/// after which rounding to f32 is as if done once (Boldo & Melquiond 2008, “Emulation of FMA and correctly rounded sums”).
#[inline(always)]
pub fn fma_emulated(a: f32, b: f32, c: f32) -> f32 {
    let (product, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let sum = product + c;
    let from_product = sum - c;
    let from_c = sum - from_product;
    let error = (product - from_product) + (c - from_c);
    let bits = sum.to_bits();
    let even = bits & 1 == 0;
    // A step away from zero is +1 on the bits, towards zero −1. A NaN error, from infinities, compares false.
    let away = (error > 0.0) == (sum > 0.0);
    let step = if away { 1 } else { u64::MAX };
    let odd = if error.abs() > 0.0 && even { bits.wrapping_add(step) } else { bits };
    f64::from_bits(odd) as f32
}

#[inline(always)]
fn fma(a: f32, b: f32, c: f32) -> f32 {
    // AArch64 always has the instruction.
    if cfg!(any(target_arch = "aarch64", target_feature = "fma")) { a.mul_add(b, c) } else { fma_emulated(a, b, c) }
}

/// The first lanes alone.
#[derive(Clone, Copy, Debug)]
pub struct First<const N: usize>;

impl<const N: usize> Fma for First<N> {
    type V = [f32; N];
    type All = Portable;
    const ROWS: usize = 2;

    #[inline(always)]
    fn splat(self, x: f32) -> [f32; N] {
        [x; N]
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> [f32; N] {
        std::array::from_fn(|l| from[l])
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES], v: [f32; N]) {
        to[..N].copy_from_slice(&v);
    }
    #[inline(always)]
    fn fma(self, a: [f32; N], b: [f32; N], c: [f32; N]) -> [f32; N] {
        std::array::from_fn(|l| fma(a[l], b[l], c[l]))
    }
    #[inline(always)]
    fn all(self) -> Portable {
        Portable
    }
    #[inline(always)]
    fn widen(self, v: [f32; N]) -> V {
        let mut all = [0.0; LANES];
        all[..N].copy_from_slice(&v);
        all
    }
}

impl Simd for Portable {
    type V = V;
    type I = [i32; LANES];
    type M = [bool; LANES];
    type Eight = First<8>;
    type Sixteen = First<16>;
    type TwentyFour = First<24>;
    const ROWS: usize = 2;

    #[inline(always)]
    fn eight(self) -> First<8> {
        First
    }
    #[inline(always)]
    fn sixteen(self) -> First<16> {
        First
    }
    #[inline(always)]
    fn twenty_four(self) -> First<24> {
        First
    }

    #[inline(always)]
    fn call<K: Kernel>(self, kernel: K) -> K::Output {
        #[inline(never)]
        fn outlined<K: Kernel>(kernel: K) -> K::Output {
            kernel.run(Portable)
        }
        outlined(kernel)
    }

    #[inline(always)]
    fn splat(self, x: f32) -> V {
        [x; LANES]
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> V {
        *from
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES], v: V) {
        *to = v;
    }
    #[inline(always)]
    fn add(self, a: V, b: V) -> V {
        each(|l| a[l] + b[l])
    }
    #[inline(always)]
    fn sub(self, a: V, b: V) -> V {
        each(|l| a[l] - b[l])
    }
    #[inline(always)]
    fn mul(self, a: V, b: V) -> V {
        each(|l| a[l] * b[l])
    }
    #[inline(always)]
    fn div(self, a: V, b: V) -> V {
        each(|l| a[l] / b[l])
    }
    #[inline(always)]
    fn sqrt(self, a: V) -> V {
        each(|l| a[l].sqrt())
    }
    #[inline(always)]
    fn fma(self, a: V, b: V, c: V) -> V {
        each(|l| fma(a[l], b[l], c[l]))
    }
    #[inline(always)]
    fn max(self, a: V, b: V) -> V {
        each(|l| if a[l] > b[l] { a[l] } else { b[l] })
    }
    #[inline(always)]
    fn min(self, a: V, b: V) -> V {
        each(|l| if a[l] < b[l] { a[l] } else { b[l] })
    }
    #[inline(always)]
    fn lt(self, a: V, b: V) -> Self::M {
        each(|l| a[l] < b[l])
    }
    #[inline(always)]
    fn eq(self, a: V, b: V) -> Self::M {
        each(|l| a[l] == b[l])
    }
    #[inline(always)]
    fn both(self, a: Self::M, b: Self::M) -> Self::M {
        each(|l| a[l] & b[l])
    }
    #[inline(always)]
    fn any(self, m: Self::M) -> bool {
        m.contains(&true)
    }
    #[inline(always)]
    fn select(self, m: Self::M, a: V, b: V) -> V {
        each(|l| if m[l] { a[l] } else { b[l] })
    }

    #[inline(always)]
    fn bits(self, v: V) -> Self::I {
        each(|l| v[l].to_bits() as i32)
    }
    #[inline(always)]
    fn float(self, i: Self::I) -> V {
        each(|l| f32::from_bits(i[l] as u32))
    }
    #[inline(always)]
    fn int(self, x: i32) -> Self::I {
        [x; LANES]
    }
    #[inline(always)]
    fn int_add(self, a: Self::I, b: Self::I) -> Self::I {
        each(|l| a[l].wrapping_add(b[l]))
    }
    #[inline(always)]
    fn int_sub(self, a: Self::I, b: Self::I) -> Self::I {
        each(|l| a[l].wrapping_sub(b[l]))
    }
    #[inline(always)]
    fn and(self, a: Self::I, b: Self::I) -> Self::I {
        each(|l| a[l] & b[l])
    }
    #[inline(always)]
    fn or(self, a: Self::I, b: Self::I) -> Self::I {
        each(|l| a[l] | b[l])
    }
    #[inline(always)]
    fn xor(self, a: Self::I, b: Self::I) -> Self::I {
        each(|l| a[l] ^ b[l])
    }
    #[inline(always)]
    fn mul_wide(self, a: Self::I, by: u32) -> (Self::I, Self::I) {
        let product = |l: usize| u64::from(a[l] as u32) * u64::from(by);
        (each(|l| (product(l) >> 32) as i32), each(|l| product(l) as i32))
    }
    #[inline(always)]
    fn upper_24(self, a: Self::I) -> Self::I {
        each(|l| (a[l] as u32 >> 8) as i32)
    }
    #[inline(always)]
    fn shift_up(self, a: Self::I) -> Self::I {
        each(|l| a[l] << 23)
    }
    #[inline(always)]
    fn shift_down(self, a: Self::I) -> Self::I {
        each(|l| a[l] >> 23)
    }
    #[inline(always)]
    fn halve(self, a: Self::I) -> Self::I {
        each(|l| a[l] >> 1)
    }
    #[inline(always)]
    fn convert(self, a: Self::I) -> V {
        each(|l| a[l] as f32)
    }

    #[inline(always)]
    fn fold(self, to: &mut Half, v: V) {
        for (l, sum) in to.0.iter_mut().enumerate() {
            *sum = v[l] + v[l + 16];
        }
    }
    #[inline(always)]
    fn sums(self, parts: &[Half; 16]) -> [f32; 16] {
        std::array::from_fn(|i| {
            let mut lanes = parts[i].0;
            for width in [8, 4, 2, 1] {
                for l in 0..width {
                    lanes[l] += lanes[l + width];
                }
            }
            lanes[0] + 0.0
        })
    }
    #[inline(always)]
    fn transpose(self, from: &[Lanes; LANES], to: &mut [Lanes; LANES]) {
        for (r, row) in from.iter().enumerate() {
            for (l, &x) in row.0.iter().enumerate() {
                to[l].0[r] = x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_emulated_fma_rounds_once_at_ties_cancellation_and_the_ends_of_the_range() {
        let edge =
            [0.0, -0.0, 1.0, -1.0, f32::EPSILON, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY, -f32::INFINITY, f32::NAN];
        let more =
            [1.0 + f32::EPSILON, 1.0 - f32::EPSILON / 2.0, 1e-45, -1e-45, 3e-39, 1.5, 16777215.0, 1.0e-20, -1.0e20];
        let values: Vec<f32> = edge.iter().chain(&more).copied().collect();
        for &a in &values {
            for &b in &values {
                for &c in &values {
                    let (ours, exact) = (fma_emulated(a, b, c), a.mul_add(b, c));
                    assert!(
                        ours.to_bits() == exact.to_bits() || ours.is_nan() && exact.is_nan(),
                        "{a} {b} {c}: {ours} {exact}"
                    );
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn the_emulated_fma_equals_the_exact_one(a: u32, b: u32, c: u32, near: bool, shift in -30i32..30) {
            let (a, b, mut c) = (f32::from_bits(a), f32::from_bits(b), f32::from_bits(c));
            if near {
                // Sums near cancellation and near ties are where rounding twice goes wrong.
                c = -(a * b) * (2f32).powi(shift) * (1.0 + c.abs().min(1.0) * f32::EPSILON);
            }
            let (ours, exact) = (fma_emulated(a, b, c), a.mul_add(b, c));
            prop_assert!(ours.to_bits() == exact.to_bits() || ours.is_nan() && exact.is_nan());
        }
    }
}
