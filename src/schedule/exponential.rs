//! A geometric decay, as `torch.optim.lr_scheduler.ExponentialLR`, once an epoch.

use super::{At, Curve};

super::curve! {
    /// Multiplied by `decay` after every epoch.
    pub struct Exponential {
        /// The factor of each decay.
        decay: f64 = Float(0.95), Above(0.0);
    }
}

impl Curve for Exponential {
    fn factor(&self, at: At) -> f64 {
        libm::pow(self.decay, at.epoch() as f64)
    }
}
