//! Bytes for the page: losses on a logarithmic 16-bit scale, deflate, base64.

use base64::Engine as _;
use std::io::Write;

/// Stands for an epoch that was not trained.
const NONE: u16 = 65535;
/// Stands for a loss that is not finite.
const NOT_FINITE: u16 = 65534;
/// The highest step of the scale.
const STEPS: f64 = 65533.0;

/// A loss as a step between the logarithms `low` and `high`; zero is the lowest.
pub(super) fn loss(value: Option<f32>, low: f64, high: f64) -> u16 {
    match value {
        None => NONE,
        Some(x) if !x.is_finite() => NOT_FINITE,
        Some(_) if high <= low => 0,
        Some(x) => {
            let at = (libm::log10(f64::from(x)) - low) / (high - low);
            libm::round(at.clamp(0.0, 1.0) * STEPS) as u16
        }
    }
}

/// zlib, at the level that is best for its size.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(9));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}

/// Standard base64 with padding (RFC 4648).
pub(super) fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_keep_their_order_and_gaps_stay_gaps() {
        let step = |x| loss(Some(x), -4.0, 1.0);
        assert!(step(1e-4) == 0 && step(10.0) == 65533 && step(1e-3) < step(2e-3));
        assert_eq!(step(0.0), 0);
        assert_eq!((loss(None, -4.0, 1.0), step(f32::NAN), step(f32::INFINITY)), (NONE, NOT_FINITE, NOT_FINITE));
    }
}
