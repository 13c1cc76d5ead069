//! Seeded random streams, the only source of chance: ChaCha8 keyed by what the stream is for.
//!
//! A stream depends on its purpose and key alone, so equal seeds give every optimizer the same points, the same
//! initial weights and the same batches (common random numbers), and a new axis never changes an old run. The mapping
//! to numbers is our own and fixed: `rand`'s distributions and the C library may change theirs.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream is for; part of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Points, targets and noise of a dataset.
    Data,
    /// Initial weights and biases.
    Weights,
    /// The order of samples, reshuffled per epoch.
    Order,
    /// Resampling in statistics.
    Bootstrap,
    /// Drawing a subset of a grid.
    Sample,
}

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of `seed` for a purpose; `key` tells apart streams of one purpose (canonical text of what they make).
    pub fn new(purpose: Purpose, key: &str, seed: u64) -> Self {
        let purpose = match purpose {
            Purpose::Data => "data",
            Purpose::Weights => "weights",
            Purpose::Order => "order",
            Purpose::Bootstrap => "bootstrap",
            Purpose::Sample => "sample",
        };
        let mut hasher = blake3::Hasher::new_derive_key("tallow 1 random stream");
        for part in [purpose, key, &seed.to_string()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in [from, to).
    pub fn uniform(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// Uniform in 0..n, without bias (Lemire 2019, arXiv:1805.10941). Panics if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "an empty range has no element");
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Standard normal (Box–Muller, with `libm` so that every host agrees). Always consumes two draws.
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// Fisher–Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}
