//! A plan: the runs of an experiment, counted and numbered without being made.
//!
//! Grids come in file order, then the included points; within a grid the last axis turns fastest, and seeds turn faster
//! still. A grid's point that an earlier grid has already, or an exclusion drops, is not counted.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::survivors::Survivors;
use super::{Axis, Run};
use crate::rng::{Purpose, Stream};
use crate::spec::{Block, Decision, Digit, Draft, Experiment, KeyId, Pattern, Replicates, RunConfig};

/// Places that all nodes of a plan may have: some 100 MB.
const NODES: usize = 1 << 22;

/// Digits that may be looked at to find where grids overlap: some seconds.
const DIGITS: usize = 1 << 26;

/// Points that may be included one by one.
const MOST_INCLUDED: u64 = 1_000_000;

/// A plan that would take too much time or memory to be counted. Completes “error: …”.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// Exclusions, or grids, overlap in too many ways.
    #[error(
        "the exclusions and grids overlap in too many ways to be counted; write fewer of them, with more values each"
    )]
    Overlaps,
    /// Points are included one by one.
    #[error("the [[include]] blocks name {0} points, and at most {MOST_INCLUDED} can be; write a [[grid]] instead")]
    Included(u64),
}

/// The runs of an experiment.
#[derive(Clone, Debug)]
pub struct Plan {
    grids: Vec<(Block, Survivors)>,
    included: Vec<Draft>,
    /// The ranks drawn, ascending, if not all grid points are run.
    sampled: Option<Vec<u64>>,
    replicates: Replicates,
    axes: Vec<Axis>,
}

impl Plan {
    /// Plans an experiment: time and memory grow with the lengths of its axes, not with their product.
    ///
    /// # Errors
    /// If even that is too much.
    pub fn new(experiment: &Experiment) -> Result<Self, Excess> {
        let (mut nodes, mut digits) = (NODES, DIGITS);
        let mut grids: Vec<(Block, Survivors)> = Vec::new();
        let mut earlier: Vec<Region> = Vec::new();
        for grid in &experiment.grids {
            let words = Words::of(grid);
            let excluded = experiment.excludes.iter().filter_map(|pattern| dropped(grid, pattern));
            let mut boxes: Vec<Vec<Vec<bool>>> = excluded.collect();
            for region in &earlier {
                boxes.extend(region.boxes(&words, &mut digits).ok_or(Excess::Overlaps)?);
            }
            let survivors = Survivors::new(&lengths(grid), &boxes, &mut nodes).ok_or(Excess::Overlaps)?;
            grids.push((grid.clone(), survivors));
            earlier.push(words.region());
        }
        let total: u64 = grids.iter().map(|(_, survivors)| survivors.len()).sum();
        let sampled = experiment.sample.filter(|&n| n < total).map(|n| draw(n, total));
        let mut plan =
            Self { grids, included: Vec::new(), sampled, replicates: experiment.replicates.clone(), axes: Vec::new() };
        plan.include(experiment, &earlier)?;
        plan.axes = experiment.varying().into_iter().map(|(key, values)| Axis { key, values }).collect();
        Ok(plan)
    }

