//! Warm-up, stable, decay: the schedule whose stable part all lengths of a training share.

use super::{At, Curve};

super::curve! {
    /// 1, and over the last share of the steps 1 − √x of the way x to `final_factor` (Hägele et al. 2024, arXiv:2405.18392).
    pub struct Wsd {
        /// Share of the steps that decay.
        decay_share: f64 = Float(0.2), Within(0.0, 1.0);
        /// The factor at the end.
        final_factor: f64 = Float(0.0), Within(0.0, 1.0);
    }
}

impl Curve for Wsd {
    fn factor(&self, at: At) -> f64 {
        let from = at.total as f64 * (1.0 - self.decay_share);
        let left = at.total as f64 - from;
        let way = if left > 0.0 { ((at.step as f64 - from) / left).max(0.0) } else { 0.0 };
        1.0 + (self.final_factor - 1.0) * way.sqrt()
    }
}
