//! Hyperbolic tangent.

crate::settings! {
    /// tanh x.
    pub struct Tanh {}
}
