//! Points uniform in [-2, 2]² with a target that is a formula of the point: the tutorial's twelve datasets.

use super::{Source, Streams, Table, Task};
use crate::param::Settings;

/// A target computed from a point.
pub trait Formula: Settings {
    /// What is predicted.
    const TASK: Task;
    /// The formula in a line, for people.
    const TEXT: &'static str;

    /// The value, or the class before it is clipped to those there are.
    fn target(&self, x1: f64, x2: f64) -> f64;

    /// Standard deviation of the normal noise added to the target of a regression.
    fn noise(&self) -> f64 {
        0.0
    }

    /// The target at a stored point, computed in f64; a class at the very edge is clipped to the last.
    fn at(&self, x: [f32; 2]) -> f64 {
        let y = self.target(x[0].into(), x[1].into());
        Self::TASK.classes().map_or(y, |classes| y.min(classes as f64 - 1.0))
    }
}

impl<F: Formula> Source for F {
    fn task(&self) -> Task {
        F::TASK
    }

    fn formula(&self) -> &'static str {
        F::TEXT
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        let (mut places, mut noises) = (streams.points(), streams.noise());
        let mut table = Table::with_capacity(points, 2);
        for _ in 0..points {
            let x = [places.uniform(-2.0, 2.0) as f32, places.uniform(-2.0, 2.0) as f32];
            let noise = if self.noise() > 0.0 { self.noise() * noises.normal() } else { 0.0 };
            table.push(x, self.at(x) + noise);
        }
        table
    }
}
