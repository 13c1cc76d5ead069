//! Transcendental functions: one order of operations for every machine, each within 2 ulp, the normal distribution within 4 (see the tests).
//!
//! Constants are f32 and part of the contract. Polynomials of degree above 2 are evaluated as even part + x · odd part,
//! each by Horner's rule with fused multiply-adds.

#![allow(clippy::excessive_precision, reason = "constants as in their sources")]

use super::simd::Simd;

/// 1.5 · 2²³: adding it rounds to a whole number, kept in the low bits.
const ROUND: f32 = 12_582_912.0;
const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts, the first of few bits, so that multiples of it are exact.
const LN_2_HIGH: f32 = 0.693_359_375;
const LN_2_LOW: f32 = -2.121_944_40e-4;

/// (eʳ − 1 − r) / r² for |r| ≤ ln 2 / 2 (Cephes, expf).
const EXP: [f32; 6] = [
    5.000_000_120_1e-1,
    1.666_666_545_9e-1,
    4.166_579_589_4e-2,
    8.333_451_907_3e-3,
    1.398_199_950_7e-3,
    1.987_569_150_0e-4,
];

/// (ln(1 + f) − f + f²/2) / f³ for √½ ≤ 1 + f ≤ √2 (Cephes, logf).
const LOG: [f32; 9] = [
    3.333_333_117_4e-1,
    -2.499_999_399_3e-1,
    2.000_071_476_5e-1,
    -1.666_805_766_5e-1,
    1.424_932_278_7e-1,
    -1.242_014_084_6e-1,
    1.167_699_874_0e-1,
    -1.151_461_031_0e-1,
    7.037_683_629_2e-2,
];

/// fma(rate, a ÷ b, p) to the bit, without the delay that CPUs have where `a` or the quotient is subnormal: `a` is divided
/// 2⁶⁴ times as large, which changes no digit of a quotient that is normal, and one that is not is nothing beside `p`.
#[inline(always)]
pub fn add_quotient<S: Simd>(s: S, rate: f32, a: S::V, b: S::V, p: S::V) -> S::V {
    const UP: f32 = f32::from_bits((127 + 64) << 23);
    const DOWN: f32 = f32::from_bits((127 - 64) << 23);
    let (zero, one) = (s.splat(0.0), s.splat(1.0));
    // So small that no divisor makes the larger quotient overflow.
    let tiny = s.lt(s.abs(a), s.splat(f32::from_bits((127 - 100) << 23)));
    let large = s.div(s.mul(a, s.select(tiny, s.splat(UP), one)), b);
    let lost = s.both(tiny, s.lt(s.abs(large), s.splat(f32::MIN_POSITIVE * UP)));
    // Unless p is that small itself, or the rate so large.
    let small = s.lt(s.abs(p), s.splat(DOWN * rate.abs().max(1.0)));
    if s.any(s.both(s.both(lost, small), s.lt(zero, s.abs(a)))) {
        return s.fma(s.splat(rate), s.div(a, b), p);
    }
    let scale = s.select(lost, zero, s.select(tiny, s.splat(DOWN), one));
    s.fma(s.splat(rate), s.mul(large, scale), p)
}

/// Every second coefficient down from the k-th, by Horner's rule.
#[inline(always)]
fn half_polynomial<S: Simd, const N: usize>(s: S, c: &[f32; N], mut k: usize, x2: S::V) -> S::V {
    let mut sum = s.splat(c[k]);
    while k >= 2 {
        k -= 2;
        sum = s.fma(sum, x2, s.splat(c[k]));
    }
    sum
}

/// Even part + x · odd part.
#[inline(always)]
fn polynomial<S: Simd, const N: usize>(s: S, c: &[f32; N], x: S::V, x2: S::V) -> S::V {
    let (last, other) = (half_polynomial(s, c, N - 1, x2), half_polynomial(s, c, N - 2, x2));
    let (even, odd) = if N % 2 == 1 { (last, other) } else { (other, last) };
    s.fma(odd, x, even)
}

