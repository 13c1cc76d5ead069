//! The instruction sets this build knows, and which of them the CPU has.

use std::sync::OnceLock;

use super::portable::Portable;
use super::simd::{Kernel, Simd};
#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512};

/// An instruction set that this CPU has. It decides how fast a result comes, never what it is.
#[derive(Clone, Copy, Debug)]
pub struct Isa(Choice);

#[derive(Clone, Copy, Debug)]
enum Choice {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable(Portable),
}

impl Isa {
    /// Those that this CPU has, the best first.
    pub fn available() -> Vec<Self> {
        let mut found = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            found.extend(Avx512::detect().map(|isa| Self(Choice::Avx512(isa))));
            found.extend(Avx2::detect().map(|isa| Self(Choice::Avx2(isa))));
        }
        found.push(Self(Choice::Portable(Portable)));
        found
    }

    /// The best that this CPU has, or the one that the environment variable `TALLOW_ISA` names (for tests; a name that
    /// is unknown or that the CPU lacks is passed over).
    pub fn current() -> Self {
        static CURRENT: OnceLock<Isa> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let forced = std::env::var("TALLOW_ISA").unwrap_or_default();
            let available = Self::available();
            available.iter().copied().find(|isa| isa.name() == forced).unwrap_or(available[0])
        })
    }

    /// `avx512`, `avx2` or `portable`.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Choice::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Choice::Avx2(_) => "avx2",
            Choice::Portable(_) => "portable",
        }
    }

    /// Runs a kernel with these instructions.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Choice::Avx512(isa) => isa.call(kernel),
            #[cfg(target_arch = "x86_64")]
            Choice::Avx2(isa) => isa.call(kernel),
            Choice::Portable(isa) => isa.call(kernel),
        }
    }
}
