//! Decays after given epochs, as `torch.optim.lr_scheduler.MultiStepLR`, once an epoch.

use super::{At, Curve};

super::curve! {
    /// Multiplied by `decay` after each of the epochs in `milestones`.
    pub struct MultiStep {
        /// Epochs after which it decays, such as [30, 60].
        milestones: Vec<u64> = Wholes, Any;
        /// The factor of each decay.
        decay: f64 = Float(0.1), Above(0.0);
    }
}

impl Curve for MultiStep {
    fn factor(&self, at: At) -> f64 {
        let passed = self.milestones.iter().filter(|&&milestone| milestone <= at.epoch()).count();
        libm::pow(self.decay, passed as f64)
    }
}
