//! What a trained network makes of the plane: its estimate over a window around the data, its units, its seeds' discord.

use super::{Analysis, Data, Status, Task};
use crate::dataset::Units;
use crate::model::Network;

/// How far a window reaches beyond the data on each side, as a share of their range.
const AROUND: f32 = 0.25;

/// A rectangle of the plane: from and to, along each feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Along the first feature.
    pub x: (f32, f32),
    /// Along the second.
    pub y: (f32, f32),
}

/// A network's values over a window, `side × side` points, row by row from the least second feature, in four
/// significant digits.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// What is predicted.
    pub task: Task,
    /// Where.
    pub window: Window,
    /// Points along each side.
    pub side: usize,
    /// The value of a regression, the probability of class 1, or the probability of each class.
    pub estimate: Vec<f32>,
}

/// A network of two inputs, asked in the user's units.
#[derive(Clone, Debug)]
pub struct Estimator {
    /// The network.
    pub network: Network,
    /// How its inputs and its target were scaled.
    pub units: Units,
}

impl Estimator {
    /// The value of a regression, the probability of class 1, or the probability of each class at points of the plane.
    pub fn at(&self, points: &[f32]) -> Vec<f32> {
        self.units.estimates(self.network.probabilities(&self.units.scaled(points)))
    }
}

impl Window {
    /// The data's range and a quarter of it more on each side; `None` without data.
    pub fn around<'a>(data: impl IntoIterator<Item = &'a Data>) -> Option<Self> {
        let mut ends: Option<[f32; 4]> = None;
        for point in data.into_iter().filter(|data| data.features == 2).flat_map(|data| data.train.x.chunks_exact(2)) {
            let [left, right, low, high] = ends.unwrap_or([point[0], point[0], point[1], point[1]]);
            ends = Some([left.min(point[0]), right.max(point[0]), low.min(point[1]), high.max(point[1])]);
        }
        let [left, right, low, high] = ends?;
        let wider = |from: f32, to: f32| {
            let more = if from < to { AROUND * (to - from) } else { 1.0 };
            (from - more, to + more)
        };
        Some(Self { x: wider(left, right), y: wider(low, high) })
    }

    /// The points of a regular grid, row-major `side² × 2`.
    pub fn grid(&self, side: usize) -> Vec<f32> {
        let at = |(from, to): (f32, f32), i: usize| {
            let (from, to) = (f64::from(from), f64::from(to));
            (from + (to - from) * (i as f64 / (side.max(2) - 1) as f64)) as f32
        };
        (0..side * side).flat_map(|i| [at(self.x, i % side), at(self.y, i / side)]).collect()
    }
}

impl Plane {
    /// The class preferred at each point, and by how much: 0 if it is no likelier than the others, 1 if it is certain.
    pub fn classes(&self) -> (Vec<usize>, Vec<f32>) {
        match self.task {
            Task::Regression => (Vec::new(), Vec::new()),
            Task::Binary => (self.estimate.iter().map(|&p| (usize::from(p > 0.5), (2.0 * p - 1.0).abs()))).unzip(),
            Task::Multiclass { classes } => {
                let even = 1.0 / classes as f32;
                let preferred = |p: &[f32]| {
                    let best = (0..p.len()).rev().max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap_or(0);
                    (best, ((p[best] - even) / (1.0 - even)).clamp(0.0, 1.0))
                };
                self.estimate.chunks_exact(classes).map(preferred).unzip()
            }
        }
    }
}

/// How far networks disagree at each point: for classes, the share that is not in the majority; for values, their
/// standard deviation (n − 1). All planes are of one task, window and side.
pub fn disagreement(planes: &[Plane]) -> Vec<f32> {
    let Some(first) = planes.first().filter(|_| planes.len() > 1) else {
        return Vec::new();
    };
    let points = first.side * first.side;
    match first.task.classes() {
        None => {
            let at = |i: usize| planes.iter().map(|plane| f64::from(plane.estimate[i])).collect::<Vec<_>>();
            (0..points).map(|i| crate::stats::std_dev(&at(i)) as f32).collect()
        }
        Some(classes) => {
            let votes: Vec<Vec<usize>> = planes.iter().map(|plane| plane.classes().0).collect();
            let minority = |i: usize| {
                let mut counts = vec![0usize; classes];
                votes.iter().for_each(|vote| counts[vote[i]] += 1);
                1.0 - counts.into_iter().max().unwrap_or(0) as f32 / planes.len() as f32
            };
            (0..points).map(minority).collect()
        }
    }
}

impl Analysis {
    /// The data of a run in the user's units, if it is of two features and can be had.
    pub fn plane_data(&self, row: usize) -> Option<Data> {
        let config = self.config(row);
        if config.dataset.shape().features != 2 {
            return None;
        }
        let units = config.dataset.units(config.seed).ok()??;
        Some(units.original(config.dataset.generate(config.seed).ok()?))
    }

