//! Decision maps of trained runs on the plane of their own data, and the points drawn on them.

use std::collections::BTreeMap;

use super::{Places, Plane};
use crate::analysis::{Analysis, Dataset, Estimator, Status, Task, Window};

/// Most runs with a decision map.
const MAPS: usize = 600;
/// Most points of a data set drawn on its maps, and most over all data sets and seeds.
const POINTS: (usize, usize) = (300, 60_000);

/// Decision maps, the planes they lie on, and which run has which.
pub(super) struct Maps {
    pub size: usize,
    pub planes: Vec<Plane>,
    pub places: Places,
    pub map: Vec<i64>,
    pub plane: Vec<i64>,
}

/// A plane with what its maps and points are measured by.
struct Ground {
    window: Window,
    /// The names of the classes, if any.
    classes: Vec<String>,
    task: Task,
    /// Lowest and highest target.
    targets: (f64, f64),
    /// Both features and the target of each point.
    points: Vec<[f32; 3]>,
}

/// Decision maps and data points, appended to `bytes`.
pub(super) fn maps(analysis: &Analysis, shown: &[usize], judged: &[bool], bytes: &mut Vec<u8>) -> Maps {
    let size = if shown.len() <= 300 { 41 } else { 31 };
    let mut maps = Maps {
        size,
        planes: Vec::new(),
        places: Places { maps: bytes.len(), ..Places::default() },
        map: vec![-1; shown.len()],
        plane: vec![-1; shown.len()],
    };
    let mut datasets: Vec<Dataset> = Vec::new();
    let mut grounds: Vec<Ground> = Vec::new();
    let mut known = BTreeMap::new();
    let mut count = 0;
    for place in mapped(analysis, shown, judged) {
        let row = shown[place];
        let config = analysis.config(row);
        let dataset = datasets.iter().position(|dataset| *dataset == config.dataset).unwrap_or_else(|| {
            datasets.push(config.dataset.clone());
            datasets.len() - 1
        });
        let at = known.entry((dataset, config.seed)).or_insert_with(|| {
            grounds.push(ground(analysis, row)?);
            Some(grounds.len() - 1)
        });
        let (Some(at), Some(estimator)) = (*at, analysis.estimator(row)) else { continue };
        bytes.extend(estimate(&estimator, &grounds[at], size));
        (maps.map[place], maps.plane[place]) = (count, at as i64);
        count += 1;
    }
    maps.places.points = bytes.len();
    let most = (POINTS.1 / grounds.len().max(1)).clamp(20, POINTS.0);
    let mut first = 0;
    for ground in &grounds {
        let kept = ground.points.len().min(most);
        let thinned = (0..kept).map(|k| ground.points[k * ground.points.len() / kept]);
        bytes.extend(thinned.flat_map(|point| ground.encoded(point)));
        maps.planes.push(ground.plane(first, kept));
        first += kept;
    }
    maps
}

/// The places among the runs shown of those that get a map, ascending: the runs that judge first, then the others, of
/// every facet about as many.
fn mapped(analysis: &Analysis, shown: &[usize], judged: &[bool]) -> Vec<usize> {
    let planar = |row: usize| {
        let outcome = analysis.rows[row].outcome.as_ref();
        outcome.is_some_and(|outcome| outcome.status() == Status::Done)
            && analysis.config(row).dataset.shape().features == 2
    };
    let mut of_facet = vec![[0; 2]; analysis.facets.len()];
    let mut order: Vec<(bool, usize, usize)> = (shown.iter().enumerate())
        .filter(|&(_, &row)| planar(row))
        .map(|(place, &row)| {
            let other = !judged[row];
            let before = &mut of_facet[analysis.cell_of(row).facet][usize::from(other)];
            *before += 1;
            (other, *before, place)
        })
        .collect();
    order.sort_unstable();
    let mut places: Vec<usize> = order.into_iter().take(MAPS).map(|(.., place)| place).collect();
    places.sort_unstable();
    places
}

/// The plane of a run's own data.
fn ground(analysis: &Analysis, row: usize) -> Option<Ground> {
    let data = analysis.plane_data(row)?;
    let window = Window::around([&data])?;
    let targets = data.train.y.iter().copied().map(f64::from);
    let (low, high) = targets.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let high = if high > low { high } else { low + 1.0 };
    let points = data.train.x.chunks_exact(2).zip(&data.train.y).map(|(x, &y)| [x[0], x[1], y]).collect();
    let classes = analysis.config(row).dataset.class_names();
    Some(Ground { window, classes, task: data.task, targets: (low, high), points })
}

impl Ground {
    fn plane(&self, first: usize, points: usize) -> Plane {
        let task = match self.task {
            Task::Regression => "regression",
            Task::Binary => "binary",
            Task::Multiclass { .. } => "multiclass",
        };
        let corner = |x: f32, y: f32| [x, y].map(f64::from);
        let Window { x, y } = self.window;
        let (targets, classes) = ([self.targets.0, self.targets.1], self.classes.clone());
        Plane { task, from: corner(x.0, y.0), to: corner(x.1, y.1), targets, classes, first, points }
    }

    /// A byte of a map: the class; else the probability of class 1 or the place of the estimate between the lowest and
    /// highest target, in 32 steps (coarse, so that it packs well).
    fn measured(&self, estimate: f32) -> u8 {
        let coarse = |t: f64| (libm::round(t.clamp(0.0, 1.0) * 31.0) * (255.0 / 31.0)) as u8;
        let (low, high) = self.targets;
        match self.task {
            Task::Multiclass { .. } => estimate as u8,
            Task::Binary => coarse(estimate.into()),
            Task::Regression => coarse((f64::from(estimate) - low) / (high - low)),
        }
    }

    /// A point's place in the window, across and up, and its target.
    fn encoded(&self, [x, y, target]: [f32; 3]) -> [u8; 5] {
        let share = |at: f32, (from, to): (f32, f32)| {
            let share = (f64::from(at) - f64::from(from)) / (f64::from(to) - f64::from(from));
            (libm::round(share.clamp(0.0, 1.0) * 65535.0) as u16).to_le_bytes()
        };
        let ([a, b], [c, d]) = (share(x, self.window.x), share(y, self.window.y));
        [a, b, c, d, self.measured(target)]
    }
}

/// One byte a cell, from the upper left, row by row.
fn estimate(estimator: &Estimator, ground: &Ground, size: usize) -> Vec<u8> {
    let along = |(from, to): (f32, f32), k: usize| {
        let (from, to) = (f64::from(from), f64::from(to));
        (from + (to - from) * (k as f64 + 0.5) / size as f64) as f32
    };
    let Window { x, y } = ground.window;
    let cells = (0..size).rev().flat_map(|j| (0..size).flat_map(move |i| [along(x, i), along(y, j)]));
    let estimates = estimator.at(&cells.collect::<Vec<f32>>());
    match estimator.network.task {
        Task::Multiclass { classes } => {
            let best = |scores: &[f32]| (0..classes).fold(0, |best, k| if scores[k] > scores[best] { k } else { best });
            estimates.chunks_exact(classes).map(|scores| ground.measured(best(scores) as f32)).collect()
        }
        Task::Binary | Task::Regression => estimates.iter().map(|&y| ground.measured(y)).collect(),
    }
}
