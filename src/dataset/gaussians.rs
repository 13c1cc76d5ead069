//! Gaussian blobs on a circle, one per class.

use super::{Source, Streams, Table, Task};

crate::settings! {
    /// Normal clouds with centres evenly on a circle of radius 1.25, one per class.
    pub struct Gaussians {
        /// Standard deviation of each cloud.
        noise: f64 = Float(0.4), AtLeast(0.0);
        /// Clouds, and with them classes.
        blobs: u64 = Int(3), Within(2.0, 64.0);
    }
}

impl Source for Gaussians {
    fn task(&self) -> Task {
        if self.blobs == 2 { Task::Binary } else { Task::Multiclass { classes: self.blobs as usize } }
    }

    fn formula(&self) -> &'static str {
        "class k: normal around 1.25 (cos, sin)(2π k / blobs)"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        let mut places = streams.points();
        let mut table = Table::default();
        for i in 0..points {
            let blob = i as u64 % self.blobs;
            let angle = std::f64::consts::TAU * blob as f64 / self.blobs as f64;
            for x in [libm::cos(angle), libm::sin(angle)] {
                table.x.push((1.25 * x + self.noise * places.normal()) as f32);
            }
            table.y.push(blob as f32);
        }
        table
    }
}
