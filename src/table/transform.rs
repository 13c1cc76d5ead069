//! A table as the numbers that a network takes.

use super::column::{Cells, Sample};
use super::fit::{Encoded, Encoding, Fitted, truth};
use super::problem::{Problem, Problems};
use super::scale::Scale;
use super::target::Task;
use super::understand::bad_cell;
use super::word::MISSING;
use super::{Column, Role, Table};
use crate::text;

/// Rows taken at once, so that what they fill stays near.
const BLOCK: usize = 64;

/// Rows of a table as a network takes them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// The number of rows.
    pub rows: usize,
    /// Inputs per row.
    pub features: usize,
    /// Inputs, row-major, `rows × features`.
    pub x: Vec<f32>,
    /// Of each row the target on its scale, or its class as a number; empty where the table has no target.
    pub y: Vec<f32>,
    /// The weights of the rows, where the table has them.
    pub weights: Option<Vec<f32>>,
    /// Words that the training rows have not, by column.
    pub unseen: Vec<Unseen>,
}

/// Words of a column that no training row has; they are 0 in all of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The name of the column.
    pub column: String,
    /// One of the words.
    pub word: String,
    /// How many cells hold such a word.
    pub cells: usize,
}

/// What fills the columns of one feature.
enum Filler<'a> {
    Number {
        cells: &'a Cells,
        fill: f64,
        scale: &'a Scale,
    },
    /// By code: the value of its only column.
    Boolean {
        codes: &'a [u32],
        values: Vec<f32>,
        fill: f32,
    },
    /// By code: the column that is 1, if any.
    Words {
        codes: &'a [u32],
        places: Vec<Option<usize>>,
        fill: usize,
    },
}

impl Fitted {
    /// The rows of a table as a matrix; `None`: all. The table is the one that was fitted, or one read by
    /// [`Fitted::read`].
    ///
    /// # Errors
    /// Of cells that are not what they are in the fitted table, and of numbers that are too large for `f32` as they are
    /// scaled.
    pub fn transform(&self, table: &Table, rows: Option<&[u32]>) -> Result<Matrix, Problems> {
        let all: Vec<u32>;
        let rows = match rows {
            Some(rows) => rows,
            None => {
                all = (0..table.rows as u32).collect();
                &all
            }
        };
        let width = self.width();
        let mut matrix =
            Matrix { rows: rows.len(), features: width, x: vec![0.0; rows.len() * width], ..Matrix::default() };
        let mut problems = Vec::new();
        let mut fillers = Vec::with_capacity(self.features.len());
        for feature in &self.features {
            let column = column(table, &feature.name, Role::Feature);
            let filler = column.and_then(|column| filler(feature, column, table, rows, &mut matrix.unseen));
            match filler {
                Ok(filler) => fillers.push((feature, filler)),
                Err(problem) => problems.push(problem),
            }
        }
        Problems::none_of(problems)?;
        let mut too_large: Option<(usize, u32)> = None;
        for (block, rows) in rows.chunks(BLOCK).enumerate() {
            let part = &mut matrix.x[block * BLOCK * width..];
            let mut offset = 0;
            for (place, (feature, filler)) in fillers.iter().enumerate() {
                let large = filler.fill(rows, &mut part[offset..], width, feature);
                too_large = too_large.or(large.map(|row| (place, row)));
                offset += feature.width();
            }
        }
        if let Some((place, row)) = too_large {
            let name = &self.features[place].name;
            let column = column(table, name, Role::Feature)?;
            let cell = text::float(column.cells.number(row as usize));
            let sample = Sample { row: row as usize, cell };
            let problem = bad_cell(table, column, &sample, "is too large for 32 bits as it is scaled", 1);
            return Err(problem.help("say `scale = \"standard\"`").into());
        }
        matrix.y = self.targets(table, rows)?;
        matrix.weights = match &self.weight {
            Some(name) => weights(table, name, rows)?,
            None => None,
        };
        Ok(matrix)
    }

