//! Which keys vary: every run becomes a point of a few axes, and all else is the same for all.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::rows::Source;
use crate::activation::Activation;
use crate::dataset::Kind;
use crate::optim::{Optimizer, Wrappers};
use crate::param::{Param, Value};
use crate::plan::{Description, Run};
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

/// The cells of runs: the axes, and the runs equal but for their replicate.
pub(super) struct Cells {
    pub axes: Vec<Axis>,
    /// Per cell, per axis: an index into the axis' values, `None` where the key does not apply.
    pub levels: Vec<Vec<Option<usize>>>,
    /// Per run, cells numbered in order of their first run.
    pub of_runs: Vec<u32>,
    /// The keys of all descriptions, by name.
    pub described: Vec<String>,
    /// What all descriptions have in common, in the order of the first.
    pub common: Vec<(String, Value)>,
}

/// The keys that tell replicates apart, and so are no axes.
const REPLICATES: [&str; 3] = ["seed", "fold", "folds"];

/// The keys in which the runs of a point differ.
const REPEATED: [&str; 2] = ["seed", "fold"];

/// The runs as they come, each a point of all keys that any of them has. Those that follow each other and differ in seed
/// and fold alone are one point.
pub(super) struct Points {
    columns: Vec<Column>,
    /// The first run of each point.
    firsts: Vec<usize>,
    runs: usize,
    last: Option<Description>,
    described: BTreeSet<String>,
    common: Vec<(String, Value)>,
}

impl Points {
    /// Without a run yet. `named` are the keys the experiment or its roles speak of, in file order: they come first.
    pub fn new<'a>(named: impl Iterator<Item = &'a str>) -> Self {
        let mut points = Self {
            columns: Vec::new(),
            firsts: Vec::new(),
            runs: 0,
            last: None,
            described: BTreeSet::new(),
            common: Vec::new(),
        };
        for key in named {
            let key = if key == "units" { "hidden" } else { key };
            if points.is_new(key) {
                points.columns.push(Column::new(key));
            }
        }
        points
    }

    fn is_new(&self, key: &str) -> bool {
        !REPLICATES.contains(&key) && !self.columns.iter().any(|column| column.key == key)
    }

    /// Takes the next run; `runs` are those before it.
    pub fn take(&mut self, run: &Run, runs: &Source) {
        self.runs += 1;
        if self.last.as_ref().is_some_and(|last| last.is_alike(&run.description, &REPEATED)) {
            return;
        }
        match self.last {
            None => {
                let own = run.description.iter().filter(|(key, _)| !REPEATED.contains(key));
                self.common = own.map(|(key, value)| (key.to_owned(), value.clone())).collect();
            }
            Some(_) => self.common.retain(|(key, value)| run.description.get(key) == Some(value)),
        }
        for (key, _) in run.description.iter() {
            if !self.described.contains(key) {
                self.described.insert(key.to_owned());
            }
            // The input and output widths belong to the dataset.
            let key = if key == "units" || key == "depth" { "hidden" } else { key };
            if self.is_new(key) {
                let mut column = Column::new(key);
                self.firsts.iter().for_each(|&first| column.push(value(&Run::new(runs.config(first)), key)));
                self.columns.push(column);
            }
        }
        self.columns.iter_mut().for_each(|column| column.push(value(run, &column.key)));
        self.firsts.push(self.runs - 1);
        self.last = Some(run.description.clone());
    }

    /// Finds the axes. A key that follows from those before it (units from the hidden layers, a value zipped to another) is
    /// no axis of its own.
    pub fn cells(self) -> Cells {
        let mut cells: Vec<u32> = vec![0; self.firsts.len()];
        let mut count = usize::from(!cells.is_empty());
        let mut axes = Vec::new();
        for column in self.columns {
            let mut refined = HashMap::new();
            let of_points: Vec<u32> = (cells.iter().enumerate())
                .map(|(point, &cell)| {
                    let next = refined.len() as u32;
                    *refined.entry((cell, column.level(point))).or_insert(next)
                })
                .collect();
            if refined.len() > count {
                (count, cells) = (refined.len(), of_points);
                axes.push(column);
            }
        }
        let mut first: Vec<Option<usize>> = vec![None; count];
        for (point, &cell) in cells.iter().enumerate() {
            first[cell as usize].get_or_insert(point);
        }
        let (axes, columns): (Vec<Axis>, Vec<Vec<Option<u32>>>) = axes.into_iter().map(Column::axis).unzip();
        let levels = |point: usize| columns.iter().map(|levels| Some(levels[point]? as usize)).collect();
        let levels = first.into_iter().flatten().map(levels).collect();
        let ends = self.firsts.iter().skip(1).copied().chain([self.runs]);
        let lengths = self.firsts.iter().zip(ends).map(|(first, end)| end - first);
        let of_runs = cells.iter().zip(lengths).flat_map(|(&cell, runs)| std::iter::repeat_n(cell, runs)).collect();
        Cells { axes, levels, of_runs, described: self.described.into_iter().collect(), common: self.common }
    }
}

/// A key's value at each point.
struct Column {
    key: String,
    /// The values, numbered as they come.
    found: BTreeMap<Ordered, u32>,
    /// Of each point the number of its value, `NONE` where the key does not apply.
    levels: Vec<u32>,
}

/// Stands for no value.
const NONE: u32 = u32::MAX;

impl Column {
    fn new(key: &str) -> Self {
        Self { key: key.to_owned(), found: BTreeMap::new(), levels: Vec::new() }
    }

    fn push(&mut self, value: Option<Value>) {
        let next = self.found.len() as u32;
        self.levels.push(value.map_or(NONE, |value| *self.found.entry(Ordered(value)).or_insert(next)));
    }

    fn level(&self, point: usize) -> u32 {
        self.levels[point]
    }

    /// The axis, and the level of each point on it.
    fn axis(self) -> (Axis, Vec<Option<u32>>) {
        let Self { key, found, levels } = self;
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
        let levels = levels.into_iter().map(|seen| (seen != NONE).then(|| place[seen as usize])).collect();
        (Axis { key, values, numbers }, levels)
    }
}
