//! Decays at equal distances, as `torch.optim.lr_scheduler.StepLR`, once an epoch.

use super::{At, Curve};

super::curve! {
    /// Multiplied by `decay` every `decay_epochs` epochs.
    pub struct Step {
        /// Epochs between decays.
        decay_epochs: u64 = Int(50), AtLeast(1.0);
        /// The factor of each decay.
        decay: f64 = Float(0.1), Above(0.0);
    }
}

impl Curve for Step {
    fn factor(&self, at: At) -> f64 {
        libm::pow(self.decay, (at.epoch() / self.decay_epochs) as f64)
    }
}
