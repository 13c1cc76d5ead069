//! A warm-up alone.

use super::{At, Curve, Rise};

crate::settings! {
    /// Linear from 0 over the first epochs, then constant.
    pub struct Warmup {
        /// Epochs of the rise.
        warmup_epochs: u64 = Int(5), AtLeast(1.0);
    }
}

impl Rise for Warmup {
    fn steps(&self, per_epoch: usize, _: usize) -> usize {
        (self.warmup_epochs as usize).saturating_mul(per_epoch)
    }
}

impl Curve for Warmup {
    fn factor(&self, _: At) -> f64 {
        1.0
    }
}
