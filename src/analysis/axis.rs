//! Which keys vary: every run becomes a point of a few axes, and all else is the same for all.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::activation::Activation;
use crate::dataset::Kind;
use crate::optim::{Optimizer, Wrappers};
use crate::param::{Param, Value};
use crate::plan::Run;
use crate::schedule::Schedule;

/// A key whose value differs between runs, other than the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The key as the experiment file spells it.
    pub key: String,
    /// Its values: numbers ascending, anything else as the file orders them.
    pub values: Vec<Value>,
    /// The values as numbers, if all are.
    pub numbers: Option<Vec<f64>>,
}

impl Axis {
    /// The text of a level; a dash where the key does not apply (momentum of an optimizer that has none).
    pub fn label(&self, level: Option<usize>) -> String {
        level.map_or_else(|| "–".to_owned(), |level| self.values[level].to_string())
    }
}

/// The default of a setting that some choice has, such as an optimizer's momentum, or of what is put around an optimizer.
pub(super) fn setting_default(key: &str) -> Option<Value> {
    if Wrappers::KEYS.contains(&key) {
        return Some(Value::Bool(false));
    }
    let datasets = Kind::all().into_iter().map(|kind| kind.settings().params());
    let activations = Activation::all().into_iter().map(|kind| kind.settings().params());
    let optimizers = Optimizer::all().into_iter().map(|kind| kind.settings().params());
    let schedules = Schedule::all().into_iter().map(|kind| kind.settings().params());
    let mut params = datasets.chain(activations).chain(optimizers).chain(schedules).flatten();
    params.find(|param: &&Param| param.name == key).map(|param| param.default.value())
}

/// A run's value of a key as a file spells it, its default included; `None` where the key does not apply.
pub fn value(run: &Run, key: &str) -> Option<Value> {
    run.value(key)
}

/// A total order of values: booleans, numbers, texts, lists.
pub(super) fn order(a: &Value, b: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Bool(_) => 0,
        Value::Int(_) | Value::Float(_) => 1,
        Value::Text(_) => 2,
        Value::List(_) => 3,
    };
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(a), Value::Int(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::List(a), Value::List(b)) => {
            let unequal = a.iter().zip(b).map(|(a, b)| order(a, b)).find(|o| o.is_ne());
            unequal.unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        _ => rank(a).cmp(&rank(b)).then_with(|| {
            let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
            number(a).total_cmp(&number(b))
        }),
    }
}

struct Ordered(Value);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Ordered {}
impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&self.0, &other.0)
    }
}

/// The runs as points: the axes, each run's level on each, and its cell (the runs equal but for the seed).
pub(super) struct Points {
    pub axes: Vec<Axis>,
    /// Per axis, per run: an index into the axis' values, `None` where the key does not apply.
    pub levels: Vec<Vec<Option<u32>>>,
    /// Per run, cells numbered in order of their first run.
    pub cells: Vec<u32>,
}

/// The keys that tell replicates apart, and so are no axes.
const REPLICATES: [&str; 3] = ["seed", "fold", "folds"];

/// Finds the axes. `named` are the keys the experiment or its roles speak of, in file order: they come first. A key
/// that follows from those before it (units from the hidden layers, a value zipped to another) is no axis of its own.
pub(super) fn points(runs: &[&Run], named: &[&str]) -> Points {
    let mut keys: Vec<&str> = Vec::new();
    for &key in named {
        let key = if key == "units" { "hidden" } else { key };
        if !REPLICATES.contains(&key) && !keys.contains(&key) {
            keys.push(key);
        }
    }
    for run in runs {
        for (key, _) in run.description.iter() {
            // The input and output widths belong to the dataset.
            let key = if key == "units" || key == "depth" { "hidden" } else { key };
            if !REPLICATES.contains(&key) && !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    let mut points = Points { axes: Vec::new(), levels: Vec::new(), cells: vec![0; runs.len()] };
    for key in keys {
        let (axis, levels) = column(runs, key);
        let mut refined = BTreeMap::new();
        let cells: Vec<u32> = (points.cells.iter().zip(&levels))
            .map(|(&cell, &level)| {
                let next = refined.len() as u32;
                *refined.entry((cell, level)).or_insert(next)
            })
            .collect();
        let before = points.cells.iter().max().map_or(0, |&last| last as usize + 1);
        if refined.len() > before {
            points.axes.push(axis);
            points.levels.push(levels);
            points.cells = cells;
        }
    }
    points
}

fn column(runs: &[&Run], key: &str) -> (Axis, Vec<Option<u32>>) {
    let mut found = BTreeMap::new();
    let levels: Vec<Option<u32>> = runs
        .iter()
        .map(|run| {
            let next = found.len() as u32;
            value(run, key).map(|value| *found.entry(Ordered(value)).or_insert(next))
        })
        .collect();
    let numeric = found.keys().all(|value| value.0.as_f64().is_some());
    let mut values: Vec<(u32, Value)> = found.into_iter().map(|(value, seen)| (seen, value.0)).collect();
    if !numeric {
        values.sort_by_key(|&(seen, _)| seen);
    }
    let mut place = vec![0; values.len()];
    for (i, &(seen, _)) in values.iter().enumerate() {
        place[seen as usize] = i as u32;
    }
    let values: Vec<Value> = values.into_iter().map(|(_, value)| value).collect();
    let numbers = (numeric && !values.is_empty()).then(|| values.iter().filter_map(Value::as_f64).collect());
    let levels = levels.into_iter().map(|level| level.map(|seen| place[seen as usize])).collect();
    (Axis { key: key.to_owned(), values, numbers }, levels)
}