    /// Adds the included points that no grid has run already.
    fn include(&mut self, experiment: &Experiment, grids: &[Region]) -> Result<(), Excess> {
        let points = |block: &Block| lengths(block).iter().fold(1, |points: u64, &n| points.saturating_mul(n as u64));
        let all = experiment.includes.iter().map(points).fold(0, u64::saturating_add);
        if all > MOST_INCLUDED {
            return Err(Excess::Included(all));
        }
        let kept = |draft: &Draft| {
            let decisions: Vec<Decision> = KeyId::all().filter_map(|key| draft.decided(key)).collect();
            let excluded = |pattern: &Pattern| !decisions.iter().any(|decision| pattern.rejects(decision));
            grids.iter().any(|grid| grid.holds(draft)) && !experiment.excludes.iter().any(excluded)
        };
        let mut seen = HashSet::new();
        let mut included = Vec::new();
        for block in &experiment.includes {
            let points = Survivors::new(&lengths(block), &[], &mut 0).expect("no box takes no node");
            for rank in 0..points.len() {
                let draft = block.draft(&points.get(rank));
                if (self.sampled.is_some() || !kept(&draft)) && seen.insert(Run::new(draft.finish(0)).id) {
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
        Ok(())
    }

    /// The number of runs.
    pub fn len(&self) -> u64 {
        (self.grid_points() + self.included.len() as u64).saturating_mul(self.replicates.len())
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
        Run::new(self.config(rank))
    }

    /// What the run of a rank is, without its identity. Panics beyond the last.
    pub fn config(&self, rank: u64) -> RunConfig {
        let (point, place) = (rank / self.replicates.len(), rank % self.replicates.len());
        self.draft(point).finish(self.replicates.at(place))
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
            self.replicates.iter().map(move |replicate| Run::new(draft.finish(replicate)))
        })
    }

    /// The keys that vary, in file order, with their values in file order; seeds are not among them.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// How every grid point is repeated.
    pub fn replicates(&self) -> &Replicates {
        &self.replicates
    }
}

fn lengths(block: &Block) -> Vec<usize> {
    block.axes.iter().map(Vec::len).collect()
}

/// A decision in text that is equal where the decisions are.
fn word(decision: &Decision) -> String {
    format!("{:?}", decision.values())
}

/// The keys that some digit of an axis decides.
fn keys_of(axis: &[Digit]) -> BTreeSet<KeyId> {
    axis.iter().flat_map(|digit| &digit.decisions).map(Decision::key).collect()
}

/// What every digit of a grid decides, in words. A key that only some digits of an axis decide is as common to the
/// grid in the others.
struct Words {
    /// Per axis, the keys it decides; per digit, a word for each of them.
    axes: Vec<(Vec<KeyId>, Vec<Vec<String>>)>,
    common: BTreeMap<KeyId, String>,
}

impl Words {
    fn of(grid: &Block) -> Self {
        let decided: BTreeMap<KeyId, String> =
            KeyId::all().filter_map(|key| Some((key, word(&grid.base.decided(key)?)))).collect();
        let mut common = decided.clone();
        let axis = |axis: &Vec<Digit>| {
            let keys: Vec<KeyId> = keys_of(axis).into_iter().collect();
            let digit = |digit: &Digit| {
                let word = |&key| digit.of(key).map(word).or_else(|| decided.get(&key).cloned()).unwrap_or_default();
                keys.iter().map(word).collect()
            };
            let digits = axis.iter().map(digit).collect();
            (keys, digits)
        };
        let axes: Vec<(Vec<KeyId>, Vec<Vec<String>>)> = grid.axes.iter().map(axis).collect();
        axes.iter().flat_map(|(keys, _)| keys).for_each(|key| drop(common.remove(key)));
        Self { axes, common }
    }

    fn region(&self) -> Region {
        let common = self.common.iter().map(|(&key, word)| (vec![key], BTreeSet::from([vec![word.clone()]])));
        let axes = self.axes.iter().map(|(keys, digits)| (keys.clone(), digits.iter().cloned().collect()));
        Region(common.chain(axes).collect())
    }

    /// The axis that decides a key, and its place among the axis's keys.
    fn place(&self, key: KeyId) -> Option<(usize, usize)> {
        let within = |(axis, (keys, _)): (usize, &(Vec<KeyId>, _))| Some((axis, keys.iter().position(|&p| p == key)?));
        self.axes.iter().enumerate().find_map(within)
    }
}

/// The points of a grid as conditions that all hold: keys, and the words they have together.
struct Region(Vec<(Vec<KeyId>, BTreeSet<Vec<String>>)>);

impl Region {
    fn holds(&self, draft: &Draft) -> bool {
        let word = |&key: &KeyId| draft.decided(key).as_ref().map(word).unwrap_or_default();
        self.0.iter().all(|(keys, allowed)| allowed.contains(&keys.iter().map(word).collect::<Vec<_>>()))
    }

