//! One over the root of the steps, the schedule of the first transformers.

use super::{At, Curve};

super::curve! {
    /// √(w / (w + t)) with t steps after the w steps of the warm-up, of which there is at least one (Vaswani et al. 2017,
    /// arXiv:1706.03762, its peak scaled to 1).
    pub struct InverseSqrt {}
}

impl Curve for InverseSqrt {
    fn factor(&self, at: At) -> f64 {
        let rise = at.rise.max(1) as f64;
        (rise / (rise + at.step as f64)).sqrt()
    }
}
