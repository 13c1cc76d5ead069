//! Gaussian blobs on a circle, one per class.

use super::{Source, Streams, Table, Task};

crate::settings! {
    /// Normal clouds with centres evenly on a circle of radius 1.25, one per class.
    pub struct Gaussians {
        /// Standard deviation of each cloud.
        noise: f64 = Float(0.4), Within(0.0, 100.0);
        /// Clouds, and with them classes.
        blobs: u64 = Int(3), Within(2.0, 64.0);
    }
}

impl Source for Gaussians {
    fn task(&self) -> Task {
        Task::of_classes(self.blobs as usize)
    }

    fn formula(&self) -> &'static str {
        "class k: normal around 1.25 (cos, sin)(2π k / blobs)"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        let mut places = streams.points();
        let mut table = Table::with_capacity(points, 2);
        for i in 0..points {
            let blob = i as u64 % self.blobs;
            let angle = std::f64::consts::TAU * blob as f64 / self.blobs as f64;
            let centre = [libm::cos(angle), libm::sin(angle)];
            table.push(centre.map(|x| (1.25 * x + self.noise * places.normal()) as f32), blob as f64);
        }
        table
    }
}
