//! A plan: the runs of an experiment, counted and numbered without being made.
//!
//! Grids come in file order, then the included points; within a grid the last axis turns fastest, and seeds turn faster
//! still. A grid's point that an earlier grid has already, or an exclusion drops, is not counted.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::survivors::Survivors;
use super::{Axis, Run};
use crate::param::Value;
use crate::rng::{Purpose, Stream};
use crate::spec::{Assignment, Block, Draft, Experiment, Part, Pattern};

/// The runs of an experiment.
#[derive(Clone, Debug)]
pub struct Plan {
    grids: Vec<(Block, Survivors)>,
    included: Vec<Draft>,
    /// The ranks drawn, ascending, if not all grid points are run.
    sampled: Option<Vec<u64>>,
    seeds: Vec<u64>,
    axes: Vec<Axis>,
}

impl Plan {
    /// Plans an experiment: time and memory grow with the lengths of its axes, not with their product.
    pub fn new(experiment: &Experiment) -> Self {
        let mut grids: Vec<(Block, Survivors)> = Vec::new();
        for (place, grid) in experiment.grids.iter().enumerate() {
            let lengths: Vec<usize> = grid.axes.iter().map(Vec::len).collect();
            let mut boxes: Vec<Vec<Vec<bool>>> =
                experiment.excludes.iter().filter_map(|pattern| dropped(grid, pattern)).collect();
            for earlier in &experiment.grids[..place] {
                boxes.extend(regions(earlier).iter().filter_map(|region| shared(grid, region)));
            }
            grids.push((grid.clone(), Survivors::new(&lengths, &boxes)));
        }
        let total: u64 = grids.iter().map(|(_, survivors)| survivors.len()).sum();
        let sampled = experiment.sample.filter(|&n| n < total).map(|n| draw(n, total));
        let mut plan = Self { grids, included: Vec::new(), sampled, seeds: experiment.seeds.clone(), axes: Vec::new() };
        plan.include(experiment);
        plan.axes = axes(experiment);
        plan
    }

    /// Adds the included points that no grid has run already.
    fn include(&mut self, experiment: &Experiment) {
        let kept = |draft: &Draft| {
            let assignments: Vec<Assignment> = Part::all().into_iter().filter_map(|part| draft.decided(part)).collect();
            let excluded = |pattern: &Pattern| !assignments.iter().any(|assignment| pattern.rejects(assignment));
            let within = |region: &Region| assignments.iter().all(|assignment| region.holds(assignment));
            let gridded = experiment.grids.iter().any(|grid| regions(grid).iter().any(within));
            gridded && !experiment.excludes.iter().any(excluded) && self.sampled.is_none()
        };
        let mut seen = HashSet::new();
        let mut included = Vec::new();
        for block in &experiment.includes {
            let lengths: Vec<usize> = block.axes.iter().map(Vec::len).collect();
            let points = Survivors::new(&lengths, &[]);
            for rank in 0..points.len() {
                let draft = block.draft(&points.get(rank));
                if !kept(&draft) && seen.insert(Run::new(draft.finish(0)).id) {
                    included.push(draft);
                }
            }
        }
        // Of a sample, the drawn points are few enough to be compared one by one.
        if let Some(sampled) = &self.sampled {
            let drawn: HashSet<_> = sampled.iter().map(|&rank| Run::new(self.point(rank).finish(0)).id).collect();
            included.retain(|draft| !drawn.contains(&Run::new(draft.finish(0)).id));
        }
        self.included = included;
    }

    /// The number of runs.
    pub fn len(&self) -> u64 {
        (self.grid_points() + self.included.len() as u64).saturating_mul(self.seeds.len() as u64)
    }

    /// Whether there is no run.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn grid_points(&self) -> u64 {
        let all = || self.grids.iter().map(|(_, survivors)| survivors.len()).sum();
        self.sampled.as_ref().map_or_else(all, |sampled| sampled.len() as u64)
    }

    /// The grid point of a rank among all, sampled or not.
    fn point(&self, mut rank: u64) -> Draft {
        for (grid, survivors) in &self.grids {
            if rank < survivors.len() {
                return grid.draft(&survivors.get(rank));
            }
            rank -= survivors.len();
        }
        unreachable!("ranks are below the number of points")
    }

    /// The run of a rank. Panics beyond the last.
    pub fn run(&self, rank: u64) -> Run {
        let (point, seed) = (rank / self.seeds.len() as u64, rank % self.seeds.len() as u64);
        Run::new(self.draft(point).finish(self.seeds[seed as usize]))
    }

    fn draft(&self, point: u64) -> Draft {
        match point.checked_sub(self.grid_points()) {
            Some(place) => self.included[place as usize].clone(),
            None => self.point(self.sampled.as_ref().map_or(point, |sampled| sampled[point as usize])),
        }
    }

    /// Every run in order, made as it is asked for.
    pub fn iter(&self) -> impl Iterator<Item = Run> + Send + '_ {
        let points = self.grid_points() + self.included.len() as u64;
        (0..points).flat_map(move |point| {
            let draft = self.draft(point);
            self.seeds.iter().map(move |&seed| Run::new(draft.finish(seed)))
        })
    }

    /// The keys that vary, in file order, with their values in file order; seeds are not among them.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The replicate seeds.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }
}

