//! Points uniform in [-2, 2]² with a target that is a formula of the point: the tutorial's twelve datasets.

use super::{Streams, Table, Task};

/// A target computed from a point.
pub(super) trait Formula: super::Source {
    /// The value, or the class before it is clipped to those there are.
    fn target(&self, x1: f64, x2: f64) -> f64;
}

/// Draws points and computes their targets in f64 from the f32 coordinates that are stored, so that they agree.
pub(super) fn formula<F: Formula>(set: &F, points: usize, streams: &Streams, noise: f64) -> Table {
    let (mut places, mut noises) = (streams.points(), streams.noise());
    let mut table = Table::default();
    for _ in 0..points {
        let x = [places.uniform(-2.0, 2.0) as f32, places.uniform(-2.0, 2.0) as f32];
        let mut y = set.target(x[0].into(), x[1].into());
        match set.task() {
            Task::Multiclass { classes } => y = y.min(classes as f64 - 1.0),
            Task::Regression if noise > 0.0 => y += noise * noises.normal(),
            Task::Regression | Task::Binary => {}
        }
        table.x.extend(x);
        table.y.push(y as f32);
    }
    table
}
