//! The base learning rate throughout.

use super::{At, Curve};

super::curve! {
    /// The base learning rate throughout.
    pub struct Constant {}
}

impl Curve for Constant {
    fn factor(&self, _: At) -> f64 {
        1.0
    }
}
