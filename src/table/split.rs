//! Which rows are trained on, which choose, and which judge.
//!
//! Every draw is a shuffle of one list by the stream handed in, in an order that is part of the contract:
//!
//! - random: the rows of each class in file order, class after class (all rows at once for a regression), each list
//!   shuffled; of each the first are test, the next validation. So more validation leaves the test rows alone, and a
//!   larger test share takes rows to those it had.
//! - groups: the groups in order of their first row, shuffled; the first are test, the next validation, each until
//!   another one would lead further away from the share.
//! - ordered: nothing is drawn; the last rows are test, those before them validation.
//! - folds: the same lists, dealt out in turn; groups, the largest first, each to the fold with the fewest rows.

use serde::{Deserialize, Serialize};

use super::column::Cells;
use super::problem::Problem;
use super::target::Target;
use super::understand::Understood;
use super::{Table, Task};
use crate::param::Named;
use crate::rng::Stream;
use crate::text;

/// How rows are assigned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// At random, each class by its share.
    #[default]
    Stratified,
    /// At random, whatever the class.
    Random,
    /// As the file has them: the last rows are held out.
    Ordered,
    /// At random, the rows of a group together.
    Group,
}

impl Named for How {
    const ALL: &'static [Self] = &[Self::Stratified, Self::Random, Self::Ordered, Self::Group];

    fn name(self) -> &'static str {
        match self {
            Self::Stratified => "stratified",
            Self::Random => "random",
            Self::Ordered => "ordered",
            Self::Group => "group",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Stratified => "at random, each class by its share",
            Self::Random => "at random, whatever the class",
            Self::Ordered => "as the file has them: the last rows are held out",
            Self::Group => "at random, the rows of a group together",
        }
    }
}

/// One of several folds, which is held out as the test rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fold {
    /// How many there are, at least 2.
    pub of: usize,
    /// Which one, from 0.
    pub index: usize,
}

/// How a table is split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Splitting {
    /// The share of all rows that is held out to judge; not with `fold`.
    pub test: f64,
    /// The share of all rows that is held out to choose.
    pub validation: f64,
    /// The fold to hold out.
    pub fold: Option<Fold>,
    /// How rows are assigned.
    pub how: How,
}

/// The rows of each part, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The rows trained on.
    pub train: Vec<u32>,
    /// The rows that choose.
    pub validation: Vec<u32>,
    /// The rows that judge.
    pub test: Vec<u32>,
}

/// A part of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Trained on.
    Train,
    /// The rows that choose between settings.
    Validation,
    /// The rows that judge.
    Test,
}

impl Part {
    /// In words: the `training` rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "training",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// A class of which a part has no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its place among the classes.
    pub class: usize,
    /// The part, one that has rows.
    pub part: Part,
}

impl Parts {
    /// The rows of a part.
    pub fn of(&self, part: Part) -> &[u32] {
        match part {
            Part::Train => &self.train,
            Part::Validation => &self.validation,
            Part::Test => &self.test,
        }
    }

    /// The classes that some part lacks.
    pub fn absent(&self, target: &Target) -> Vec<Absent> {
        let parts = [Part::Train, Part::Validation, Part::Test].into_iter().filter(|&part| !self.of(part).is_empty());
        let lacking = parts.flat_map(|part| {
            let mut there = vec![false; target.classes.len()];
            for &row in self.of(part) {
                if let Some(there) = there.get_mut(target.values[row as usize] as usize) {
                    *there = true;
                }
            }
            let lacking = there.into_iter().enumerate().filter(|(_, there)| !there);
            lacking.map(move |(class, _)| Absent { class, part }).collect::<Vec<_>>()
        });
        lacking.collect()
    }
}