/// A box of points that a grid has: for every part, the assignments allowed.
struct Region(BTreeMap<Part, HashSet<String>>);

impl Region {
    fn holds(&self, assignment: &Assignment) -> bool {
        self.0.get(&assignment.part()).is_none_or(|allowed| allowed.contains(&spelled(assignment)))
    }
}

/// An assignment in text that is equal where the assignments are.
fn spelled(assignment: &Assignment) -> String {
    let hash = match assignment {
        Assignment::Dataset(dataset) => dataset.content_hash().unwrap_or_default(),
        _ => "",
    };
    format!("{:?}{hash}", assignment.values())
}

/// A grid as boxes: one, or one for each choice of digits on the axes that decide several parts together.
fn regions(grid: &Block) -> Vec<Region> {
    let common = |part: Part| grid.base.decided(part).map(|a| (part, HashSet::from([spelled(&a)])));
    let mut regions = vec![Region(Part::all().into_iter().filter_map(common).collect())];
    for axis in &grid.axes {
        let parts: BTreeSet<Part> = axis.iter().flat_map(|d| &d.assignments).map(Assignment::part).collect();
        let coupled = parts.len() > 1 || axis.iter().any(|digit| digit.assignments.len() != parts.len());
        let restrict = |region: &Region, digits: &[crate::spec::Digit]| {
            let mut map = region.0.clone();
            for part in digits.iter().flat_map(|d| &d.assignments).map(Assignment::part) {
                map.insert(part, HashSet::new());
            }
            for assignment in digits.iter().flat_map(|digit| &digit.assignments) {
                map.entry(assignment.part()).or_default().insert(spelled(assignment));
            }
            Region(map)
        };
        regions = if coupled {
            regions.iter().flat_map(|r| axis.iter().map(move |d| restrict(r, std::slice::from_ref(d)))).collect()
        } else {
            regions.iter().map(|region| restrict(region, axis)).collect()
        };
    }
    regions
}

/// The points of a grid that lie in a region, as a box over its axes; `None` if there are none.
fn shared(grid: &Block, region: &Region) -> Option<Vec<Vec<bool>>> {
    boxed(grid, |assignment| region.holds(assignment))
}

/// The points of a grid that a pattern drops, as a box over its axes; `None` if there are none.
fn dropped(grid: &Block, pattern: &Pattern) -> Option<Vec<Vec<bool>>> {
    boxed(grid, |assignment| !pattern.rejects(assignment))
}

/// The points all of whose assignments are wanted, as a box. A part that only some digits of an axis decide is as common
/// to the block in the others.
fn boxed(grid: &Block, wanted: impl Fn(&Assignment) -> bool) -> Option<Vec<Vec<bool>>> {
    for part in Part::all().into_iter().filter(|&part| grid.axis_of(part).is_none()) {
        if !grid.base.decided(part).is_none_or(|assignment| wanted(&assignment)) {
            return None;
        }
    }
    let axis = |axis: &Vec<crate::spec::Digit>| -> Vec<bool> {
        let parts: BTreeSet<Part> = axis.iter().flat_map(|d| &d.assignments).map(Assignment::part).collect();
        let digit = |digit: &crate::spec::Digit| {
            parts.iter().all(|&part| {
                let own = digit.assignments.iter().find(|assignment| assignment.part() == part).cloned();
                own.or_else(|| grid.base.decided(part)).is_none_or(|assignment| wanted(&assignment))
            })
        };
        axis.iter().map(digit).collect()
    };
    Some(grid.axes.iter().map(axis).collect())
}

/// `n` of `total` ranks, ascending, drawn without replacement from a fixed seed (Floyd's method).
fn draw(n: u64, total: u64) -> Vec<u64> {
    let mut stream = Stream::new(Purpose::Sample, "grid", 0);
    let mut drawn = BTreeSet::new();
    for last in total - n..total {
        let rank = stream.below(last + 1);
        if !drawn.insert(rank) {
            drawn.insert(last);
        }
    }
    drawn.into_iter().collect()
}

/// The keys that take several values over the blocks.
fn axes(experiment: &Experiment) -> Vec<Axis> {
    let blocks = || experiment.grids.iter().chain(&experiment.includes);
    let mut keys: Vec<&str> = Vec::new();
    for key in blocks().flat_map(|block| &block.keys).filter(|key| *key != "seed") {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let values = |key: &str| {
        let mut values: Vec<Value> = Vec::new();
        for assignment in blocks().flat_map(|block| Part::all().into_iter().flat_map(|part| block.values(part))) {
            for (_, value) in assignment.values().into_iter().filter(|(name, _)| *name == key) {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        }
        values
    };
    let axis = |key: &str| Axis { key: key.to_owned(), values: values(key) };
    keys.into_iter().map(axis).filter(|axis| axis.values.len() > 1).collect()
}
