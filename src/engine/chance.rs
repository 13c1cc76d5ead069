//! What is left to chance in the steps of a training: counted, not drawn, so that it does not depend on lanes, cohort, order or
//! device.

use crate::numerics::{self, Isa, Kernel, LANES, Lanes, Simd};
use crate::rng::{Purpose, Stream};

/// The chance of a run. A number of it belongs to a step (from 0), a layer, a unit and a sample's place in the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chance {
    /// Philox's key.
    pub key: [u32; 2],
}

/// A layer's dropout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Units with a number below it are left out.
    pub rate: f32,
    /// What is made of the others: one over the share of them.
    pub scale: f32,
}

impl Dropout {
    /// Of this rate, in 0..1; `None` for 0.
    pub fn new(rate: f64) -> Option<Self> {
        (rate > 0.0).then_some(Self { rate: rate as f32, scale: (1.0 / (1.0 - rate)) as f32 })
    }
}

/// Numbers of some units for the 32 samples of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    /// The step, from 0.
    pub step: u32,
    /// The layer: 0 for the inputs, 1 for the first hidden one.
    pub layer: usize,
    /// The group.
    pub group: usize,
}

impl Chance {
    /// That of the replicate `seed`.
    pub fn new(seed: u64) -> Self {
        let bits = Stream::new(Purpose::Chance, "", seed).bits();
        Self { key: [bits as u32, (bits >> 32) as u32] }
    }

    /// Words for four units from `unit`, a multiple of four.
    #[inline(always)]
    fn words<S: Simd>(self, s: S, At { step, layer, group }: At, unit: usize) -> [S::I; 4] {
        let counter = [numerics::places(s, group), s.int(unit as i32 / 4), s.int(layer as i32), s.int(step as i32)];
        numerics::philox(s, self.key, counter)
    }

    /// Leaves out units of a hidden layer: their values and slopes become +0, the others' grow.
    #[inline(always)]
    pub(super) fn leave_out<S: Simd>(self, s: S, at: At, dropout: Dropout, y: &mut [Lanes], slopes: &mut [Lanes]) {
        let (rate, scale, zero) = (s.splat(dropout.rate), s.splat(dropout.scale), s.splat(0.0));
        for (four, (y, slopes)) in y.chunks_mut(4).zip(slopes.chunks_mut(4)).enumerate() {
            let words = self.words(s, at, 4 * four);
            for ((y, slope), word) in y.iter_mut().zip(slopes).zip(words) {
                let out = s.lt(numerics::unit(s, word), rate);
                for lanes in [&mut y.0, &mut slope.0] {
                    let grown = s.mul(s.load(lanes), scale);
                    s.store(lanes, s.select(out, zero, grown));
                }
            }
        }
    }

    /// The inputs `x`, each with a normal number times `deviation` added, in `noisy`.
    #[inline(always)]
    pub(super) fn add_noise<S: Simd>(self, s: S, at: At, deviation: f32, x: &[Lanes], noisy: &mut [Lanes]) {
        for (four, (x, noisy)) in x.chunks(4).zip(noisy.chunks_mut(4)).enumerate() {
            let words = self.words(s, at, 4 * four);
            for ((x, noisy), word) in x.iter().zip(noisy).zip(words) {
                let sum = s.fma(s.splat(deviation), numerics::normal(s, word), s.load(&x.0));
                s.store(&mut noisy.0, sum);
            }
        }
    }

    /// What the values of hidden layer `layer` (from 0) are multiplied by in a step: row-major `samples × units`.
    pub fn factors(self, step: u32, layer: usize, dropout: Dropout, units: usize, samples: usize) -> Vec<f32> {
        let what = What::Factors(dropout);
        Isa::current().run(Numbers { chance: self, step, layer: layer + 1, units, samples, what })
    }

    /// What is added to the inputs in a step: row-major `samples × features`.
    pub fn noise(self, step: u32, deviation: f32, features: usize, samples: usize) -> Vec<f32> {
        let what = What::Noise(deviation);
        Isa::current().run(Numbers { chance: self, step, layer: 0, units: features, samples, what })
    }
}

/// All numbers of a layer in a step, as rows.
struct Numbers {
    chance: Chance,
    step: u32,
    layer: usize,
    units: usize,
    samples: usize,
    what: What,
}

enum What {
    Factors(Dropout),
    Noise(f32),
}

impl Kernel for Numbers {
    type Output = Vec<f32>;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<f32> {
        let Self { chance, step, layer, units, samples, what } = self;
        let mut groups = vec![Lanes([1.0; LANES]); samples.div_ceil(LANES) * units];
        for (group, numbers) in groups.chunks_mut(units).enumerate() {
            let (mut others, at) = (vec![Lanes::ZERO; units], At { step, layer, group });
            match what {
                What::Factors(dropout) => chance.leave_out(s, at, dropout, numbers, &mut others),
                What::Noise(deviation) => chance.add_noise(s, at, deviation, &others, numbers),
            }
        }
        numerics::unpack(&groups, units, samples).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_layer_unit_and_sample_has_a_number_of_its_own_and_the_shares_are_right() {
        let chance = Chance::new(3);
        let dropout = Dropout::new(0.3).expect("a rate");
        let mut out = 0;
        for step in 0..20 {
            for layer in 0..3 {
                let factors = chance.factors(step, layer, dropout, 50, 70);
                assert!(factors.iter().all(|&factor| factor == 0.0 || factor == dropout.scale));
                out += factors.iter().filter(|&&factor| factor == 0.0).count();
            }
        }
        let share = out as f64 / (20.0 * 3.0 * 50.0 * 70.0);
        assert!((share - 0.3).abs() < 0.003, "{share}");
        // What a sample has does not depend on how many there are, nor a unit's on the width of its layer.
        let (few, many) = (chance.factors(5, 1, dropout, 7, 3), chance.factors(5, 1, dropout, 50, 70));
        assert!(few.chunks(7).zip(many.chunks(50)).all(|(few, many)| few == &many[..7]));
        let all: Vec<Vec<f32>> = vec![
            many,
            chance.factors(6, 1, dropout, 50, 70),
            chance.factors(5, 0, dropout, 50, 70),
            Chance::new(4).factors(5, 1, dropout, 50, 70),
        ];
        assert!((1..4).all(|k| all[k] != all[0]));
    }

    #[test]
    fn noise_has_its_deviation() {
        let noise = Chance::new(1).noise(9, 0.5, 30, 2000);
        let moment = |k: i32| noise.iter().map(|&x| f64::from(x).powi(k)).sum::<f64>() / 60_000.0;
        assert!(moment(1).abs() < 0.01 && (moment(2) - 0.25).abs() < 0.005, "{} {}", moment(1), moment(2));
    }
}
