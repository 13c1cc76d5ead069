//! Equal signs (the tutorial's name for it is XOR).

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// class 1 where x₁·x₂ > 0
    pub struct Xor {}
}

impl Formula for Xor {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from(x1 * x2 > 0.0)
    }
}

impl Source for Xor {
    fn task(&self) -> Task {
        Task::Binary
    }

    fn formula(&self) -> &'static str {
        "class 1 where x₁·x₂ > 0"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, 0.0)
    }
}
