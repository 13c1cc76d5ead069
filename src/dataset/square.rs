//! A square on its corner.

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// class 1 where |x₁| + |x₂| ≤ 1
    pub struct Square {}
}

impl Formula for Square {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from(x1.abs() + x2.abs() <= 1.0)
    }
}

impl Source for Square {
    fn task(&self) -> Task {
        Task::Binary
    }

    fn formula(&self) -> &'static str {
        "class 1 where |x₁| + |x₂| ≤ 1"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, 0.0)
    }
}