/// c₀ xⁿ + … + cₙ by Horner's rule.
#[inline(always)]
pub(super) fn horner<S: Simd, const N: usize>(s: S, c: [f32; N], x: S::V) -> S::V {
    let mut sum = s.splat(c[0]);
    let mut k = 1;
    while k < N {
        sum = s.fma(sum, x, s.splat(c[k]));
        k += 1;
    }
    sum
}

/// x = n ln 2 + r: n as float and int.
#[inline(always)]
fn split<S: Simd>(s: S, x: S::V, scale: f32) -> (S::V, S::I) {
    let shifted = s.fma(x, s.splat(scale), s.splat(ROUND));
    let n = s.int_sub(s.bits(shifted), s.int(ROUND.to_bits() as i32));
    (s.sub(shifted, s.splat(ROUND)), n)
}

/// eʳ − 1 for |r| ≤ ln 2 / 2.
#[inline(always)]
fn expm1_reduced<S: Simd>(s: S, r: S::V) -> S::V {
    let r2 = s.mul(r, r);
    s.fma(polynomial(s, &EXP, r, r2), r2, r)
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two<S: Simd>(s: S, n: S::I) -> S::V {
    s.float(s.shift_up(s.int_add(n, s.int(127))))
}

#[inline(always)]
fn reduced<S: Simd>(s: S, x: S::V) -> (S::V, S::I) {
    let (whole, n) = split(s, x, LOG2_E);
    let r = s.fma(whole, s.splat(-LN_2_HIGH), x);
    (s.fma(whole, s.splat(-LN_2_LOW), r), n)
}

/// eˣ for x ≤ 0. NaN for NaN, subnormal and +0 where it underflows.
#[inline(always)]
pub fn exp_negative<S: Simd>(s: S, x: S::V) -> S::V {
    let (r, n) = reduced(s, s.max(s.splat(-104.0), x));
    let y = s.add(expm1_reduced(s, r), s.splat(1.0));
    // 2⁶⁴ too large, so that only the last product is rounded.
    s.mul(s.mul(y, power_of_two(s, s.int_add(n, s.int(64)))), s.splat(f32::from_bits((127 - 64) << 23)))
}

/// eˣ − 1 for x ≤ 0, after the same steps as [`exp_negative`]: who needs both pays for one exponential.
#[inline(always)]
pub fn expm1_negative<S: Simd>(s: S, x: S::V) -> S::V {
    let (r, n) = reduced(s, s.max(s.splat(-104.0), x));
    // Of no meaning where 2ⁿ is not normal.
    let power = power_of_two(s, n);
    let y = s.fma(power, expm1_reduced(s, r), s.sub(power, s.splat(1.0)));
    s.select(s.lt(x, s.splat(-25.0)), s.splat(-1.0), y)
}

/// tanh x, of |x|, with x's sign.
#[inline(always)]
pub fn tanh<S: Simd>(s: S, x: S::V) -> S::V {
    s.with_sign(tanh_and_slope(s, x).0, x)
}

/// tanh |x| and 1 − tanh² x. With e = e to the −2|x|: left of −1.1 by q = 2e / (1 + e), which is 1 − tanh |x|; right of it
/// by q = (1 − e) / (1 + e), with m = e − 1 as −m/2 − m/2 · q, which keeps the quotient's error out of the leading digits.
#[inline(always)]
pub fn tanh_and_slope<S: Simd>(s: S, x: S::V) -> (S::V, S::V) {
    let (a, one) = (s.abs(x), s.splat(1.0));
    let twice = s.neg(s.add(a, a));
    let (e, m) = (exp_negative(s, twice), expm1_negative(s, twice));
    let far = s.lt(twice, s.splat(-1.1));
    let q = s.div(s.select(far, s.add(e, e), s.neg(m)), s.add(one, e));
    let half = s.mul(s.splat(-0.5), m);
    let y = s.select(far, s.sub(one, q), s.fma(half, q, half));
    (y, s.select(far, s.fma(q, y, q), s.fma(s.neg(y), y, one)))
}

/// 1 / (1 + e⁻ˣ), from e to the −|x|, so that both tails are accurate.
#[inline(always)]
pub fn sigmoid<S: Simd>(s: S, x: S::V) -> S::V {
    sigmoid_of(s, x, exp_negative(s, s.neg(s.abs(x))))
}

/// sigmoid x, given e = e to the −|x|.
#[inline(always)]
pub fn sigmoid_of<S: Simd>(s: S, x: S::V, e: S::V) -> S::V {
    let one = s.splat(1.0);
    let negative = s.lt(x, s.splat(0.0));
    let y = s.div(s.select(negative, e, one), s.add(one, e));
    // e / (1 + e) = e − e · y: it keeps the quotient's error out of the leading digits of the small tail.
    s.select(negative, s.fma(s.neg(e), y, e), y)
}

/// sigmoid −|x|, given e = e to the −|x|.
#[inline(always)]
fn lesser<S: Simd>(s: S, e: S::V) -> S::V {
    s.fma(s.neg(e), s.div(e, s.add(s.splat(1.0), e)), e)
}

/// The slope of y = sigmoid x: y (1 − y), from the smaller of the two.
#[inline(always)]
pub fn sigmoid_slope<S: Simd>(s: S, x: S::V, y: S::V) -> S::V {
    sigmoid_slope_of(s, x, y, exp_negative(s, s.neg(s.abs(x))))
}

/// The slope of y = sigmoid x, given e = e to the −|x|.
#[inline(always)]
pub fn sigmoid_slope_of<S: Simd>(s: S, x: S::V, y: S::V, e: S::V) -> S::V {
    let least = s.select(s.lt(x, s.splat(0.0)), y, s.mul(e, y));
    s.fma(s.neg(least), least, least)
}

/// sigmoid −|x| and ln(1 + e to the −|x|): all that binary cross-entropy needs of one exponential.
#[inline(always)]
pub fn sigmoid_and_log1p<S: Simd>(s: S, x: S::V) -> (S::V, S::V) {
    let e = exp_negative(s, s.neg(s.abs(x)));
    (lesser(s, e), log1p(s, e))
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e to the −|x|).
#[inline(always)]
pub fn softplus<S: Simd>(s: S, x: S::V) -> S::V {
    s.add(s.max(s.splat(0.0), x), log1p(s, exp_negative(s, s.neg(s.abs(x)))))
}

/// ln(1 + f) − f for a reduced f, plus k ln 2's low part and `low`.
#[inline(always)]
fn log_tail<S: Simd>(s: S, f: S::V, k: S::V, low: S::V) -> S::V {
    let f2 = s.mul(f, f);
    let y = s.mul(s.mul(polynomial(s, &LOG, f, f2), f), f2);
    let y = s.fma(k, s.splat(LN_2_LOW), s.add(y, low));
    s.fma(s.splat(-0.5), f2, y)
}

/// ln(1 + x) for 0 ≤ x ≤ 1, all that softplus needs.
#[inline(always)]
pub fn log1p<S: Simd>(s: S, x: S::V) -> S::V {
    let (zero, one) = (s.splat(0.0), s.splat(1.0));
    let u = s.add(one, x);
    let lost = s.sub(x, s.sub(u, one));
    let large = s.lt(s.splat(std::f32::consts::SQRT_2), u);
    let scale = s.select(large, s.splat(0.5), one);
    let f = s.sub(s.mul(u, scale), one);
    let k = s.select(large, one, zero);
    // What rounding 1 + x lost, over 1 + f; two terms of the quotient's series are enough for it.
    let low = s.mul(s.mul(lost, scale), s.fma(f, f, s.sub(one, f)));
    s.fma(k, s.splat(LN_2_HIGH), s.add(f, log_tail(s, f, k, low)))
}

/// ln x. −∞ for ±0, NaN for negative numbers and NaN, ∞ for ∞.
#[inline(always)]
pub fn log<S: Simd>(s: S, x: S::V) -> S::V {
    let zero = s.splat(0.0);
    let subnormal = s.lt(x, s.splat(f32::MIN_POSITIVE));
    let bits = s.bits(s.select(subnormal, s.mul(x, s.splat(8_388_608.0)), x));
    let above = s.int_sub(bits, s.int(std::f32::consts::FRAC_1_SQRT_2.to_bits() as i32));
    let mantissa = s.int_add(s.and(above, s.int(0x7f_ffff)), s.int(std::f32::consts::FRAC_1_SQRT_2.to_bits() as i32));
    let f = s.sub(s.float(mantissa), s.splat(1.0));
    let k = s.add(s.convert(s.shift_down(above)), s.select(subnormal, s.splat(-23.0), zero));
    let y = s.fma(k, s.splat(LN_2_HIGH), s.add(f, log_tail(s, f, k, zero)));
    let y = s.select(s.lt(x, s.splat(f32::INFINITY)), y, x);
    let y = s.select(s.lt(x, zero), s.splat(f32::NAN), y);
    s.select(s.eq(x, zero), s.splat(f32::NEG_INFINITY), y)
}

/// (a + 2) · Φ(−a) · e to the a²/2, by powers of (a − 2) / (a + 2), for 0 ≤ a ≤ 14.5 (a fit of our own, to 2.4e-8).
const NORMAL: [f32; 11] = [
    6.724079847e-01,
    -3.314045668e-01,
    2.879839763e-02,
    3.672159463e-02,
    -4.832165723e-04,
    -6.751568057e-03,
    -1.890604035e-03,
    8.842052193e-04,
    7.241431740e-04,
    3.076288340e-05,
    -7.630509936e-05,
];

/// The normal distribution: Φ(x) and its density φ(x). Both tails have all digits: with the part of x² that its rounding
/// lost, and below 0 without a difference.
#[inline(always)]
pub fn normal_distribution<S: Simd>(s: S, x: S::V) -> (S::V, S::V) {
    // Beyond 15 it is 0 or 1 to the last bit.
    let (a, two) = (s.min(s.splat(15.0), s.abs(x)), s.splat(2.0));
    let square = s.mul(a, a);
    let lost = s.fma(a, a, s.neg(square));
    let e = exp_negative(s, s.mul(s.splat(-0.5), square));
    let e = s.fma(s.mul(s.splat(-0.5), lost), e, e);
    let share = s.div(s.splat(1.0), s.add(a, two));
    let q = s.mul(s.sub(a, two), share);
    let tail = s.mul(s.mul(polynomial(s, &NORMAL, q, s.mul(q, q)), share), e);
    let above = s.lt(s.splat(0.0), x);
    (s.select(above, s.sub(s.splat(1.0), tail), tail), s.mul(s.splat(0.398_942_3), e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::{Isa, Kernel, Lanes};

    #[derive(Clone, Copy, Debug)]
    enum Function {
        ExpNegative,
        Expm1Negative,
        Tanh,
        Sigmoid,
        Softplus,
        Log1p,
        Log,
        Normal,
    }
    use Function::*;

    struct Apply<'a>(Function, &'a mut [Lanes]);

    impl Kernel for Apply<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            for lanes in self.1 {
                let x = s.load(&lanes.0);
                let y = match self.0 {
                    ExpNegative => exp_negative(s, x),
                    Expm1Negative => expm1_negative(s, x),
                    Tanh => tanh(s, x),
                    Sigmoid => sigmoid(s, x),
                    Softplus => softplus(s, x),
                    Log1p => log1p(s, x),
                    Log => log(s, x),
                    Normal => normal_distribution(s, x).0,
                };
                s.store(&mut lanes.0, y);
            }
        }
    }

    fn apply(isa: Isa, function: Function, x: &[f32]) -> Vec<f32> {
        let mut lanes: Vec<Lanes> = x
            .chunks(32)
            .map(|chunk| {
                let mut lanes = Lanes::ZERO;
                lanes.0[..chunk.len()].copy_from_slice(chunk);
                lanes
            })
            .collect();
        isa.run(Apply(function, &mut lanes));
        lanes.iter().flat_map(|lanes| lanes.0).take(x.len()).collect()
    }

    fn exact(function: Function, x: f64) -> f64 {
        match function {
            ExpNegative => libm::exp(x),
            Expm1Negative => libm::expm1(x),
            Tanh => libm::tanh(x),
            Sigmoid if x < 0.0 => libm::exp(x) / (1.0 + libm::exp(x)),
            Sigmoid => 1.0 / (1.0 + libm::exp(-x)),
            Softplus => x.max(0.0) + libm::log1p(libm::exp(-x.abs())),
            Log1p => libm::log1p(x),
            Log => libm::log(x),
            Normal => 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2),
        }
    }

    /// Distance in units of the last place of the exact value's f32 neighbourhood.
    fn ulps(ours: f32, exact: f64) -> f64 {
        let rounded = exact as f32;
        if ours == rounded {
            return if rounded.is_finite() { (f64::from(ours) - exact).abs() / ulp(rounded) } else { 0.0 };
        }
        if !rounded.is_finite() || !ours.is_finite() {
            // Off by one at the overflow threshold counts as one.
            let bound = f64::from(f32::MAX);
            return if exact.abs() > bound * (1.0 - 1e-6) && ours.abs() >= f32::MAX * 0.9999999 {
                1.0
            } else {
                f64::INFINITY
            };
        }
        (f64::from(ours) - exact).abs() / ulp(rounded)
    }

    fn ulp(x: f32) -> f64 {
        let exponent = ((x.to_bits() >> 23) & 0xff).max(1) as i32;
        libm::ldexp(1.0, exponent - 127 - 23)
    }

    const DOMAINS: [(Function, f32, f32); 8] = [
        (ExpNegative, f32::MIN, 0.0),
        (Expm1Negative, f32::MIN, 0.0),
        (Tanh, f32::MIN, f32::MAX),
        (Sigmoid, f32::MIN, f32::MAX),
        (Softplus, f32::MIN, f32::MAX),
        (Log1p, 0.0, 1.0),
        (Log, 0.0, f32::MAX),
        (Normal, f32::MIN, f32::MAX),
    ];

    /// The largest error over every `stride`-th float of the range, and where it is; a million at a time, as all of them
    /// would not fit into memory.
    fn worst(isa: Isa, function: Function, from: f32, to: f32, stride: usize) -> (f64, f32) {
        let mut all = (0..=u32::MAX).step_by(stride).map(f32::from_bits).filter(|x| (from..=to).contains(x));
        let mut worst = (0.0, 0.0);
        loop {
            let x: Vec<f32> = all.by_ref().take(1 << 20).collect();
            if x.is_empty() {
                return worst;
            }
            for (x, y) in x.iter().zip(apply(isa, function, &x)) {
                let error = ulps(y, exact(function, f64::from(*x)));
                if error > worst.0 || error.is_nan() {
                    worst = (error, *x);
                }
            }
        }
    }

    #[test]
    fn every_function_is_within_two_ulp_of_the_exact_value_and_the_normal_distribution_within_four() {
        let isa = Isa::current();
        // A prime, so that all mantissas are met; TALLOW_ULP_STRIDE=1 checks every float.
        let stride = std::env::var("TALLOW_ULP_STRIDE").ok().and_then(|s| s.parse().ok()).unwrap_or(4999);
        for (function, from, to) in DOMAINS {
            let (error, x) = worst(isa, function, from, to, stride);
            println!("{function:?}: {error:.3} ulp at {x:e}");
            let allowed = if let Normal = function { 4.0 } else { 2.0 };
            assert!(error <= allowed, "{function:?} is off by {error} ulp at {x:e}");
        }
    }

    #[test]
    fn a_step_along_a_quotient_has_the_same_bits_however_small_the_quotient() {
        struct Step<'a>(f32, &'a Lanes, f32, f32);
        impl Kernel for Step<'_> {
            type Output = Lanes;
            #[inline(always)]
            fn run<S: Simd>(self, s: S) -> Lanes {
                let mut y = Lanes::ZERO;
                s.store(&mut y.0, add_quotient(s, self.0, s.load(&self.1.0), s.splat(self.2), s.splat(self.3)));
                y
            }
        }
        // Multiples of the least subnormal and others near every bound, by divisors that make quotients of every size.
        let dividends =
            (0..64).map(|k| f32::from_bits(k * k * k * 37)).chain((0..64).map(|k| 1e-19 * k as f32 - 3e-18));
        let dividends: Vec<f32> = dividends.chain([0.0, -0.0, 1.0, f32::INFINITY, f32::NAN, -1e-45]).collect();
        // Alone, where no other lane has it computed plainly, and among others.
        let alone = dividends.iter().map(|&a| Lanes([a; 32]));
        let vectors: Vec<Lanes> =
            alone.chain(dividends.windows(32).map(|a| Lanes(std::array::from_fn(|l| a[l])))).collect();
        for isa in Isa::available() {
            for b in [1e-8, 0.3, 1.0, 3.0, 7e9, 1e30, f32::MAX, f32::INFINITY, f32::NAN, 0.0, 1e-44, -2.5] {
                for p in [0.0, -0.0, 1e-45, -3e-39, 1e-30, 5.5e-20, -0.3, 1e20, f32::MAX, f32::NAN] {
                    for rate in [-1e-3, 1e-40, 2.0, -1e30, f32::INFINITY, f32::NAN] {
                        for a in &vectors {
                            for (a, y) in a.0.into_iter().zip(isa.run(Step(rate, a, b, p)).0) {
                                let plain = rate.mul_add(a / b, p);
                                let same = y.to_bits() == plain.to_bits() || y.is_nan() && plain.is_nan();
                                assert!(same, "{rate:e} · ({a:e} / {b:e}) + {p:e} = {y:e} on {}", isa.name());
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_ends_of_the_line_are_right() {
        let (inf, nan) = (f32::INFINITY, f32::NAN);
        let x = [inf, -inf, 0.0, -0.0, nan, -nan];
        let is = |function, expected: [f32; 6]| {
            for isa in Isa::available() {
                for (i, (y, want)) in apply(isa, function, &x).into_iter().zip(expected).enumerate() {
                    let same = y.to_bits() == want.to_bits() || y.is_nan() && want.is_nan();
                    assert!(same, "{function:?}({}) = {y} on {}", x[i], isa.name());
                }
            }
        };
        is(Tanh, [1.0, -1.0, 0.0, -0.0, nan, nan]);
        is(Sigmoid, [1.0, 0.0, 0.5, 0.5, nan, nan]);
        is(Softplus, [inf, 0.0, std::f32::consts::LN_2, std::f32::consts::LN_2, nan, nan]);
        is(Log, [inf, nan, -inf, -inf, nan, nan]);
        is(Normal, [1.0, 0.0, 0.5, 0.5, nan, nan]);
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        for (function, _, _) in DOMAINS {
            let x: Vec<f32> = (0..=u32::MAX).step_by(49_999).map(f32::from_bits).collect();
            let canonical = |isa| apply(isa, function, &x).into_iter().map(|y| crate::numerics::canonical(y).to_bits());
            let reference: Vec<u32> = canonical(Isa::current()).collect();
            for isa in Isa::available() {
                assert!(canonical(isa).eq(reference.iter().copied()), "{function:?} differs on {}", isa.name());
            }
        }
    }
}