/// Splits the rows of a table.
///
/// # Errors
/// Of shares that leave nothing to train on, of more folds than rows or groups, of groups that nothing names.
pub fn split(
    table: &Table,
    understood: &Understood,
    splitting: &Splitting,
    stream: &mut Stream,
) -> Result<Parts, Problem> {
    let rows = understood.rows;
    check(splitting, rows)?;
    let (test, validation) = (held_out(rows, splitting.test), held_out(rows, splitting.validation));
    if test + validation >= rows {
        let (all, held) = (text::count(rows, "row"), test + validation);
        return Err(Problem::of_file(format!("the splits take {held} of {all} and leave none to train on")));
    }
    let lists = match splitting.how {
        How::Ordered => return ordered(rows, splitting, test, validation),
        How::Group => return grouped(groups(table, understood)?, splitting, test, validation, stream),
        How::Stratified if understood.target.task != Task::Regression => by_class(&understood.target),
        How::Stratified | How::Random => vec![(0..rows as u32).collect()],
    };
    Ok(drawn(lists, splitting, test, validation, stream))
}

fn check(splitting: &Splitting, rows: usize) -> Result<(), Problem> {
    let refuse = |message: &str| Err(Problem::of_file(message));
    let share = |x: f64| (0.0..1.0).contains(&x);
    if !share(splitting.test) || !share(splitting.validation) {
        return refuse("`test` and `validation` are shares from 0 to below 1");
    }
    match splitting.fold {
        Some(Fold { of, index }) if of < 2 || index >= of => refuse("`folds` are at least 2, counted from 0"),
        Some(_) if splitting.test > 0.0 => refuse("`folds` and `test` exclude each other: every fold is the test once"),
        Some(Fold { of, .. }) if of > rows => {
            Err(Problem::of_file(format!("{of} folds are more than the {}", text::count(rows, "row"))))
        }
        _ => Ok(()),
    }
}

/// The nearest whole number of rows to a share, but at least one.
fn held_out(rows: usize, share: f64) -> usize {
    if share == 0.0 { 0 } else { (libm::round(rows as f64 * share) as usize).max(1) }
}

fn by_class(target: &Target) -> Vec<Vec<u32>> {
    let mut lists = vec![Vec::new(); target.classes.len()];
    target.values.iter().enumerate().for_each(|(row, &class)| lists[class as usize].push(row as u32));
    lists
}

/// So many rows of each list that they add up: the nearest below the share, and one more where most is left over. None
/// gives its last row to those held out.
fn apportioned(sizes: &[usize], taken: &[usize], wanted: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let room: Vec<usize> = sizes.iter().zip(taken).map(|(size, taken)| (size - taken).saturating_sub(1)).collect();
    let exact = |list: usize| wanted as f64 * sizes[list] as f64 / total as f64;
    let mut given: Vec<usize> = (0..sizes.len()).map(|list| (exact(list).floor() as usize).min(room[list])).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    let rest = |list: usize| exact(list) - exact(list).floor();
    order.sort_by(|&a, &b| rest(b).total_cmp(&rest(a)).then(sizes[b].cmp(&sizes[a])).then(a.cmp(&b)));
    // More than one round only where lists are too short to give their share.
    while given.iter().sum::<usize>() < wanted {
        let before: usize = given.iter().sum();
        for &list in &order {
            if given.iter().sum::<usize>() < wanted && given[list] < room[list] {
                given[list] += 1;
            }
        }
        if given.iter().sum::<usize>() == before {
            break;
        }
    }
    given
}

fn drawn(
    mut lists: Vec<Vec<u32>>,
    splitting: &Splitting,
    test: usize,
    validation: usize,
    stream: &mut Stream,
) -> Parts {
    lists.iter_mut().for_each(|list| stream.shuffle(list));
    let sizes: Vec<usize> = lists.iter().map(Vec::len).collect();
    let mut parts = Parts::default();
    let tests: Vec<Vec<u32>> = match splitting.fold {
        None => {
            let counts = apportioned(&sizes, &vec![0; sizes.len()], test);
            lists.iter_mut().zip(counts).map(|(list, count)| list.drain(..count).collect()).collect()
        }
        Some(Fold { of, index }) => {
            // One deal through all lists, so that folds differ by a row at most.
            let mut dealt = 0;
            let mut deal = |list: &mut Vec<u32>| {
                let (test, rest) = list.iter().partition(|_| {
                    dealt += 1;
                    (dealt - 1) % of == index
                });
                *list = rest;
                test
            };
            lists.iter_mut().map(&mut deal).collect()
        }
    };
    let taken: Vec<usize> = tests.iter().map(Vec::len).collect();
    parts.test = tests.concat();
    let counts = apportioned(&sizes, &taken, validation);
    parts.validation = lists.iter_mut().zip(counts).flat_map(|(list, count)| list.drain(..count)).collect();
    parts.train = lists.concat();
    in_order(parts)
}

