//! Rectified linear unit: max(0, x).

crate::settings! {
    /// max(0, x).
    pub struct Relu {}
}
