//! Nested rings of equal area steps.

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// class ⌊(x₁² + x₂²) / 2⌋ of 4
    pub struct Circles {}
}

impl Formula for Circles {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        ((x1 * x1 + x2 * x2) / 2.0).floor()
    }
}

impl Source for Circles {
    fn task(&self) -> Task {
        Task::Multiclass { classes: 4 }
    }

    fn formula(&self) -> &'static str {
        "class ⌊(x₁² + x₂²) / 2⌋ of 4"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, 0.0)
    }
}
