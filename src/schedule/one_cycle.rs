//! One cycle up and down, as `torch.optim.lr_scheduler.OneCycleLR` by cosines, without its cycle of the momentum.

use super::{At, Curve, half_cosine};

super::curve! {
    /// Half a cosine from 1/`initial_divisor` up to 1 over a share of the steps, and another one down to the first factor over
    /// `final_divisor` at the last step (Smith & Topin 2019, arXiv:1708.07120). The learning rate is the peak.
    pub struct OneCycle {
        /// Share of the steps on the way up. The peak is at this share less one step, which need not be a whole one.
        rise_share: f64 = Float(0.3), Below(0.0, 1.0);
        /// What the first factor is smaller than the peak.
        initial_divisor: f64 = Float(25.0), AtLeast(1.0);
        /// What the last factor is smaller than the first.
        final_divisor: f64 = Float(1e4), AtLeast(1.0);
    }
}

impl Curve for OneCycle {
    fn factor(&self, at: At) -> f64 {
        let (peak, last, step) = (self.rise_share * at.total as f64 - 1.0, at.total as f64 - 1.0, at.step as f64);
        let first = 1.0 / self.initial_divisor;
        let from_to = |from: f64, to: f64, progress: f64| to + (from - to) * half_cosine(progress);
        if step <= peak {
            from_to(first, 1.0, if peak > 0.0 { step / peak } else { 1.0 })
        } else {
            let down = if last > peak { (step - peak) / (last - peak) } else { 0.0 };
            from_to(1.0, first / self.final_divisor, down)
        }
    }
}
