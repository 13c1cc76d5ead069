//! A diagonal stripe.

use super::Source;
use super::plane::{Formula, formula};
use crate::dataset::{Streams, Table, Task};

crate::settings! {
    /// class 1 where |x₁ − x₂| ≤ 1
    pub struct Stripe {}
}

impl Formula for Stripe {
    fn target(&self, x1: f64, x2: f64) -> f64 {
        f64::from((x1 - x2).abs() <= 1.0)
    }
}

impl Source for Stripe {
    fn task(&self) -> Task {
        Task::Binary
    }

    fn formula(&self) -> &'static str {
        "class 1 where |x₁ − x₂| ≤ 1"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        formula(self, points, streams, 0.0)
    }
}
