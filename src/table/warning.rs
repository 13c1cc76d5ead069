//! What is suspicious about a table that can be used.

use std::fmt;

use super::scale::moments;
use super::target::{FEW, Task, counted, flips};
use super::understand::{Feature, FeatureKind, LeftOut, Understood};
use super::{Cells, Column, Table};
use crate::text;

/// Rows looked at where all of them would take long: evenly spaced.
const SAMPLE: usize = 2000;
/// A class of fewer rows is rare.
const RARE: usize = 10;
/// Fewer rows than this tell nothing about a column.
const ENOUGH: usize = 20;

/// Something a person should know before trusting a result.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Columns that are one value in every row.
    Constant {
        /// The columns.
        columns: Vec<String>,
    },
    /// A column that is another whole number, or another word, in every row.
    IdLike {
        /// The column.
        column: String,
    },
    /// A column without a name that counts the rows; left out.
    Index {
        /// Its number from 1.
        place: usize,
    },
    /// Numbers with leading zeros, as postal codes and other names have.
    Padded {
        /// The column.
        column: String,
        /// Such a cell.
        cell: String,
    },
    /// Rows that are equal to an earlier one in everything that is used.
    Duplicates {
        /// How many.
        rows: usize,
    },
    /// A column that tells the target without any other.
    GivesAway {
        /// The column.
        column: String,
    },
    /// Features whose deviations are far apart, which matters where nothing scales them.
    Scales {
        /// The narrowest column, and its deviation.
        narrow: (String, f64),
        /// The widest column, and its deviation.
        wide: (String, f64),
    },
    /// A class of few rows.
    Rare {
        /// The class.
        class: String,
        /// How many rows it has.
        rows: usize,
    },
    /// The rows are in the order of the target.
    Sorted,
    /// Whole numbers were taken for classes, though they may be counts or grades.
    TakenForClasses {
        /// How many distinct ones.
        classes: usize,
    },
    /// Few distinct numbers were taken for a regression, though they may be classes.
    TakenForRegression {
        /// How many distinct ones.
        values: usize,
    },
    /// Without one row the task would be another.
    OneRowDecides {
        /// The value that stands in that row.
        value: String,
        /// Whether the target would be classes without it, or numbers.
        classes: bool,
    },
    /// Distinct numbers of a column that are one number in `f32` where nothing scales them.
    Merges {
        /// The column.
        column: String,
        /// The distinct numbers looked at.
        distinct: usize,
        /// What is left of them.
        left: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |column: &str| text::brief(column);
        match self {
            Self::Constant { columns } => match &columns[..] {
                [column] => write!(f, "`{}` is one value in every row", name(column)),
                columns => {
                    let first = columns.iter().take(3).map(|column| format!("`{}`", name(column))).collect::<Vec<_>>();
                    let more = if columns.len() > 3 { ", …" } else { "" };
                    write!(f, "{} columns are one value in every row: {}{more}", columns.len(), first.join(", "))
                }
            },
            Self::IdLike { column } => {
                write!(
                    f,
                    "`{}` is another value in every row, as the number of a row is: drop it unless it measures something",
                    name(column)
                )
            }
            Self::Index { place } => write!(f, "column {place} has no name and counts the rows; it is left out"),
            Self::Padded { column, cell } => write!(
                f,
                "`{}` has leading zeros (`{}`), as codes have: say `category` or `drop` if it does not measure something",
                name(column),
                name(cell)
            ),
            Self::Duplicates { rows } => {
                let equal = if *rows == 1 { "equals" } else { "equal" };
                let rows = text::count(*rows, "row");
                write!(f, "{rows} {equal} an earlier one: the test rows may hold what was trained on")
            }
            Self::GivesAway { column } => {
                write!(f, "`{}` alone tells the target: is it known before the target is?", name(column))
            }
            Self::Scales { narrow, wide } => write!(
                f,
                "the scales are far apart, which matters unless inputs are scaled: `{}` deviates by {}, `{}` by {}; \
                 say `scale = \"standard\"`, the default",
                name(&narrow.0),
                text::short(narrow.1),
                name(&wide.0),
                text::short(wide.1)
            ),
            Self::Rare { class, rows } => write!(f, "class `{}` has {} only", name(class), text::count(*rows, "row")),
            Self::Sorted => {
                write!(f, "the rows are sorted by the target: an ordered split tests on what training never saw")
            }
            Self::TakenForClasses { classes } => write!(
                f,
                "the target's {classes} distinct whole numbers are taken for classes; if they are counts or grades, say `kind = \"regression\"`"
            ),
            Self::TakenForRegression { values } => write!(
                f,
                "the target's {values} distinct numbers are taken for a regression; if they are classes, say `kind = \"multiclass\"`"
            ),
            Self::OneRowDecides { value, classes } => {
                let (task, kind) = if *classes { ("classes", "multiclass") } else { ("numbers", "regression") };
                write!(
                    f,
                    "one row decides the task: without `{}` the target would be {task}; say `kind` (such as \"{kind}\")",
                    name(value)
                )
            }
            Self::Merges { column, distinct, left } => write!(
                f,
                "`{}` has {distinct} distinct numbers, which 32 bits round to {left}; say `scale = \"standard\"`",
                name(column)
            ),
        }
    }
}

