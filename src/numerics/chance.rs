//! Chance that is counted, not drawn: a number for each counter, whoever asks for it and whenever.

#![allow(clippy::excessive_precision, reason = "constants as in their sources")]

use super::simd::{LANES, Lanes, Simd};

/// Multipliers and additions of a round.
const MULTIPLY: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const BUMP: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

/// √2 erf⁻¹(x) / x as polynomials in w = −ln(1 − x²): in w − 2.5 below 5, in √w − 3 above (Giles 2012, “Approximating the erfinv
/// function”, single precision).
const CENTRE: [f32; 9] = [
    2.810_226_36e-8,
    3.432_739_39e-7,
    -3.523_387_7e-6,
    -4.391_506_54e-6,
    0.000_218_580_87,
    -0.001_253_725_03,
    -0.004_177_681_64,
    0.246_640_727,
    1.501_409_41,
];
const TAIL: [f32; 9] = [
    -0.000_200_214_257,
    0.000_100_950_558,
    0.001_349_343_22,
    -0.003_673_428_44,
    0.005_739_507_73,
    -0.007_622_461_3,
    0.009_438_870_47,
    1.001_674_06,
    2.832_976_82,
];

/// Four words of 32 bits for each lane's counter: Philox4x32 with ten rounds (Salmon et al. 2011, “Parallel random numbers: as
/// easy as 1, 2, 3”).
#[inline(always)]
pub fn philox<S: Simd>(s: S, mut key: [u32; 2], counter: [S::I; 4]) -> [S::I; 4] {
    let [mut a, mut b, mut c, mut d] = counter;
    for _ in 0..10 {
        let ((upper_a, lower_a), (upper_c, lower_c)) = (s.mul_wide(a, MULTIPLY[0]), s.mul_wide(c, MULTIPLY[1]));
        a = s.xor(s.xor(upper_c, b), s.int(key[0] as i32));
        c = s.xor(s.xor(upper_a, d), s.int(key[1] as i32));
        (b, d) = (lower_c, lower_a);
        key = [key[0].wrapping_add(BUMP[0]), key[1].wrapping_add(BUMP[1])];
    }
    [a, b, c, d]
}

/// The numbers of a group's samples in their batch.
#[inline(always)]
pub fn places<S: Simd>(s: S, group: usize) -> S::I {
    const FIRST: Lanes = {
        let mut lanes = [0.0; LANES];
        let mut lane = 0;
        while lane < LANES {
            lanes[lane] = f32::from_bits(lane as u32);
            lane += 1;
        }
        Lanes(lanes)
    };
    s.int_add(s.bits(s.load(&FIRST.0)), s.int((group * LANES) as i32))
}

/// A word's upper 24 bits as a number in [0, 1), exact.
#[inline(always)]
pub fn unit<S: Simd>(s: S, word: S::I) -> S::V {
    s.mul(s.convert(s.upper_24(word)), s.splat(1.0 / (1 << 24) as f32))
}

/// The standard normal number whose distribution function, to 24 bits, is the middle of a word's [`unit()`] and the next.
#[inline(always)]
pub fn normal<S: Simd>(s: S, word: S::I) -> S::V {
    let one = s.splat(1.0);
    // Odd multiples of 2⁻²⁴ between −1 and 1: exact, never 0 and never an end.
    let x = s.fma(s.splat(2.0), unit(s, word), s.splat(1.0 / (1 << 24) as f32 - 1.0));
    let w = s.neg(super::log(s, s.mul(s.sub(one, x), s.add(one, x))));
    let centre = super::math::horner(s, CENTRE, s.sub(w, s.splat(2.5)));
    let tail = super::math::horner(s, TAIL, s.sub(s.sqrt(w), s.splat(3.0)));
    let ratio = s.select(s.lt(w, s.splat(5.0)), centre, tail);
    s.mul(s.mul(s.splat(std::f32::consts::SQRT_2), ratio), x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::{Isa, Kernel};

    /// Words of lane 0, and the numbers made of them.
    struct Words([u32; 2], [u32; 4]);

    impl Kernel for Words {
        type Output = ([u32; 4], [Lanes; 4], [Lanes; 4]);
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> Self::Output {
            let mut counter = self.1.map(|word| s.int(word as i32));
            counter[0] = s.int_add(counter[0], places(s, 0));
            let words = philox(s, self.0, counter);
            let stored = |v: S::V| {
                let mut lanes = Lanes::ZERO;
                s.store(&mut lanes.0, v);
                lanes
            };
            let first = words.map(|word| stored(s.float(word)).0[0].to_bits());
            (first, words.map(|word| stored(unit(s, word))), words.map(|word| stored(normal(s, word))))
        }
    }

    #[test]
    fn words_are_those_that_the_authors_of_philox_give() {
        let known: [([u32; 2], [u32; 4], [u32; 4]); 3] = [
            ([0; 2], [0; 4], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 2], [u32::MAX; 4], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0xa409_3822, 0x299f_31d0],
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for isa in Isa::available() {
            for (key, counter, words) in known {
                assert_eq!(isa.run(Words(key, counter)).0, words, "{}", isa.name());
            }
        }
    }

    #[test]
    fn units_are_even_and_normals_have_their_quantiles_on_every_instruction_set() {
        let all = |isa: Isa| {
            let draws = (0..2000).map(|k| isa.run(Words([7, 9], [32 * k, 0, 1, 5])));
            let (mut units, mut normals) = (Vec::new(), Vec::new());
            for (_, u, n) in draws {
                units.extend(u.iter().flat_map(|lanes| lanes.0));
                normals.extend(n.iter().flat_map(|lanes| lanes.0));
            }
            (units, normals)
        };
        let (units, normals) = all(Isa::current());
        for isa in Isa::available() {
            assert!(all(isa) == (units.clone(), normals.clone()), "{}", isa.name());
        }
        let n = units.len() as f64;
        let mut boxes = [0; 100];
        units.iter().for_each(|&u| boxes[(100.0 * u) as usize] += 1);
        let chi2: f64 = boxes.iter().map(|&seen| (f64::from(seen) - n / 100.0).powi(2) / (n / 100.0)).sum();
        assert!(chi2 < 149.0, "χ² of 99 degrees of freedom: {chi2}");
        for (&u, &z) in units.iter().zip(&normals) {
            let middle = f64::from(u) + 0.5 / f64::from(1 << 24);
            let below = 0.5 * libm::erfc(-f64::from(z) / std::f64::consts::SQRT_2);
            // As a share of the smaller tail: what an error of some ulp of z makes of it.
            let tail = middle.min(1.0 - middle);
            assert!((below - middle).abs() < 3e-6 * tail * (1.0 + f64::from(z * z)) + 1e-9, "{u}: {z}, {below}");
        }
        let moment = |k: i32| normals.iter().map(|&z| f64::from(z).powi(k)).sum::<f64>() / n;
        assert!(moment(1).abs() < 0.01 && (moment(2) - 1.0).abs() < 0.01 && (moment(4) - 3.0).abs() < 0.05);
    }
}
