//! Nested squares on their corners.

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// class ⌊|x₁| + |x₂|⌋ of 4
    pub struct Squares {}
}

impl Formula for Squares {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        (x1.abs() + x2.abs()).floor()
    }
}

impl Source for Squares {
    fn task(&self) -> Task {
        Task::Multiclass { classes: 4 }
    }

    fn formula(&self) -> &'static str {
        "class ⌊|x₁| + |x₂|⌋ of 4"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, 0.0)
    }
}