/// Everything suspicious, the target first, then column by column. `scaled`: whether features are scaled.
pub fn warnings(table: &Table, understood: &Understood, scaled: bool) -> Vec<Warning> {
    let mut found = of_target(table, understood);
    for out in &understood.left_out {
        if let LeftOut::Index(place) = out {
            found.push(Warning::Index { place: *place });
        }
    }
    let constant = understood.features.iter().filter(|feature| is_constant(&table.columns[feature.column], table.rows));
    let columns: Vec<String> = constant.map(|feature| feature.name.clone()).collect();
    if !columns.is_empty() {
        found.push(Warning::Constant { columns });
    }
    let step = table.rows.div_ceil(SAMPLE).max(1);
    let sample: Vec<usize> = (0..table.rows).step_by(step).collect();
    for feature in &understood.features {
        of_feature(table, understood, feature, &sample, scaled, &mut found);
    }
    if !scaled {
        found.extend(scales(table, understood, &sample));
    }
    let rows = duplicates(table, understood);
    if rows > 0 {
        found.push(Warning::Duplicates { rows });
    }
    found
}

fn of_target(table: &Table, understood: &Understood) -> Vec<Warning> {
    let target = &understood.target;
    let mut found = Vec::new();
    let numbers = table.columns[target.column].cells.are_numbers();
    if target.inferred && numbers {
        let values: Vec<f64> = (0..table.rows).map(|row| table.columns[target.column].cells.number(row)).collect();
        let counted = counted(&values);
        if target.task == Task::Multiclass {
            found.push(Warning::TakenForClasses { classes: target.classes.len() });
        } else if target.task == Task::Regression && counted.len() <= FEW && table.rows >= 2 * counted.len() {
            found.push(Warning::TakenForRegression { values: counted.len() });
        }
        // Of few rows any one decides.
        if let Some((value, classes)) = flips(&counted).filter(|_| table.rows >= ENOUGH) {
            found.push(Warning::OneRowDecides { value: text::float(value), classes });
        }
    }
    let rare = target.classes.iter().zip(&target.counts).filter(|&(_, &rows)| rows < RARE);
    // Where all classes are small the table is.
    if target.counts.iter().any(|&rows| rows >= RARE) {
        found.extend(rare.map(|(class, &rows)| Warning::Rare { class: class.clone(), rows }));
    }
    let ascending = target.values.is_sorted() || target.values.iter().rev().is_sorted();
    let runs = 1 + target.values.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let blocks = !target.classes.is_empty() && runs == target.classes.len();
    if table.rows >= ENOUGH && (ascending || blocks) {
        found.push(Warning::Sorted);
    }
    found
}

