//! Friedman's first regression problem: five inputs that matter among others that do not.
//!
//! Friedman 1991, *Multivariate adaptive regression splines*, Annals of Statistics 19(1).

use super::{Source, Streams, Table, Task};

crate::settings! {
    /// Five informative inputs and `inputs` − 5 that say nothing, all uniform in [0, 1].
    pub struct Friedman1 {
        /// Standard deviation of the normal noise added to the target.
        noise: f64 = Float(1.0), Within(0.0, 100.0);
        /// Inputs, of which the first five matter.
        inputs: u64 = Int(10), Within(5.0, 1000.0);
    }
}

impl Source for Friedman1 {
    fn task(&self) -> Task {
        Task::Regression
    }

    fn features(&self) -> usize {
        self.inputs as usize
    }

    fn formula(&self) -> &'static str {
        "y = 10 sin(π x₁·x₂) + 20 (x₃ − ½)² + 10 x₄ + 5 x₅, inputs uniform in [0, 1]"
    }

    fn samples(&self, points: usize, streams: &Streams) -> Table {
        let (mut places, mut noises) = (streams.points(), streams.noise());
        let mut table = Table::with_capacity(points, self.features());
        let mut x = vec![0.0; self.features()];
        for _ in 0..points {
            x.fill_with(|| places.unit() as f32);
            let [x1, x2, x3, x4, x5] = std::array::from_fn(|i| f64::from(x[i]));
            let wave = libm::sin(std::f64::consts::PI * x1 * x2);
            let y = 10.0 * wave + 20.0 * (x3 - 0.5) * (x3 - 0.5) + 10.0 * x4 + 5.0 * x5;
            table.push(x.iter().copied(), y + self.noise * noises.normal());
        }
        table
    }
}
