//! Exclusive or of the signs: class 1 where x₁·x₂ > 0.

crate::settings! {
    /// x₁·x₂ > 0, points uniform in [-2, 2]².
    pub struct Xor {}
}
