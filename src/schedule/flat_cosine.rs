//! Flat, then half a cosine: RealMLP's schedule of dropout and weight decay.

use super::{At, Curve, half_cosine};

super::curve! {
    /// 1 for a share of the steps, then half a cosine to 0 (Holzmüller et al. 2024, arXiv:2407.04491).
    pub struct FlatCosine {
        /// Share of the steps before the cosine.
        flat_share: f64 = Float(0.5), Below(0.0, 1.0);
    }
}

impl Curve for FlatCosine {
    fn factor(&self, at: At) -> f64 {
        half_cosine(((at.progress() - self.flat_share) / (1.0 - self.flat_share)).max(0.0))
    }
}
