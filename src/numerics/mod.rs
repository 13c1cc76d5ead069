//! The arithmetic that every CPU agrees on to the last bit: 32 virtual lanes, fused multiply-adds, our own functions.
//!
//! `docs/numerics.md` is the contract; this module and the kinds' own files implement it. Which instruction set does the
//! work is chosen at run time and never shows in a result.

mod batch;
mod chance;
mod dense;
mod eigen;
mod isa;
mod math;
mod matrix;
mod portable;
mod simd;
#[cfg(target_arch = "x86_64")]
mod x86;

pub use batch::{pack, total, unpack};
pub use chance::{normal, philox, places, unit};
pub use dense::{
    Finish, Plain, Transposed, affine, backward, bias_gradient, narrow_gradient, reduce, transpose, wide_gradient,
};
pub use eigen::{eigenbasis, orthonormal};
pub use isa::Isa;
pub use math::{
    add_quotient, exp_negative, expm1_negative, log, log1p, normal_distribution, sigmoid, sigmoid_and_log1p,
    sigmoid_of, sigmoid_slope, sigmoid_slope_of, softplus, tanh, tanh_and_slope,
};
pub use matrix::{Matrix, Outer, Product, dot, last_mask, tree};
pub use simd::{Fma, Kernel, LANES, Lanes, Simd};

/// The version of the contract, part of every fused run's identity. Any change of any bit raises it.
pub const VERSION: u32 = 2;

/// Sixteen partial sums: 32 lanes after the first step of the reduction tree.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Half(pub [f32; 16]);

/// The same number with one bit pattern for all NaNs, so that no platform's choice of sign or payload is stored.
pub fn canonical(x: f32) -> f32 {
    if x.is_nan() { f32::from_bits(0x7fc0_0000) } else { x }
}

/// The sum of f32 terms in f64, in the order given.
pub fn sum(terms: &[f32]) -> f64 {
    terms.iter().fold(0.0, |sum, &term| sum + f64::from(term))
}
