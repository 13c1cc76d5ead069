//! Sum of the squares.

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// y = (x₁² + x₂²) / 4
    pub struct SumSquares {
        /// Standard deviation of the normal noise added to the target.
        noise: f64 = Float(0.0), AtLeast(0.0);
    }
}

impl Formula for SumSquares {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        (x1 * x1 + x2 * x2) / 4.0
    }
}

impl Source for SumSquares {
    fn task(&self) -> Task {
        Task::Regression
    }

    fn formula(&self) -> &'static str {
        "y = (x₁² + x₂²) / 4"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, self.noise)
    }
}
