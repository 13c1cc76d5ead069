//! AVX-512 and AVX2 with FMA: 32 lanes are two or four registers.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::Half;
use super::simd::{Fma, Kernel, LANES, Lanes, Simd};

/// Applies an intrinsic to each register of a vector.
macro_rules! each {
    (2, $f:path, $($x:expr),*) => { [$f($($x[0]),*), $f($($x[1]),*)] };
    (4, $f:path, $($x:expr),*) => { [$f($($x[0]),*), $f($($x[1]),*), $f($($x[2]),*), $f($($x[3]),*)] };
}

/// An array of one expression per register, whose number is bound to a name.
macro_rules! registers {
    (2, $k:ident, $e:expr) => {
        [
            {
                let $k = 0;
                $e
            },
            {
                let $k = 1;
                $e
            },
        ]
    };
    (4, $k:ident, $e:expr) => {
        [
            {
                let $k = 0;
                $e
            },
            {
                let $k = 1;
                $e
            },
            {
                let $k = 2;
                $e
            },
            {
                let $k = 3;
                $e
            },
        ]
    };
}

/// The first lanes alone, in so many registers of 16 and then of 8, and the rows that a matrix kernel keeps of them. The
/// instruction set in it is the proof that the CPU has them.
#[derive(Clone, Copy, Debug)]
pub struct First<S, const WIDE: usize, const NARROW: usize, const ROWS: usize>(S);

/// A vector of all lanes from registers that hold the first of them.
pub trait Join: Simd {
    /// Registers of 16, then registers of 8, together less than 32 lanes.
    fn join(self, wide: &[__m512], narrow: &[__m256]) -> Self::V;
}

impl Join for Avx512 {
    #[inline(always)]
    fn join(self, wide: &[__m512], narrow: &[__m256]) -> Self::V {
        let [mut low, mut high] = self.splat(0.0);
        // SAFETY: `self` exists only where `detect` found the instruction; the upper halves are of no meaning.
        unsafe {
            match (wide, narrow) {
                ([], [first, ..]) => low = _mm512_castps256_ps512(*first),
                ([first, ..], []) => low = *first,
                ([first, ..], [second, ..]) => (low, high) = (*first, _mm512_castps256_ps512(*second)),
                ([], []) => {}
            }
        }
        [low, high]
    }
}

impl Join for Avx2 {
    #[inline(always)]
    fn join(self, _: &[__m512], narrow: &[__m256]) -> Self::V {
        let mut all = self.splat(0.0);
        all[..narrow.len()].copy_from_slice(narrow);
        all
    }
}

impl<S: Join, const WIDE: usize, const NARROW: usize, const ROWS: usize> Fma for First<S, WIDE, NARROW, ROWS> {
    type V = ([__m512; WIDE], [__m256; NARROW]);
    type All = S;
    const ROWS: usize = ROWS;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        // SAFETY: zeros are floats; `self` comes from a proof that the CPU has all registers it uses.
        unsafe {
            let mut v: Self::V = std::mem::zeroed();
            for k in 0..WIDE {
                v.0[k] = _mm512_set1_ps(x);
            }
            for k in 0..NARROW {
                v.1[k] = _mm256_set1_ps(x);
            }
            v
        }
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::V {
        const { assert!(16 * WIDE + 8 * NARROW <= LANES) };
        let mut v = self.splat(0.0);
        let from = from.as_ptr();
        // SAFETY: as above; the registers lie within the 32 floats.
        unsafe {
            for k in 0..WIDE {
                v.0[k] = _mm512_loadu_ps(from.add(16 * k));
            }
            for k in 0..NARROW {
                v.1[k] = _mm256_loadu_ps(from.add(16 * WIDE + 8 * k));
            }
        }
        v
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES], v: Self::V) {
        const { assert!(16 * WIDE + 8 * NARROW <= LANES) };
        let to = to.as_mut_ptr();
        // SAFETY: as above; the registers lie within the 32 floats.
        unsafe {
            for k in 0..WIDE {
                _mm512_storeu_ps(to.add(16 * k), v.0[k]);
            }
            for k in 0..NARROW {
                _mm256_storeu_ps(to.add(16 * WIDE + 8 * k), v.1[k]);
            }
        }
    }
    #[inline(always)]
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        let mut sum = c;
        // SAFETY: as above.
        unsafe {
            for k in 0..WIDE {
                sum.0[k] = _mm512_fmadd_ps(a.0[k], b.0[k], c.0[k]);
            }
            for k in 0..NARROW {
                sum.1[k] = _mm256_fmadd_ps(a.1[k], b.1[k], c.1[k]);
            }
        }
        sum
    }
    #[inline(always)]
    fn all(self) -> S {
        self.0
    }
    #[inline(always)]
    fn widen(self, v: Self::V) -> S::V {
        self.0.join(&v.0, &v.1)
    }
}