    /// A run's network; `None` if it has no outcome, or diverged.
    pub(super) fn network(&self, row: usize) -> Option<Network> {
        let (config, outcome) = (self.config(row), self.rows[row].outcome.as_ref()?);
        (outcome.status() == Status::Done).then(|| config.network(outcome.layers()))
    }

    /// A run's network on the plane; `None` if it is not of two features in a user's units, has no outcome, or diverged.
    pub fn estimator(&self, row: usize) -> Option<Estimator> {
        let config = self.config(row);
        let network = self.network(row)?;
        if config.dataset.shape().features != 2 {
            return None;
        }
        Some(Estimator { network, units: config.dataset.units(config.seed).ok()?? })
    }

    /// A run's estimate over a window, as [`Self::estimator`] gives it.
    pub fn plane(&self, row: usize, window: Window, side: usize) -> Option<Plane> {
        let estimator = self.estimator(row)?;
        let estimate = rounded(estimator.at(&window.grid(side)));
        Some(Plane { task: estimator.network.task, window, side, estimate })
    }

    /// What each hidden unit of a run makes of a window: per layer, per unit, a value per point.
    pub fn unit_planes(&self, row: usize, window: Window, side: usize) -> Option<Vec<Vec<Vec<f32>>>> {
        let Estimator { network, units } = self.estimator(row)?;
        let layers = network.hidden(&units.scaled(&window.grid(side)));
        let split = |(values, units): (Vec<f32>, usize)| -> Vec<Vec<f32>> {
            (0..units).map(|unit| rounded(values.iter().skip(unit).step_by(units).copied().collect())).collect()
        };
        let widths = self.config(row).hidden;
        Some(layers.into_iter().zip(widths).map(split).collect())
    }

    /// The best run of a compared value in a facet: of the tuned setting's runs, the one with the best metric.
    pub fn best_row(&self, facet: usize, value: usize) -> Option<usize> {
        let choice = self.group(facet, value)?.tuned.as_ref()?;
        let scored = self.cells[choice.cell].rows.iter().filter_map(|&row| Some((row, self.score(row)?)));
        let done = scored.filter(|(_, score)| score.is_finite());
        done.min_by(|a, b| self.cost(a.1).total_cmp(&self.cost(b.1))).map(|(row, _)| row)
    }
}

/// Four significant digits: as much as any colour shows, and short in tables.
fn rounded(mut values: Vec<f32>) -> Vec<f32> {
    for x in &mut values {
        *x = format!("{x:.3e}").parse().unwrap_or(*x);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_window_reaches_a_quarter_beyond_the_data_and_its_grid_has_its_corners() {
        let analysis = sample::analysis();
        let data = analysis.plane_data(0).expect("two features");
        let window = Window::around([&data]).expect("data");
        let first = || data.train.x.iter().step_by(2).copied();
        let (least, most) = (first().fold(f32::MAX, f32::min), first().fold(f32::MIN, f32::max));
        assert_eq!(window.x, (least - 0.25 * (most - least), most + 0.25 * (most - least)));
        let grid = window.grid(5);
        assert_eq!((grid.len(), grid[0], grid[1]), (50, window.x.0, window.y.0));
        assert_eq!((grid[48], grid[49]), (window.x.1, window.y.1));
        assert!(Window::around([]).is_none());
    }

    #[test]
    fn the_plane_is_what_the_network_says_at_each_point() {
        let analysis = sample::analysis();
        let row = analysis.best_row(0, 0).expect("a best run");
        let window = Window { x: (-2.0, 2.0), y: (-1.0, 1.0) };
        let plane = analysis.plane(row, window, 9).expect("a plane");
        assert_eq!(plane.estimate.len(), 81);
        let network = analysis.estimator(row).expect("a network").network;
        let alone = network.probabilities(&[-2.0, 1.0])[0];
        assert!((plane.estimate[72] - alone).abs() <= 1e-3 * alone.abs());
        let units = analysis.unit_planes(row, window, 9).expect("units");
        assert_eq!((units.len(), units[0].len(), units[0][0].len()), (1, 3, 81));
    }

    #[test]
    fn seeds_that_agree_do_not_disagree() {
        let window = Window { x: (0.0, 1.0), y: (0.0, 1.0) };
        let plane = |p: f32| Plane { task: Task::Binary, window, side: 1, estimate: vec![p] };
        assert_eq!(disagreement(&[plane(0.9), plane(0.7)]), [0.0]);
        assert_eq!(disagreement(&[plane(0.9), plane(0.2), plane(0.8), plane(0.6)]), [0.25]);
        let values = |y: f32| Plane { task: Task::Regression, ..plane(y) };
        assert_eq!(disagreement(&[values(1.0), values(3.0)]), [std::f32::consts::SQRT_2]);
        assert!(disagreement(&[plane(0.5)]).is_empty());
    }
}
