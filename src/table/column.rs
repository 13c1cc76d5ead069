//! A column as it fills: numbers as narrow as they allow, words each kept once, and what else was seen.

use super::number::{Notation, Number, parse, with_unit};
use super::reading::Marks;
use super::word::{Dictionary, MISSING, Words};

/// Most distinct words kept of a column; more is text, and no use.
pub(super) const MOST_WORDS: usize = 1000;

/// What a column is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Not at all.
    Nothing,
    /// Whatever it holds.
    Any,
    /// Numbers, with a unit if need be.
    Numbers,
    /// Words, that many distinct ones at most.
    Words(usize),
    /// Both: numbers as they were written, too.
    Target,
}

/// A cell that was seen, and its row from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The row, from 0.
    pub row: usize,
    /// The cell as it is written.
    pub cell: String,
}

/// What was seen in a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Cells that are numbers.
    pub numbers: usize,
    /// Cells that are words.
    pub words: usize,
    /// Cells that are missing.
    pub missing: usize,
    /// The first row whose cell is missing.
    pub first_missing: Option<usize>,
    /// The first number.
    pub number: Option<Sample>,
    /// The first word.
    pub word: Option<Sample>,
    /// The distinct words, as far as they are kept, of a column whose cells are not.
    pub examples: Vec<String>,
    /// The first number with leading zeros.
    pub padded: Option<Sample>,
    /// The first whole number that `f64` does not hold.
    pub inexact: Option<Sample>,
    /// The marks of missing values that occur, but for the empty cell.
    pub marks: Vec<String>,
    /// The first row whose cell is not UTF-8 text.
    pub broken: Option<usize>,
    /// The unit that the numbers were written with.
    pub unit: Option<String>,
    /// Whether there were more distinct words than are kept.
    pub overfull: bool,
}

/// The cells of a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cells {
    /// Not read, or not kept, since they can be no use: numbers and words mixed, or too many words.
    #[default]
    None,
    /// Numbers that `f32` holds exactly; NaN where missing.
    Single(Vec<f32>),
    /// Numbers; NaN where missing.
    Double(Vec<f64>),
    /// Categories: an index into the words for each row.
    Words(Words),
}

impl Cells {
    /// The number in a row; NaN where there is none.
    pub fn number(&self, row: usize) -> f64 {
        match self {
            Self::Single(cells) => f64::from(cells[row]),
            Self::Double(cells) => cells[row],
            _ => f64::NAN,
        }
    }

    /// Whether the cells are numbers.
    pub fn are_numbers(&self) -> bool {
        matches!(self, Self::Single(_) | Self::Double(_))
    }

    /// The words, if the cells are words.
    pub fn words(&self) -> Option<&Words> {
        if let Self::Words(words) = self { Some(words) } else { None }
    }

    /// Whether a row's cell is missing.
    pub fn is_missing(&self, row: usize) -> bool {
        match self {
            Self::Words(words) => words.codes[row] == MISSING,
            Self::None => true,
            _ => self.number(row).is_nan(),
        }
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Single(cells) => 4 * cells.len(),
            Self::Double(cells) => 8 * cells.len(),
            Self::Words(words) => 4 * words.codes.len() + words.words.iter().map(|word| 48 + word.len()).sum::<usize>(),
        }
    }
}

/// How the cells of a file are to be understood.
#[derive(Debug)]
pub(super) struct Understanding {
    pub notation: Notation,
    pub marks: Marks,
}

/// A column as it fills.
#[derive(Debug)]
pub(super) struct Builder {
    wanted: Wanted,
    cells: Filling,
    seen: Seen,
    dictionary: Dictionary,
    /// The cells of a target as written, beside its numbers.
    written: Vec<u32>,
    /// Rows to make room for.
    room: usize,
}

#[derive(Debug)]
enum Filling {
    /// Missing cells only, so many.
    Empty(usize),
    Single(Vec<f32>),
    Double(Vec<f64>),
    Words(Vec<u32>),
    /// Nothing is kept; so many rows.
    Spent,
}