    /// Whether a table read by [`Fitted::read`] can judge a network: every row has what those trained on have, the target
    /// and the weight too.
    ///
    /// # Errors
    /// As [`Self::transform`], and of a table without the target's column or that of the weights.
    pub fn check(&self, table: &Table) -> Result<(), Problems> {
        let columns = [(Some(&self.target), Role::Target), (self.weight.as_ref(), Role::Weight)];
        let lacking = columns.into_iter().filter_map(|(name, role)| column(table, name?, role).err()).collect();
        Problems::none_of(lacking)?;
        self.transform(table, None).map(drop)
    }

    /// Refuses a table in which a cell of a feature is missing.
    ///
    /// # Errors
    /// One for each such feature.
    pub fn refuse_missing(&self, table: &Table) -> Result<(), Problems> {
        let lacking = self.features.iter().filter_map(|feature| {
            let column = column(table, &feature.name, Role::Feature).ok()?;
            let place = table.place(column.seen.first_missing?);
            let help =
                "fill it in; the training rows have none such, as `missing = \"refuse\"` or a generated dataset has it";
            Some(Problem::new(place, "the cell is missing").column(&column.name).help(help))
        });
        Problems::none_of(lacking.collect())
    }

    /// The targets of rows; none where the table has none.
    fn targets(&self, table: &Table, rows: &[u32]) -> Result<Vec<f32>, Problem> {
        let Ok(column) = column(table, &self.target, Role::Target) else { return Ok(Vec::new()) };
        let missing = |row: u32| {
            Problem::new(table.place(row as usize), "the target is missing")
                .column(&column.name)
                .help("leave such rows out")
        };
        if self.task == Task::Regression {
            if let Some(word) = &column.seen.word {
                return Err(bad_cell(table, column, word, "is not a number", column.seen.words));
            }
            let scale = self.target_scale;
            let y = rows.iter().map(|&row| match column.cells.number(row as usize) {
                y if y.is_nan() => Err(missing(row)),
                y => Ok(((y - scale.offset) * scale.scale) as f32),
            });
            return y.collect();
        }
        let unknown = |row: u32, class: &str| {
            let sample = Sample { row: row as usize, cell: class.to_owned() };
            bad_cell(table, column, &sample, "is not a class of the training rows", 1)
        };
        let words = (!self.numeric).then(|| column.cells.words().or(column.written.as_ref())).flatten();
        if let Some(words) = words {
            let place = |word: &String| self.classes.iter().position(|class| class == word);
            let places: Vec<Option<usize>> = words.words.iter().map(place).collect();
            let y = rows.iter().map(|&row| {
                let class = words.get(row as usize).ok_or_else(|| missing(row))?;
                let place = places[words.codes[row as usize] as usize];
                place.map(|place| place as f32).ok_or_else(|| unknown(row, class))
            });
            return y.collect();
        }
        if !column.cells.are_numbers() {
            return Err(match &column.seen.word {
                Some(word) => bad_cell(table, column, word, "is not a class of the training rows", column.seen.words),
                None => missing(rows.first().copied().unwrap_or(0)),
            });
        }
        // Numbers that name classes are in their order.
        let classes: Vec<f64> = self.classes.iter().filter_map(|class| class.parse().ok()).collect();
        let y = rows.iter().map(|&row| match column.cells.number(row as usize) {
            y if y.is_nan() => Err(missing(row)),
            y => {
                let place = classes.partition_point(|&class| class < y);
                let found = classes.get(place).filter(|&&class| class == y);
                found.map(|_| place as f32).ok_or_else(|| unknown(row, &text::float(y + 0.0)))
            }
        });
        y.collect()
    }
}

/// The column of that name that was read.
fn column<'a>(table: &'a Table, name: &str, role: Role) -> Result<&'a Column, Problem> {
    let found = table.columns.iter().find(|column| column.name == name && column.role != Role::Unused);
    let fits = found.filter(|column| column.role == role || role == Role::Feature);
    fits.ok_or_else(|| Problem::of_file(format!("the file has no column `{}`", text::brief(name))))
}

fn weights(table: &Table, name: &str, rows: &[u32]) -> Result<Option<Vec<f32>>, Problem> {
    let Ok(column) = column(table, name, Role::Weight) else { return Ok(None) };
    let weight = |&row: &u32| match column.cells.number(row as usize) {
        weight if weight >= 0.0 => Ok(weight as f32),
        _ => Err(Problem::new(table.place(row as usize), "the weight is not a number from 0 on").column(name)),
    };
    rows.iter().map(weight).collect::<Result<_, _>>().map(Some)
}