fn of_feature(
    table: &Table,
    understood: &Understood,
    feature: &Feature,
    sample: &[usize],
    scaled: bool,
    found: &mut Vec<Warning>,
) {
    let column = &table.columns[feature.column];
    let name = || feature.name.clone();
    if is_constant(column, table.rows) {
        return;
    }
    if table.rows >= ENOUGH && is_id_like(column, table.rows) {
        found.push(Warning::IdLike { column: name() });
    }
    if let Some(padded) = column.seen.padded.as_ref().filter(|_| feature.kind == FeatureKind::Number) {
        found.push(Warning::Padded { column: name(), cell: padded.cell.clone() });
    }
    if gives_away(column, understood, sample) {
        found.push(Warning::GivesAway { column: name() });
    }
    if !scaled && let Cells::Double(cells) = &column.cells {
        let distinct = |values: Vec<f64>| counted(&values).len();
        let values: Vec<f64> = sample.iter().map(|&row| cells[row]).filter(|x| !x.is_nan()).collect();
        let singles = values.iter().map(|&x| f64::from(x as f32)).collect();
        let (distinct, left) = (distinct(values), distinct(singles));
        if left < distinct {
            found.push(Warning::Merges { column: name(), distinct, left });
        }
    }
}

/// Whether every cell that is there is one value.
fn is_constant(column: &Column, rows: usize) -> bool {
    match &column.cells {
        Cells::None => true,
        Cells::Words(words) => words.words.len() < 2,
        cells => {
            let mut there = (0..rows).map(|row| cells.number(row)).filter(|x| !x.is_nan());
            let first = there.next();
            there.all(|x| Some(x) == first)
        }
    }
}

/// Whether every row has another whole number of a narrow range, or another word.
fn is_id_like(column: &Column, rows: usize) -> bool {
    if let Some(words) = column.cells.words() {
        return words.words.len() == rows;
    }
    if column.seen.missing > 0 {
        return false;
    }
    let numbers = || (0..rows).map(|row| column.cells.number(row));
    let step = column.cells.number(1) - column.cells.number(0);
    let counts = step != 0.0 && numbers().zip(numbers().skip(1)).all(|(a, b)| b - a == step);
    if counts && step.fract() == 0.0 {
        return true;
    }
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for x in numbers() {
        if x.fract() != 0.0 {
            return false;
        }
        (least, most) = (least.min(x), most.max(x));
    }
    // A permutation of the rows' numbers, with some left out.
    if most - least >= 2.0 * rows as f64 {
        return false;
    }
    let mut seen = vec![false; (most - least) as usize + 1];
    numbers().all(|x| !std::mem::replace(&mut seen[(x - least) as usize], true))
}

