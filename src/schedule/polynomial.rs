//! A power of what is left, as `torch.optim.lr_scheduler.PolynomialLR` with all steps for `total_iters`.

use super::{At, Curve};

super::curve! {
    /// What is left of the steps, to the `power`.
    pub struct Polynomial {
        /// The power; 1 is a straight line.
        power: f64 = Float(1.0), Above(0.0);
    }
}

impl Curve for Polynomial {
    fn factor(&self, at: At) -> f64 {
        libm::pow(1.0 - at.progress(), self.power)
    }
}