/// Implements [`Simd`] from one intrinsic per operation.
macro_rules! simd {
    (
        $(#[$meta:meta])*
        $name:ident: $count:tt registers of $width:literal, $feature:literal, detected by [$($detect:tt)+], $rows:literal rows;
        types $v:ty, $i:ty, $m:ty;
        first $eight:ty, $sixteen:ty, $twenty_four:ty;
        each { $($op:ident($($arg:ident: $kind:ident),*) -> $out:ident = $intrinsic:path;)* }
        splat = $splat:path; int = $int:path; load = $load:path; store = $store:path;
        select = |$mask:ident, $then:ident, $other:ident| $select:expr; both = $both:expr; any = $bits:expr;
        wide = $wide:path; fold = $fold:path; sums = $sums:path; transpose = $transpose:path;
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name(());

        impl $name {
            /// The instruction set, if this CPU has it.
            pub fn detect() -> Option<Self> {
                ($(is_x86_feature_detected!($detect))&&+).then_some(Self(()))
            }
        }

        impl Simd for $name {
            type V = [$v; $count];
            type I = [$i; $count];
            type M = [$m; $count];
            type Eight = $eight;
            type Sixteen = $sixteen;
            type TwentyFour = $twenty_four;
            const ROWS: usize = $rows;

            #[inline(always)]
            fn eight(self) -> $eight {
                First(self)
            }
            #[inline(always)]
            fn sixteen(self) -> $sixteen {
                First(self)
            }
            #[inline(always)]
            fn twenty_four(self) -> $twenty_four {
                First(self)
            }

            #[inline(always)]
            fn call<K: Kernel>(self, kernel: K) -> K::Output {
                #[target_feature(enable = $feature)]
                #[inline(never)]
                fn outlined<K: Kernel>(simd: $name, kernel: K) -> K::Output {
                    kernel.run(simd)
                }
                // SAFETY: `self` exists only where `detect` found these features.
                unsafe { outlined(self, kernel) }
            }

            $(
                #[inline(always)]
                fn $op(self, $($arg: Self::$kind),*) -> Self::$out {
                    // SAFETY: `self` exists only where `detect` found the instruction; registers in, registers out.
                    unsafe { each!($count, $intrinsic, $($arg),*) }
                }
            )*
            #[inline(always)]
            fn splat(self, x: f32) -> Self::V {
                // SAFETY: as above.
                [unsafe { $splat(x) }; $count]
            }
            #[inline(always)]
            fn int(self, x: i32) -> Self::I {
                // SAFETY: as above.
                [unsafe { $int(x) }; $count]
            }
            #[inline(always)]
            fn load(self, from: &[f32; LANES]) -> Self::V {
                let from = from.as_ptr();
                // SAFETY: as above; the registers cover exactly the 32 floats.
                registers!($count, k, unsafe { $load(from.add(k * $width)) })
            }
            #[inline(always)]
            fn store(self, to: &mut [f32; LANES], v: Self::V) {
                let to = to.as_mut_ptr();
                // SAFETY: as above; the registers cover exactly the 32 floats.
                registers!($count, k, unsafe { $store(to.add(k * $width), v[k]) });
            }
            #[inline(always)]
            fn both(self, a: Self::M, b: Self::M) -> Self::M {
                #[inline(always)]
                fn one($mask: $m, $other: $m) -> $m {
                    $both
                }
                each!($count, one, a, b)
            }
            #[inline(always)]
            fn any(self, m: Self::M) -> bool {
                let mut bits = 0;
                for $mask in m {
                    bits |= $bits;
                }
                bits != 0
            }
            #[inline(always)]
            fn select(self, m: Self::M, a: Self::V, b: Self::V) -> Self::V {
                #[inline(always)]
                fn one($mask: $m, $then: $v, $other: $v) -> $v {
                    // SAFETY: only called from here, where the CPU has the instruction.
                    unsafe { $select }
                }
                each!($count, one, m, a, b)
            }
            #[inline(always)]
            fn mul_wide(self, a: Self::I, by: u32) -> (Self::I, Self::I) {
                let (by, mut halves) = (self.int(by as i32), (a, a));
                for k in 0..$count {
                    // SAFETY: as above.
                    (halves.0[k], halves.1[k]) = unsafe { $wide(a[k], by[k]) };
                }
                halves
            }
            #[inline(always)]
            fn fold(self, to: &mut Half, v: Self::V) {
                // SAFETY: `self` exists only where `detect` found the instructions.
                unsafe { $fold(to, v) }
            }
            #[inline(always)]
            fn sums(self, parts: &[Half; 16]) -> [f32; 16] {
                // SAFETY: as above.
                unsafe { $sums(parts) }
            }
            #[inline(always)]
            fn transpose(self, from: &[Lanes; LANES], to: &mut [Lanes; LANES]) {
                // SAFETY: as above.
                unsafe { $transpose(from, to) }
            }
        }
    };
}

simd! {
    /// AVX-512F.
    Avx512: 2 registers of 16, "avx512f,avx2,fma", detected by ["avx512f" "avx2" "fma"], 12 rows;
    types __m512, __m512i, __mmask16;
    first First<Self, 0, 1, 12>, First<Self, 1, 0, 12>, First<Self, 1, 1, 12>;
    each {
        add(a: V, b: V) -> V = _mm512_add_ps;
        sub(a: V, b: V) -> V = _mm512_sub_ps;
        mul(a: V, b: V) -> V = _mm512_mul_ps;
        div(a: V, b: V) -> V = _mm512_div_ps;
        sqrt(a: V) -> V = _mm512_sqrt_ps;
        fma(a: V, b: V, c: V) -> V = _mm512_fmadd_ps;
        max(a: V, b: V) -> V = _mm512_max_ps;
        min(a: V, b: V) -> V = _mm512_min_ps;
        lt(a: V, b: V) -> M = _mm512_cmp_ps_mask::<_CMP_LT_OQ>;
        eq(a: V, b: V) -> M = _mm512_cmp_ps_mask::<_CMP_EQ_OQ>;
        bits(v: V) -> I = _mm512_castps_si512;
        float(i: I) -> V = _mm512_castsi512_ps;
        int_add(a: I, b: I) -> I = _mm512_add_epi32;
        int_sub(a: I, b: I) -> I = _mm512_sub_epi32;
        and(a: I, b: I) -> I = _mm512_and_si512;
        or(a: I, b: I) -> I = _mm512_or_si512;
        xor(a: I, b: I) -> I = _mm512_xor_si512;
        upper_24(a: I) -> I = _mm512_srli_epi32::<8>;
        shift_up(a: I) -> I = _mm512_slli_epi32::<23>;
        shift_down(a: I) -> I = _mm512_srai_epi32::<23>;
        halve(a: I) -> I = _mm512_srai_epi32::<1>;
        convert(a: I) -> V = _mm512_cvtepi32_ps;
    }
    splat = _mm512_set1_ps; int = _mm512_set1_epi32; load = _mm512_loadu_ps; store = _mm512_storeu_ps;
    select = |m, a, b| _mm512_mask_blend_ps(m, b, a); both = m & b; any = m;
    wide = wide_512; fold = fold_512; sums = sums_512; transpose = transpose_512;
}

simd! {
    /// AVX2 with FMA.
    Avx2: 4 registers of 8, "avx2,fma", detected by ["avx2" "fma"], 2 rows;
    types __m256, __m256i, __m256;
    first First<Self, 0, 1, 8>, First<Self, 0, 2, 4>, First<Self, 0, 3, 3>;
    each {
        add(a: V, b: V) -> V = _mm256_add_ps;
        sub(a: V, b: V) -> V = _mm256_sub_ps;
        mul(a: V, b: V) -> V = _mm256_mul_ps;
        div(a: V, b: V) -> V = _mm256_div_ps;
        sqrt(a: V) -> V = _mm256_sqrt_ps;
        fma(a: V, b: V, c: V) -> V = _mm256_fmadd_ps;
        max(a: V, b: V) -> V = _mm256_max_ps;
        min(a: V, b: V) -> V = _mm256_min_ps;
        lt(a: V, b: V) -> M = _mm256_cmp_ps::<_CMP_LT_OQ>;
        eq(a: V, b: V) -> M = _mm256_cmp_ps::<_CMP_EQ_OQ>;
        bits(v: V) -> I = _mm256_castps_si256;
        float(i: I) -> V = _mm256_castsi256_ps;
        int_add(a: I, b: I) -> I = _mm256_add_epi32;
        int_sub(a: I, b: I) -> I = _mm256_sub_epi32;
        and(a: I, b: I) -> I = _mm256_and_si256;
        or(a: I, b: I) -> I = _mm256_or_si256;
        xor(a: I, b: I) -> I = _mm256_xor_si256;
        upper_24(a: I) -> I = _mm256_srli_epi32::<8>;
        shift_up(a: I) -> I = _mm256_slli_epi32::<23>;
        shift_down(a: I) -> I = _mm256_srai_epi32::<23>;
        halve(a: I) -> I = _mm256_srai_epi32::<1>;
        convert(a: I) -> V = _mm256_cvtepi32_ps;
    }
    splat = _mm256_set1_ps; int = _mm256_set1_epi32; load = _mm256_loadu_ps; store = _mm256_storeu_ps;
    select = |m, a, b| _mm256_blendv_ps(b, a, m);
    // SAFETY: only used in the methods, where the CPU has the instructions.
    both = unsafe { _mm256_and_ps(m, b) }; any = unsafe { _mm256_movemask_ps(m) };
    wide = wide_256; fold = fold_256; sums = sums_256; transpose = transpose_256;
}

/// Products of the even lanes and of the odd ones, 64 bits each; then their upper and their lower halves in place.
#[inline]
#[target_feature(enable = "avx512f,avx2,fma")]
fn wide_512(a: __m512i, by: __m512i) -> (__m512i, __m512i) {
    const ODD: __mmask16 = 0xaaaa;
    let (even, odd) = (_mm512_mul_epu32(a, by), _mm512_mul_epu32(_mm512_srli_epi64::<32>(a), by));
    let upper = _mm512_mask_blend_epi32(ODD, _mm512_srli_epi64::<32>(even), odd);
    (upper, _mm512_mask_blend_epi32(ODD, even, _mm512_slli_epi64::<32>(odd)))
}

/// As [`wide_512`].
#[inline]
#[target_feature(enable = "avx2,fma")]
fn wide_256(a: __m256i, by: __m256i) -> (__m256i, __m256i) {
    const ODD: i32 = 0xaa;
    let (even, odd) = (_mm256_mul_epu32(a, by), _mm256_mul_epu32(_mm256_srli_epi64::<32>(a), by));
    let upper = _mm256_blend_epi32::<ODD>(_mm256_srli_epi64::<32>(even), odd);
    (upper, _mm256_blend_epi32::<ODD>(even, _mm256_slli_epi64::<32>(odd)))
}

#[inline]
#[target_feature(enable = "avx512f,avx2,fma")]
fn fold_512(to: &mut Half, [low, high]: [__m512; 2]) {
    // SAFETY: the 16 floats written are those of `to`.
    unsafe { _mm512_store_ps(to.0.as_mut_ptr(), _mm512_add_ps(low, high)) }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn fold_256(to: &mut Half, v: [__m256; 4]) {
    // SAFETY: the 16 floats written are those of `to`.
    unsafe {
        _mm256_store_ps(to.0.as_mut_ptr(), _mm256_add_ps(v[0], v[2]));
        _mm256_store_ps(to.0.as_mut_ptr().add(8), _mm256_add_ps(v[1], v[3]));
    }
}

/// Each step adds the two halves of what is left of every sum while packing two vectors into one.
#[inline]
#[target_feature(enable = "avx512f,avx2,fma")]
fn sums_512(parts: &[Half; 16]) -> [f32; 16] {
    macro_rules! pack {
        ($shuffle:ident, $low:literal, $high:literal, $a:expr, $b:expr) => {{
            let (a, b) = ($a, $b);
            _mm512_add_ps($shuffle::<$low>(a, b), $shuffle::<$high>(a, b))
        }};
    }
    // SAFETY: each load reads the 16 floats of one part, each store writes the 16 floats of `sums`.
    unsafe {
        let part = |i: usize| _mm512_load_ps(parts[i].0.as_ptr());
        let column = |c: usize| {
            let left = pack!(_mm512_shuffle_f32x4, 0x44, 0xee, part(c), part(c + 4));
            let right = pack!(_mm512_shuffle_f32x4, 0x44, 0xee, part(c + 8), part(c + 12));
            pack!(_mm512_shuffle_f32x4, 0x88, 0xdd, left, right)
        };
        let left = pack!(_mm512_shuffle_ps, 0x44, 0xee, column(0), column(1));
        let right = pack!(_mm512_shuffle_ps, 0x44, 0xee, column(2), column(3));
        let total = pack!(_mm512_shuffle_ps, 0x88, 0xdd, left, right);
        let mut sums = [0.0; 16];
        _mm512_storeu_ps(sums.as_mut_ptr(), _mm512_add_ps(total, _mm512_setzero_ps()));
        sums
    }
}

/// As [`sums_512`], eight vectors at a time.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn sums_256(parts: &[Half; 16]) -> [f32; 16] {
    let mut sums = [0.0; 16];
    // SAFETY: each load reads half of one part, each store writes half of `sums`.
    unsafe {
        for (parts, sums) in parts.as_chunks::<8>().0.iter().zip(sums.as_chunks_mut::<8>().0) {
            let part = |i: usize| {
                let from = parts[i].0.as_ptr();
                _mm256_add_ps(_mm256_load_ps(from), _mm256_load_ps(from.add(8)))
            };
            let column = |c: usize| {
                let (a, b) = (part(c), part(c + 4));
                _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b))
            };
            let pair = |c: usize| {
                let (a, b) = (column(c), column(c + 1));
                _mm256_add_ps(_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xee>(a, b))
            };
            let (a, b) = (pair(0), pair(2));
            let total = _mm256_add_ps(_mm256_shuffle_ps::<0x88>(a, b), _mm256_shuffle_ps::<0xdd>(a, b));
            _mm256_storeu_ps(sums.as_mut_ptr(), _mm256_add_ps(total, _mm256_setzero_ps()));
        }
    }
    sums
}