    /// The points of a grid that lie in the region, as boxes over its axes. A condition on keys of one axis narrows a
    /// box; one on keys of several axes needs a box for each of its choices. `None` if more digits are looked at than are
    /// `left`.
    fn boxes(&self, grid: &Words, left: &mut usize) -> Option<Vec<Vec<Vec<bool>>>> {
        let length: usize = grid.axes.iter().map(|(_, digits)| digits.len()).sum();
        let mut boxes = vec![grid.axes.iter().map(|(_, digits)| vec![true; digits.len()]).collect::<Vec<_>>()];
        for (keys, allowed) in &self.0 {
            let places: Vec<Option<(usize, usize)>> = keys.iter().map(|&key| grid.place(key)).collect();
            let axes: BTreeSet<usize> = places.iter().flatten().map(|&(axis, _)| axis).collect();
            let words = |digit: usize| -> Vec<String> {
                let word = |(key, place): (&KeyId, &Option<(usize, usize)>)| match *place {
                    Some((axis, place)) => grid.axes[axis].1[digit][place].clone(),
                    None => grid.common.get(key).cloned().unwrap_or_default(),
                };
                keys.iter().zip(&places).map(word).collect()
            };
            let narrowed: Vec<Vec<(usize, Vec<bool>)>> = match axes.first() {
                None if allowed.contains(&words(0)) => vec![Vec::new()],
                None => Vec::new(),
                Some(&axis) if axes.len() == 1 => {
                    vec![vec![(
                        axis,
                        (0..grid.axes[axis].1.len()).map(|digit| allowed.contains(&words(digit))).collect(),
                    )]]
                }
                Some(_) => {
                    let common = |chosen: &&Vec<String>| {
                        let mut rest =
                            (keys.iter().zip(&places).zip(*chosen)).filter(|((_, place), _)| place.is_none());
                        rest.all(|((key, _), word)| grid.common.get(key) == Some(word))
                    };
                    let row = |axis: usize, chosen: &[String]| -> Vec<bool> {
                        let fits = |words: &Vec<String>| {
                            let mut own =
                                places.iter().zip(chosen).filter_map(|(place, word)| Some((place.as_ref()?, word)));
                            own.all(|(&(decider, place), word)| decider != axis || words[place] == *word)
                        };
                        grid.axes[axis].1.iter().map(fits).collect()
                    };
                    let rows = |chosen: &Vec<String>| axes.iter().map(|&axis| (axis, row(axis, chosen))).collect();
                    allowed.iter().filter(common).map(rows).collect()
                }
            };
            *left = left.checked_sub(boxes.len().checked_mul(narrowed.len())?.checked_mul(length)?)?;
            let meet = |whole: &Vec<Vec<bool>>, rows: &Vec<(usize, Vec<bool>)>| {
                let mut met = whole.clone();
                for (axis, row) in rows {
                    met[*axis].iter_mut().zip(row).for_each(|(has, fits)| *has &= fits);
                }
                rows.iter().all(|(axis, _)| met[*axis].contains(&true)).then_some(met)
            };
            boxes = boxes.iter().flat_map(|whole| narrowed.iter().filter_map(|rows| meet(whole, rows))).collect();
        }
        Some(boxes)
    }
}

/// The points of a grid that a pattern drops, as a box over its axes; `None` if there are none. A key that only some
/// digits of an axis decide is as common to the block in the others.
fn dropped(grid: &Block, pattern: &Pattern) -> Option<Vec<Vec<bool>>> {
    let common = |key: KeyId| grid.base.decided(key).is_none_or(|decision| !pattern.rejects(&decision));
    if !KeyId::all().filter(|&key| grid.axis_of(key).is_none()).all(common) {
        return None;
    }
    let axis = |axis: &Vec<Digit>| -> Vec<bool> {
        let keys = keys_of(axis);
        let wanted =
            |digit: &Digit, key| digit.of(key).map_or_else(|| common(key), |decision| !pattern.rejects(decision));
        axis.iter().map(|digit| keys.iter().all(|&key| wanted(digit, key))).collect()
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
