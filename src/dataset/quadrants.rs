//! The four quadrants, counted from the third.

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// class ⌊2 (atan2(x₂, x₁) / π + 1)⌋ of 4
    pub struct Quadrants {}
}

impl Formula for Quadrants {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        (2.0 * (libm::atan2(x2, x1) / std::f64::consts::PI + 1.0)).floor()
    }
}

impl Source for Quadrants {
    fn task(&self) -> Task {
        Task::Multiclass { classes: 4 }
    }

    fn formula(&self) -> &'static str {
        "class ⌊2 (atan2(x₂, x₁) / π + 1)⌋ of 4"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, 0.0)
    }
}
