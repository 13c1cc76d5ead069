//! What a kernel is written against: vectors of 32 virtual lanes, whatever the registers of the machine.

use super::Half;

/// Virtual lanes of a vector.
pub const LANES: usize = 32;

/// 32 lanes in memory.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Lanes(pub [f32; LANES]);

impl Lanes {
    /// +0 in every lane.
    pub const ZERO: Self = Self([0.0; LANES]);
}

/// Code to be compiled for every instruction set. `run` must be `#[inline(always)]`, and so must all it calls that takes
/// a [`Simd`]: only then is it compiled with the instructions of its caller.
pub trait Kernel {
    /// What it returns.
    type Output;
    /// The code.
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

/// The operations of sums over units, on all 32 lanes or on the first few: a batch's last group is seldom full.
pub trait Fma: Copy {
    /// As many f32 as lanes are computed.
    type V: Copy;
    /// The same on all lanes.
    type All: Simd;
    /// Rows of output that a matrix kernel keeps in registers.
    const ROWS: usize;

    /// `x` in every lane.
    fn splat(self, x: f32) -> Self::V;
    /// Reads the lanes.
    fn load(self, from: &[f32; LANES]) -> Self::V;
    /// Writes the lanes; what lies behind them stays.
    fn store(self, to: &mut [f32; LANES], v: Self::V);
    /// `a · b + c`, rounded once.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;

    /// The operations on all lanes.
    fn all(self) -> Self::All;
    /// The lanes computed, among others of no meaning.
    fn widen(self, v: Self::V) -> <Self::All as Simd>::V;
}

/// All 32 lanes.
#[derive(Clone, Copy, Debug)]
pub struct Whole<S>(pub S);

impl<S: Simd> Fma for Whole<S> {
    type V = S::V;
    type All = S;
    const ROWS: usize = S::ROWS;

    #[inline(always)]
    fn splat(self, x: f32) -> S::V {
        self.0.splat(x)
    }
    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> S::V {
        self.0.load(from)
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES], v: S::V) {
        self.0.store(to, v);
    }
    #[inline(always)]
    fn fma(self, a: S::V, b: S::V, c: S::V) -> S::V {
        self.0.fma(a, b, c)
    }
    #[inline(always)]
    fn all(self) -> S {
        self.0
    }
    #[inline(always)]
    fn widen(self, v: S::V) -> S::V {
        v
    }
}

/// Operations on vectors of 32 lanes. All are exactly defined per lane, so that every implementation gives the same bits
/// (NaN payloads and signs excepted): IEEE-754 round to nearest even, subnormals kept.
///
/// A value of the type is the proof that the CPU has the instructions.
pub trait Simd: Copy {
    /// 32 f32.
    type V: Copy;
    /// 32 i32.
    type I: Copy;
    /// 32 truth values.
    type M: Copy;
    /// The first 8 lanes alone.
    type Eight: Fma<All = Self>;
    /// The first 16.
    type Sixteen: Fma<All = Self>;
    /// The first 24.
    type TwentyFour: Fma<All = Self>;
    /// Rows of output that a matrix kernel keeps in registers.
    const ROWS: usize;

    /// The first 8 lanes alone.
    fn eight(self) -> Self::Eight;
    /// The first 16.
    fn sixteen(self) -> Self::Sixteen;
    /// The first 24.
    fn twenty_four(self) -> Self::TwentyFour;

    /// Runs a kernel as a function of its own compiled for this instruction set.
    fn call<K: Kernel>(self, kernel: K) -> K::Output;

    /// `x` in every lane.
    fn splat(self, x: f32) -> Self::V;
    /// Reads 32 lanes.
    fn load(self, from: &[f32; LANES]) -> Self::V;
    /// Writes 32 lanes.
    fn store(self, to: &mut [f32; LANES], v: Self::V);
    /// `a + b`
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a − b`
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a · b`
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a / b`
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// `√a`
    fn sqrt(self, a: Self::V) -> Self::V;
    /// `a · b + c`, rounded once.
    fn fma(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `a > b ? a : b`: `b` where either is NaN or both are zero.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a < b ? a : b`: `b` where either is NaN or both are zero.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// `a < b`, false for NaN.
    fn lt(self, a: Self::V, b: Self::V) -> Self::M;
    /// `a = b`, false for NaN.
    fn eq(self, a: Self::V, b: Self::V) -> Self::M;
    /// `a ∧ b`
    fn both(self, a: Self::M, b: Self::M) -> Self::M;
    /// Whether it is true in any lane.
    fn any(self, m: Self::M) -> bool;
    /// `m ? a : b`
    fn select(self, m: Self::M, a: Self::V, b: Self::V) -> Self::V;

    /// The bits of each lane.
    fn bits(self, v: Self::V) -> Self::I;
    /// The floats of these bits.
    fn float(self, i: Self::I) -> Self::V;
    /// `x` in every lane.
    fn int(self, x: i32) -> Self::I;
    /// `a + b`, wrapping.
    fn int_add(self, a: Self::I, b: Self::I) -> Self::I;
    /// `a − b`, wrapping.
    fn int_sub(self, a: Self::I, b: Self::I) -> Self::I;
    /// Bitwise and.
    fn and(self, a: Self::I, b: Self::I) -> Self::I;
    /// Bitwise or.
    fn or(self, a: Self::I, b: Self::I) -> Self::I;
    /// Bitwise exclusive or.
    fn xor(self, a: Self::I, b: Self::I) -> Self::I;
    /// The upper and the lower half of a product of unsigned numbers.
    fn mul_wide(self, a: Self::I, by: u32) -> (Self::I, Self::I);
    /// The upper 24 bits, moved down.
    fn upper_24(self, a: Self::I) -> Self::I;
    /// Bits moved up by 23, into the place of an exponent.
    fn shift_up(self, a: Self::I) -> Self::I;
    /// Bits moved down by 23 with the sign kept.
    fn shift_down(self, a: Self::I) -> Self::I;
    /// Half, rounded down.
    fn halve(self, a: Self::I) -> Self::I;
    /// The nearest floats.
    fn convert(self, a: Self::I) -> Self::V;

    /// First step of the reduction tree: lane l + lane l+16.
    fn fold(self, to: &mut Half, v: Self::V);
    /// The other steps, of sixteen vectors at once: +8, +4, +2, +1, then + (+0), so that no sum is −0.
    fn sums(self, parts: &[Half; 16]) -> [f32; 16];
    /// Exchanges rows and columns: lane `l` of row `r` becomes lane `r` of row `l`.
    fn transpose(self, from: &[Lanes; LANES], to: &mut [Lanes; LANES]);

    /// `|a|`
    #[inline(always)]
    fn abs(self, a: Self::V) -> Self::V {
        self.float(self.and(self.bits(a), self.int(i32::MAX)))
    }
    /// `a`, not negative, with the sign of `b`.
    #[inline(always)]
    fn with_sign(self, a: Self::V, b: Self::V) -> Self::V {
        self.float(self.or(self.bits(a), self.and(self.bits(b), self.int(i32::MIN))))
    }
    /// `−a`
    #[inline(always)]
    fn neg(self, a: Self::V) -> Self::V {
        self.sub(self.splat(-0.0), a)
    }
    /// `a` in the lanes whose mask bits are all one, +0 where they are all zero.
    #[inline(always)]
    fn keep(self, mask: Self::V, a: Self::V) -> Self::V {
        self.float(self.and(self.bits(mask), self.bits(a)))
    }
}