fn in_order(mut parts: Parts) -> Parts {
    [&mut parts.train, &mut parts.validation, &mut parts.test].into_iter().for_each(|rows| rows.sort_unstable());
    parts
}

fn ordered(rows: usize, splitting: &Splitting, test: usize, validation: usize) -> Result<Parts, Problem> {
    let (test, mut rest): (Vec<u32>, Vec<u32>) = match splitting.fold {
        None => (0..rows as u32).partition(|&row| row as usize >= rows - test),
        Some(Fold { of, index }) => {
            let block = index * rows / of..(index + 1) * rows / of;
            (0..rows as u32).partition(|&row| block.contains(&(row as usize)))
        }
    };
    if validation >= rest.len() {
        return Err(Problem::of_file("the splits leave no row to train on"));
    }
    let validation = rest.split_off(rest.len() - validation);
    Ok(Parts { train: rest, validation, test })
}

/// The rows of each group, in order of their first.
fn groups(table: &Table, understood: &Understood) -> Result<Vec<Vec<u32>>, Problem> {
    let place = understood.group.ok_or_else(|| Problem::of_file("a split by group needs the column that names it"))?;
    let cells = &table.columns[place].cells;
    let key = |row: usize| match cells {
        Cells::Words(words) => u64::from(words.codes[row]),
        _ => (cells.number(row) + 0.0).to_bits(),
    };
    let mut places = std::collections::HashMap::new();
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for row in 0..table.rows {
        let place = *places.entry(key(row)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(row as u32);
    }
    Ok(groups)
}

fn grouped(
    mut groups: Vec<Vec<u32>>,
    splitting: &Splitting,
    test: usize,
    validation: usize,
    stream: &mut Stream,
) -> Result<Parts, Problem> {
    let needed = splitting.fold.map_or(1 + usize::from(test > 0), |fold| fold.of) + usize::from(validation > 0);
    if groups.len() < needed {
        let seen = text::count(groups.len(), "group");
        return Err(Problem::of_file(format!("the split needs {needed} groups and the table has {seen}")));
    }
    stream.shuffle(&mut groups);
    let mut parts = Parts::default();
    if let Some(Fold { of, index }) = splitting.fold {
        groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
        let mut sizes = vec![0; of];
        let (mut test, mut rest) = (Vec::new(), Vec::new());
        for group in groups {
            let least = sizes.iter().min().copied().unwrap_or(0);
            let fold = sizes.iter().position(|&size| size == least).unwrap_or(0);
            sizes[fold] += group.len();
            if fold == index { test.push(group) } else { rest.push(group) }
        }
        parts.test = test.concat();
        groups = rest;
    } else {
        parts.test = first_of(&mut groups, test, 1 + usize::from(validation > 0));
    }
    parts.validation = first_of(&mut groups, validation, 1);
    parts.train = groups.concat();
    Ok(in_order(parts))
}

/// Takes the first groups, until another would lead further from so many rows; leaves so many groups.
fn first_of(groups: &mut Vec<Vec<u32>>, wanted: usize, left: usize) -> Vec<u32> {
    let (mut count, mut rows) = (0, 0);
    while count + left < groups.len() {
        let with = rows + groups[count].len();
        let nearer = with.abs_diff(wanted) < wanted.abs_diff(rows);
        if wanted == 0 || (count > 0 && !nearer) {
            break;
        }
        (count, rows) = (count + 1, with);
    }
    groups.drain(..count).collect::<Vec<_>>().concat()
}
