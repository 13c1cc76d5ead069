//! A straight line, as `torch.optim.lr_scheduler.LinearLR` with `start_factor = 1` and all steps for `total_iters`.

use super::{At, Curve};

super::curve! {
    /// A straight line from 1 at the first step to `final_factor` after the last.
    pub struct Linear {
        /// The factor at the end.
        final_factor: f64 = Float(0.0), Within(0.0, 1.0);
    }
}

impl Curve for Linear {
    fn factor(&self, at: At) -> f64 {
        1.0 + (self.final_factor - 1.0) * at.progress()
    }
}
