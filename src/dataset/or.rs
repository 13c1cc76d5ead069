//! Disjunction of the signs.

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// class 1 where x₁ > 0 or x₂ > 0
    pub struct Or {}
}

impl Formula for Or {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from(x1 > 0.0 || x2 > 0.0)
    }
}

impl Source for Or {
    fn task(&self) -> Task {
        Task::Binary
    }

    fn formula(&self) -> &'static str {
        "class 1 where x₁ > 0 or x₂ > 0"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, 0.0)
    }
}
