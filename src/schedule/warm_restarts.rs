//! Half cosines one after the other, as `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.

use super::{At, Curve, half_cosine};

super::curve! {
    /// Half a cosine from 1 to `final_factor` over `period_epochs` epochs, then again, each `period_factor` times as long as the
    /// one before (Loshchilov & Hutter 2017, arXiv:1608.03983).
    pub struct WarmRestarts {
        /// Epochs of the first period.
        period_epochs: u64 = Int(10), AtLeast(1.0);
        /// What each period is longer than the one before.
        period_factor: u64 = Int(1), AtLeast(1.0);
        /// The factor at the end of each period.
        final_factor: f64 = Float(0.0), Within(0.0, 1.0);
    }
}

impl Curve for WarmRestarts {
    fn factor(&self, at: At) -> f64 {
        let (mut period, mut step) = (self.period_epochs as f64 * at.per_epoch as f64, at.step as f64);
        if self.period_factor == 1 {
            step %= period;
        }
        while step >= period {
            step -= period;
            period *= self.period_factor as f64;
        }
        self.final_factor + (1.0 - self.final_factor) * half_cosine(step / period)
    }
}