fn filler<'a>(
    feature: &'a Encoded,
    column: &'a Column,
    table: &Table,
    rows: &[u32],
    unseen: &mut Vec<Unseen>,
) -> Result<Filler<'a>, Problem> {
    let cells = &column.cells;
    let all_missing = column.seen.numbers + column.seen.words == 0;
    if let Some(row) = column.seen.broken {
        return Err(Problem::new(table.place(row), "the cell is not UTF-8 text").column(&column.name));
    }
    Ok(match &feature.encoding {
        Encoding::Number { fill, scale } => {
            if let Some(word) = column.seen.word.as_ref().filter(|_| !cells.are_numbers()) {
                return Err(bad_cell(table, column, word, "is not a number", column.seen.words));
            }
            Filler::Number { cells, fill: *fill, scale }
        }
        Encoding::Boolean { fill, scale, words: known } => {
            let words = cells.words();
            if words.is_none() && !all_missing {
                return Err(Problem::of_file("the column holds no truth values").column(&column.name));
            }
            let mut values = Vec::new();
            for (code, word) in words.iter().flat_map(|words| &words.words).enumerate() {
                let yes = truth(known, word).ok_or_else(|| {
                    let row = words.and_then(|words| words.codes.iter().position(|&other| other as usize == code));
                    let sample = Sample { row: row.unwrap_or(0), cell: word.clone() };
                    bad_cell(table, column, &sample, "is not one of the two words of the column", 1)
                })?;
                values.push(scale.apply(f64::from(u8::from(yes))) as f32);
            }
            Filler::Boolean { codes: words.map_or(&[], |words| &words.codes), values, fill: scale.apply(*fill) as f32 }
        }
        Encoding::Words { levels, fill } => {
            let words = cells.words();
            if words.is_none() && !all_missing {
                return Err(Problem::of_file("the column holds too many words").column(&column.name));
            }
            let place =
                |word: &String| levels.binary_search_by(|(level, _)| level.cmp(word)).ok().filter(|&at| levels[at].1);
            let places: Vec<Option<usize>> = words.iter().flat_map(|words| &words.words).map(place).collect();
            let codes: &[u32] = words.map_or(&[], |words| &words.codes);
            let strange = |row: &&u32| {
                codes.get(**row as usize).is_some_and(|&code| code != MISSING && places[code as usize].is_none())
            };
            if let Some(&first) = rows.iter().find(strange) {
                let word = words.and_then(|words| words.get(first as usize)).unwrap_or_default().to_owned();
                unseen.push(Unseen { column: column.name.clone(), word, cells: rows.iter().filter(strange).count() });
            }
            Filler::Words { codes, places, fill: *fill }
        }
    })
}

impl Filler<'_> {
    /// Fills the columns of a feature for some rows of a matrix that many columns wide; gives a row whose number is too
    /// large.
    fn fill(&self, rows: &[u32], part: &mut [f32], width: usize, feature: &Encoded) -> Option<u32> {
        let mut too_large = None;
        let shown = feature.indicator == Some(true);
        let indicator = feature.width() - 1;
        for (at, &row) in rows.iter().enumerate() {
            let to = at * width;
            let missing = match self {
                Self::Number { cells, fill, scale } => {
                    let cell = if matches!(cells, Cells::None) { f64::NAN } else { cells.number(row as usize) };
                    let scaled = scale.apply(if cell.is_nan() { *fill } else { cell }) as f32;
                    if !scaled.is_finite() {
                        too_large.get_or_insert(row);
                    }
                    part[to] = scaled;
                    cell.is_nan()
                }
                Self::Boolean { codes, values, fill } => {
                    let value = codes.get(row as usize).and_then(|&code| values.get(code as usize));
                    part[to] = value.copied().unwrap_or(*fill);
                    value.is_none()
                }
                Self::Words { codes, places, fill } => {
                    let place = codes.get(row as usize).and_then(|&code| places.get(code as usize));
                    if let Some(place) = place.copied().unwrap_or(Some(*fill)) {
                        part[to + place] = 1.0;
                    }
                    place.is_none()
                }
            };
            if missing && shown {
                part[to + indicator] = 1.0;
            }
        }
        too_large
    }
}
