//! Four cosine cycles, each twice as long as the one before: the schedule of RealMLP.

use super::{At, Curve};

super::curve! {
    /// ½ (1 − cos(2π log₂(1 + 15 x))) with x the share of the steps done (Holzmüller et al. 2024, arXiv:2407.04491).
    pub struct CosLog4 {}
}

impl Curve for CosLog4 {
    fn factor(&self, at: At) -> f64 {
        0.5 * (1.0 - libm::cos(2.0 * std::f64::consts::PI * libm::log2(1.0 + 15.0 * at.progress())))
    }
}
