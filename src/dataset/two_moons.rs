//! Two interleaved half circles, as scikit-learn's `make_moons`, scaled to fill [-2, 2]².

use super::{Source, Streams, Table, Task};

crate::settings! {
    /// Two interleaved half circles.
    pub struct TwoMoons {
        /// Standard deviation of the normal noise added to the points.
        noise: f64 = Float(0.1), Within(0.0, 100.0);
    }
}

impl Source for TwoMoons {
    fn task(&self) -> Task {
        Task::Binary
    }

    fn formula(&self) -> &'static str {
        "class 0: (cos t, sin t); class 1: (1 − cos t, ½ − sin t); t uniform in [0, π], centred, scaled by 4/3"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        let (mut places, mut noises) = (streams.points(), streams.noise());
        let mut table = Table::with_capacity(points, 2);
        for i in 0..points {
            let t = places.uniform(0.0, std::f64::consts::PI);
            let (cos, sin) = (libm::cos(t), libm::sin(t));
            let (x1, x2) = if i % 2 == 0 { (cos, sin) } else { (1.0 - cos, 0.5 - sin) };
            let centred = [x1 - 0.5, x2 - 0.25];
            let x = centred.map(|x| ((x + self.noise * noises.normal()) * 4.0 / 3.0) as f32);
            table.push(x, (i % 2) as f64);
        }
        table
    }
}
