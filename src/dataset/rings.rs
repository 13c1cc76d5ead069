//! Concentric rings, as scikit-learn's `make_circles` with any number of them.

use super::{Source, Streams, Table, Task};

crate::settings! {
    /// Concentric rings out to radius 2, one per class.
    pub struct Rings {
        /// Standard deviation of the normal noise added to the points.
        noise: f64 = Float(0.1), Within(0.0, 100.0);
        /// Rings, and with them classes.
        rings: u64 = Int(2), Within(2.0, 16.0);
    }
}

impl Source for Rings {
    fn task(&self) -> Task {
        Task::of_classes(self.rings as usize)
    }

    fn formula(&self) -> &'static str {
        "class k: on the circle of radius 2 (k + 1) / rings"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        let (mut places, mut noises) = (streams.points(), streams.noise());
        let mut table = Table::with_capacity(points, 2);
        for i in 0..points {
            let ring = i as u64 % self.rings;
            let radius = 2.0 * (ring + 1) as f64 / self.rings as f64;
            let angle = places.uniform(0.0, std::f64::consts::TAU);
            let x = [libm::cos(angle), libm::sin(angle)].map(|x| (radius * x + self.noise * noises.normal()) as f32);
            table.push(x, ring as f64);
        }
        table
    }
}