/// Four squares of 16 × 16: interleave by 1, 2 (within 128 bits), then 4 and 8 lanes.
#[inline]
#[target_feature(enable = "avx512f,avx2,fma")]
fn transpose_512(from: &[Lanes; LANES], to: &mut [Lanes; LANES]) {
    for (row, column) in [(0, 0), (0, 16), (16, 0), (16, 16)] {
        // SAFETY: rows `row..row + 16` and lanes `column..column + 16` lie within the 32 × 32 floats, and so do their
        // transposes.
        unsafe {
            let read = |r: usize| _mm512_load_ps(from[row + r].0.as_ptr().add(column));
            let mut quads = [_mm512_setzero_ps(); 16];
            for q in 0..4 {
                let (a, b, c, d) = (read(4 * q), read(4 * q + 1), read(4 * q + 2), read(4 * q + 3));
                let (ab_low, ab_high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
                let (cd_low, cd_high) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
                quads[4 * q] = _mm512_shuffle_ps::<0x44>(ab_low, cd_low);
                quads[4 * q + 1] = _mm512_shuffle_ps::<0xee>(ab_low, cd_low);
                quads[4 * q + 2] = _mm512_shuffle_ps::<0x44>(ab_high, cd_high);
                quads[4 * q + 3] = _mm512_shuffle_ps::<0xee>(ab_high, cd_high);
            }
            for k in 0..4 {
                let (a, b, c, d) = (quads[k], quads[4 + k], quads[8 + k], quads[12 + k]);
                let (ab_low, ab_high) = (_mm512_shuffle_f32x4::<0x44>(a, b), _mm512_shuffle_f32x4::<0xee>(a, b));
                let (cd_low, cd_high) = (_mm512_shuffle_f32x4::<0x44>(c, d), _mm512_shuffle_f32x4::<0xee>(c, d));
                let out = [
                    _mm512_shuffle_f32x4::<0x88>(ab_low, cd_low),
                    _mm512_shuffle_f32x4::<0xdd>(ab_low, cd_low),
                    _mm512_shuffle_f32x4::<0x88>(ab_high, cd_high),
                    _mm512_shuffle_f32x4::<0xdd>(ab_high, cd_high),
                ];
                for (block, v) in out.into_iter().enumerate() {
                    _mm512_store_ps(to[column + 4 * block + k].0.as_mut_ptr().add(row), v);
                }
            }
        }
    }
}

/// Sixteen squares of 8 × 8.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn transpose_256(from: &[Lanes; LANES], to: &mut [Lanes; LANES]) {
    for square in 0..16 {
        let (row, column) = (square / 4 * 8, square % 4 * 8);
        // SAFETY: rows `row..row + 8` and lanes `column..column + 8` lie within the 32 × 32 floats, and so do their
        // transposes.
        unsafe {
            let read = |r: usize| _mm256_load_ps(from[row + r].0.as_ptr().add(column));
            let mut quads = [_mm256_setzero_ps(); 8];
            for q in 0..2 {
                let (a, b, c, d) = (read(4 * q), read(4 * q + 1), read(4 * q + 2), read(4 * q + 3));
                let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
                quads[4 * q] = _mm256_shuffle_ps::<0x44>(ab_low, cd_low);
                quads[4 * q + 1] = _mm256_shuffle_ps::<0xee>(ab_low, cd_low);
                quads[4 * q + 2] = _mm256_shuffle_ps::<0x44>(ab_high, cd_high);
                quads[4 * q + 3] = _mm256_shuffle_ps::<0xee>(ab_high, cd_high);
            }
            for k in 0..4 {
                let (a, b) = (quads[k], quads[4 + k]);
                let low = _mm256_permute2f128_ps::<0x20>(a, b);
                let high = _mm256_permute2f128_ps::<0x31>(a, b);
                _mm256_store_ps(to[column + k].0.as_mut_ptr().add(row), low);
                _mm256_store_ps(to[column + 4 + k].0.as_mut_ptr().add(row), high);
            }
        }
    }
}
