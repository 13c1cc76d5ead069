//! A checkerboard over [-2, 2]².

use super::{Source, Streams, Table, Task};

crate::settings! {
    /// Fields of a checkerboard, alternately class 0 and 1.
    pub struct Checkerboard {
        /// Standard deviation of the normal noise added to the points after their class is known.
        noise: f64 = Float(0.0), Within(0.0, 100.0);
        /// Fields per side.
        fields: u64 = Int(4), Within(2.0, 64.0);
    }
}

impl Checkerboard {
    /// The field a coordinate lies in; the very edge belongs to the last.
    fn field(&self, x: f32) -> u64 {
        ((self.fields as f64 * (f64::from(x) + 2.0) / 4.0).floor() as u64).min(self.fields - 1)
    }
}

impl Source for Checkerboard {
    fn task(&self) -> Task {
        Task::Binary
    }

    fn formula(&self) -> &'static str {
        "class (⌊fields (x₁ + 2) / 4⌋ + ⌊fields (x₂ + 2) / 4⌋) mod 2"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        let (mut places, mut noises) = (streams.points(), streams.noise());
        let mut table = Table::with_capacity(points, 2);
        for _ in 0..points {
            let x = [places.uniform(-2.0, 2.0) as f32, places.uniform(-2.0, 2.0) as f32];
            let [column, row] = x.map(|x| self.field(x));
            let moved = x.map(|x| (f64::from(x) + self.noise * noises.normal()) as f32);
            table.push(moved, ((column + row) % 2) as f64);
        }
        table
    }
}