impl Builder {
    pub(super) fn new(wanted: Wanted, room: usize) -> Self {
        let (seen, dictionary) = (Seen::default(), Dictionary::default());
        let cells = if wanted == Wanted::Nothing { Filling::Spent } else { Filling::Empty(0) };
        Self { wanted, cells, seen, dictionary, written: Vec::new(), room }
    }

    pub(super) fn is_unused(&self) -> bool {
        self.wanted == Wanted::Nothing
    }

    /// Whether a number may be handed to [`Self::number`] without the cell it stood in.
    #[inline]
    pub(super) fn takes_numbers(&self) -> bool {
        matches!(self.cells, Filling::Single(_) | Filling::Double(_))
            && matches!(self.wanted, Wanted::Any | Wanted::Numbers)
            && self.seen.unit.is_none()
    }

    /// A number in a column that [takes them](Self::takes_numbers).
    #[inline]
    pub(super) fn number(&mut self, value: f64) {
        match &mut self.cells {
            Filling::Single(cells) => {
                let single = value as f32;
                if f64::from(single) == value || value.is_nan() {
                    cells.push(single);
                } else {
                    self.widen(value);
                }
            }
            Filling::Double(cells) => cells.push(value),
            Filling::Empty(_) | Filling::Words(_) | Filling::Spent => {
                unreachable!("such a column takes no bare numbers")
            }
        }
        self.seen.numbers += 1;
    }

    #[cold]
    fn widen(&mut self, value: f64) {
        if let Filling::Single(cells) = &self.cells {
            let mut wide = Vec::with_capacity(self.room.max(cells.len() + 1));
            wide.extend(cells.iter().map(|&x| f64::from(x)));
            wide.push(value);
            self.cells = Filling::Double(wide);
        }
    }

    /// A cell that is missing.
    pub(super) fn missing(&mut self, row: usize) {
        self.seen.missing += 1;
        self.seen.first_missing.get_or_insert(row);
        match &mut self.cells {
            Filling::Empty(rows) => *rows += 1,
            Filling::Single(cells) => cells.push(f32::NAN),
            Filling::Double(cells) => cells.push(f64::NAN),
            Filling::Words(cells) => cells.push(MISSING),
            Filling::Spent => {}
        }
        if self.wanted == Wanted::Target {
            self.written.push(MISSING);
        }
    }

    /// Takes back the last cell, which was missing.
    pub(super) fn take_back(&mut self, row: usize) {
        if self.is_unused() {
            return;
        }
        self.seen.missing -= 1;
        self.seen.first_missing = self.seen.first_missing.filter(|&first| first != row);
        match &mut self.cells {
            Filling::Empty(rows) => *rows -= 1,
            Filling::Single(cells) => cells.truncate(cells.len() - 1),
            Filling::Double(cells) => cells.truncate(cells.len() - 1),
            Filling::Words(cells) => cells.truncate(cells.len() - 1),
            Filling::Spent => {}
        }
        if self.wanted == Wanted::Target {
            self.written.pop();
        }
    }

    /// Any cell.
    pub(super) fn cell(&mut self, cell: &[u8], row: usize, how: &Understanding) {
        if self.wanted == Wanted::Nothing {
            return;
        }
        if cell.is_empty() {
            return self.missing(row);
        }
        let Ok(cell) = std::str::from_utf8(cell) else {
            self.seen.broken.get_or_insert(row);
            return self.missing(row);
        };
        self.text(cell, row, how);
    }