/// Whether a column tells the target: its values, or its cuts at as many places as classes need, or a straight line.
fn gives_away(column: &Column, understood: &Understood, sample: &[usize]) -> bool {
    let target = &understood.target;
    let there: Vec<usize> = sample.iter().copied().filter(|&row| !column.cells.is_missing(row)).collect();
    if there.len() < ENOUGH {
        return false;
    }
    let y = |row: usize| target.values[row];
    if target.task == Task::Regression {
        return column.cells.are_numbers()
            && correlation(there.iter().map(|&row| (column.cells.number(row), y(row)))) > 0.999;
    }
    let mut counts = vec![0; target.classes.len()];
    there.iter().for_each(|&row| counts[y(row) as usize] += 1);
    // What tells a class of few rows is chance.
    if counts.iter().filter(|&&count| count >= 5).count() < 2 {
        return false;
    }
    // Wrong in one row of a hundred at most, and in a twentieth of those that the most frequent class has wrong.
    let others = there.len() - counts.iter().max().copied().unwrap_or(0);
    let allowed = (there.len() / 100).min(others / 20);
    let wrong = |counts: &[usize]| counts.iter().sum::<usize>() - counts.iter().max().copied().unwrap_or(0);
    match &column.cells {
        Cells::Words(words) => {
            let mut of_word = vec![vec![0; target.classes.len()]; words.words.len()];
            there.iter().for_each(|&row| of_word[words.codes[row] as usize][y(row) as usize] += 1);
            let all_wrong: usize = of_word.iter().map(|counts| wrong(counts)).sum();
            words.words.len() <= there.len() / 4 && all_wrong <= allowed
        }
        cells => {
            let mut sorted: Vec<(f64, usize)> = there.iter().map(|&row| (cells.number(row), y(row) as usize)).collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (mut all_wrong, mut changes, mut last) = (0, 0, None);
            for equal in sorted.chunk_by(|a, b| a.0 == b.0) {
                let mut counts = vec![0; target.classes.len()];
                equal.iter().for_each(|&(_, class)| counts[class] += 1);
                all_wrong += wrong(&counts);
                let most = (0..counts.len()).max_by_key(|&class| counts[class]);
                changes += usize::from(last.is_some_and(|last| last != most));
                last = Some(most);
            }
            // A row among others of another class is two changes.
            all_wrong <= allowed && changes < target.classes.len() + 2 * allowed
        }
    }
}

/// The square of Pearson's correlation.
fn correlation(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let ((mean_x, deviation_x), (mean_y, deviation_y)) = (moments(&x), moments(&y));
    let n = x.len() as f64;
    let products = x.iter().zip(&y).map(|(x, y)| ((x - mean_x) / deviation_x) * ((y - mean_y) / deviation_y));
    (products.sum::<f64>() / n).powi(2)
}

/// The columns that deviate least and most, where that is a thousand times apart.
fn scales(table: &Table, understood: &Understood, sample: &[usize]) -> Option<Warning> {
    let numbers = understood.features.iter().filter(|feature| feature.kind == FeatureKind::Number);
    let deviation = |feature: &Feature| {
        let cells = &table.columns[feature.column].cells;
        let values: Vec<f64> = sample.iter().map(|&row| cells.number(row)).filter(|x| !x.is_nan()).collect();
        (feature.name.clone(), moments(&values).1)
    };
    let deviations: Vec<(String, f64)> = numbers.map(deviation).filter(|(_, deviation)| *deviation > 0.0).collect();
    let narrow = deviations.iter().min_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    let wide = deviations.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.clone();
    (wide.1 >= 1000.0 * narrow.1).then_some(Warning::Scales { narrow, wide })
}

/// Rows whose features and target are those of an earlier row.
fn duplicates(table: &Table, understood: &Understood) -> usize {
    // Mixes as SplitMix64 does; two of a million rows meet by chance once in 4·10⁷ tables.
    let mix = |hash: u64, bits: u64| {
        let mut z = (hash ^ bits).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut hashes: Vec<u64> = understood.target.values.iter().map(|y| mix(0, (y + 0.0).to_bits())).collect();
    for feature in &understood.features {
        match &table.columns[feature.column].cells {
            Cells::None => {}
            Cells::Single(cells) => {
                hashes.iter_mut().zip(cells).for_each(|(hash, x)| *hash = mix(*hash, u64::from((x + 0.0).to_bits())));
            }
            Cells::Double(cells) => {
                hashes.iter_mut().zip(cells).for_each(|(hash, x)| *hash = mix(*hash, (x + 0.0).to_bits()))
            }
            Cells::Words(words) => {
                hashes.iter_mut().zip(&words.codes).for_each(|(hash, &code)| *hash = mix(*hash, u64::from(code)))
            }
        }
    }
    hashes.sort_unstable();
    hashes.windows(2).filter(|pair| pair[0] == pair[1]).count()
}
