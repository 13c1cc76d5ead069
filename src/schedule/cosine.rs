//! Half a cosine, as `torch.optim.lr_scheduler.CosineAnnealingLR` in its closed form, with all steps for `T_max`.

use super::{At, Curve, half_cosine};

super::curve! {
    /// Half a cosine from 1 to `final_factor` (Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts).
    pub struct Cosine {
        /// The factor at the end.
        final_factor: f64 = Float(0.0), Within(0.0, 1.0);
    }
}

impl Curve for Cosine {
    fn factor(&self, at: At) -> f64 {
        self.final_factor + (1.0 - self.final_factor) * half_cosine(at.progress())
    }
}