    fn text(&mut self, cell: &str, row: usize, how: &Understanding) {
        if self.wanted == Wanted::Nothing {
            return;
        }
        let sample = || Sample { row, cell: cell.to_owned() };
        if !matches!(self.wanted, Wanted::Words(_)) {
            let number = match self.seen.unit {
                None => parse(cell, how.notation).or_else(|| self.without_unit(cell, how)),
                Some(_) => self.without_unit(cell, how),
            };
            if let Some(number) = number {
                if how.marks.have_numbers() && how.marks.hold_number(number.value) {
                    return self.missing(row);
                }
                self.seen.number.get_or_insert_with(sample);
                return self.read_number(number, cell, row);
            }
        }
        let known = self.dictionary.find(cell);
        if known == Some(MISSING) {
            return self.missing(row);
        }
        if known.is_none() && how.marks.hold(cell) {
            self.dictionary.add_mark(cell);
            return self.missing(row);
        }
        self.seen.word.get_or_insert_with(sample);
        self.seen.words += 1;
        match &mut self.cells {
            Filling::Empty(rows) => {
                let mut codes = Vec::with_capacity(self.room.max(*rows + 1));
                codes.resize(*rows, MISSING);
                self.cells = Filling::Words(codes);
            }
            Filling::Single(_) | Filling::Double(_) => self.cells = Filling::Spent,
            Filling::Words(_) | Filling::Spent => {}
        }
        let code = known.or_else(|| self.keep(cell));
        if let (Filling::Words(codes), Some(code)) = (&mut self.cells, code) {
            codes.push(code);
        }
        if self.wanted == Wanted::Target
            && let Some(code) = code
        {
            self.written.push(code);
        }
    }

    /// The code of a new word; `None` where there are too many.
    fn keep(&mut self, word: &str) -> Option<u32> {
        let most = if let Wanted::Words(most) = self.wanted { most } else { MOST_WORDS };
        if self.dictionary.words.len() < most {
            return Some(self.dictionary.add(word));
        }
        self.seen.overfull = true;
        self.written = Vec::new();
        if matches!(self.cells, Filling::Words(_)) {
            self.cells = Filling::Spent;
        }
        None
    }

    /// A number beside a unit, where numbers were asked for and every cell bears that unit.
    fn without_unit(&mut self, cell: &str, how: &Understanding) -> Option<Number> {
        let may = self.wanted == Wanted::Numbers && (self.seen.unit.is_some() || self.seen.numbers == 0);
        let (unit, number) = may.then(|| with_unit(cell))??;
        let number = parse(&number, how.notation)?;
        (*self.seen.unit.get_or_insert_with(|| unit.clone()) == unit).then_some(number)
    }

    fn read_number(&mut self, number: Number, cell: &str, row: usize) {
        let sample = || Sample { row, cell: cell.to_owned() };
        if number.padded {
            self.seen.padded.get_or_insert_with(sample);
        }
        if number.inexact {
            self.seen.inexact.get_or_insert_with(sample);
        }
        if self.wanted == Wanted::Target && !self.seen.overfull {
            let code = self.dictionary.find(cell).or_else(|| self.keep(cell));
            self.written.extend(code);
        }
        match &mut self.cells {
            Filling::Single(_) | Filling::Double(_) => return self.number(number.value),
            Filling::Empty(rows) => {
                let mut cells = Vec::with_capacity(self.room.max(*rows + 1));
                cells.resize(*rows, f32::NAN);
                self.cells = Filling::Single(cells);
                return self.number(number.value);
            }
            Filling::Words(_) => self.cells = Filling::Spent,
            Filling::Spent => {}
        }
        self.seen.numbers += 1;
    }

    /// The cells, what was seen, and of a target that is not all words the cells as they were written.
    pub(super) fn finish(mut self) -> (Cells, Seen, Option<Words>) {
        let Dictionary { words, marks, .. } = self.dictionary;
        self.seen.marks = marks;
        let kept = self.wanted == Wanted::Target && !self.seen.overfull && self.seen.numbers > 0;
        let cells = match self.cells {
            Filling::Words(codes) => return (Cells::Words(Words { codes, words }), self.seen, None),
            Filling::Empty(_) | Filling::Spent => {
                self.seen.examples.clone_from(&words);
                Cells::None
            }
            Filling::Single(cells) => Cells::Single(cells),
            Filling::Double(cells) => Cells::Double(cells),
        };
        (cells, self.seen, kept.then_some(Words { codes: self.written, words }))
    }
}
