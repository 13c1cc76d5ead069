//! Interleaved spirals (Lang & Witbrock 1988), one arm per class.

use super::{Source, Streams, Table, Task};

crate::settings! {
    /// Interleaved spiral arms, one per class.
    pub struct Spirals {
        /// Standard deviation of the normal noise added to the points.
        noise: f64 = Float(0.05), Within(0.0, 100.0);
        /// Arms, and with them classes.
        arms: u64 = Int(2), Within(2.0, 16.0);
        /// Turns of each arm.
        turns: f64 = Float(1.5), Within(0.1, 100.0);
    }
}

impl Source for Spirals {
    fn task(&self) -> Task {
        Task::of_classes(self.arms as usize)
    }

    fn formula(&self) -> &'static str {
        "arm k: radius 2 √u at angle 2π (turns √u + k / arms), u uniform in [0, 1]"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        let (mut places, mut noises) = (streams.points(), streams.noise());
        let mut table = Table::with_capacity(points, 2);
        for i in 0..points {
            let arm = i as u64 % self.arms;
            let along = places.unit().sqrt();
            let angle = std::f64::consts::TAU * (self.turns * along + arm as f64 / self.arms as f64);
            let direction = [libm::cos(angle), libm::sin(angle)];
            table.push(direction.map(|x| (2.0 * along * x + self.noise * noises.normal()) as f32), arm as f64);
        }
        table
    }
}
