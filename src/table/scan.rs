//! Reading CSV text into columns, chunk by chunk: one pass, numbers read where they stand, nothing kept per cell.

use std::io::Read;

use super::cells::{Delimiter, cell};
use super::column::{Builder, Understanding, Wanted};
use super::number::{Notation, short};
use super::problem::{Place, Problem, Problems, TableError};
use super::reading::{Marks, Reading};
use super::sniff::{Layout, look};
use super::source::Source;
use super::{Column, Format, Found, Lines, Role, Table};
use crate::text;

/// Bytes asked for at once.
const CHUNK: usize = 1 << 20;
/// Longest record: a file whose record is longer has lost a quote, or is of another kind.
const LONGEST: usize = 64 << 20;

/// Text of which what was used is dropped, and more asked for.
struct Window<'a> {
    reader: Box<dyn Read + 'a>,
    bytes: Vec<u8>,
    ended: bool,
    /// Bytes read in all.
    total: u64,
}

impl Window<'_> {
    /// Reads another chunk behind what is there. At the end of the file the text is given a last line end.
    fn more(&mut self) -> std::io::Result<()> {
        let from = self.bytes.len();
        let taken = self.reader.by_ref().take(CHUNK as u64).read_to_end(&mut self.bytes)?;
        self.total += taken as u64;
        self.ended = self.bytes.len() < from + CHUNK;
        if self.ended && self.bytes.last().is_some_and(|byte| !b"\n\r".contains(byte)) {
            self.bytes.push(b'\n');
        }
        Ok(())
    }

    /// Where the last whole record ends that begins at or after `at`.
    fn whole(&self, at: usize, delimiter: Delimiter) -> usize {
        if self.ended {
            return self.bytes.len();
        }
        let text = &self.bytes[at..];
        if !text.contains(&b'"') {
            let last = text.iter().rposition(|&byte| byte == b'\n');
            // A carriage return at the very end may be half a line end.
            let last = last.or_else(|| text[..text.len().max(1) - 1].iter().rposition(|&byte| byte == b'\r'));
            return last.map_or(at, |last| at + last + 1);
        }
        let (mut end, mut next) = (at, at);
        while next < self.bytes.len() {
            let cell = cell(&self.bytes, next, delimiter);
            next = cell.next;
            // What ends where the chunk does may go on.
            if cell.last && next < self.bytes.len() {
                end = next;
            }
        }
        end
    }
}

/// Rows that have not as many cells as there are columns.
#[derive(Debug, Default)]
struct Ragged {
    first: Option<(u64, usize)>,
    count: usize,
}

/// The rows as they are read.
struct Rows<'a> {
    columns: Vec<Builder>,
    how: &'a Understanding,
    delimiter: Delimiter,
    decimal: u8,
    /// Whether a short number is one whatever it is.
    short: bool,
    rows: usize,
    line: u64,
    lines: Lines,
    found: Found,
    ragged: Ragged,
    /// Where a quote was opened that nothing closes.
    open: Option<u64>,
}

/// Reads a table of CSV text. `size` is the text's length where it is known; `wanted` says of each named column what it
/// is for.
pub(super) fn read(
    source: Source,
    size: Option<u64>,
    reading: &Reading,
    roles: impl FnOnce(&[String]) -> Result<Vec<(Role, Wanted)>, Problems>,
) -> Result<Table, TableError> {
    let mut window = Window { reader: source.reader, bytes: Vec::with_capacity(CHUNK), ended: false, total: 0 };
    let layout = head(&mut window, reading)?;
    let roles = roles(&layout.names)?;
    let room = size.map_or(0, |size| size as usize / layout.record_bytes.max(1));
    // A tenth more than the first records promise; of a row, a byte of the file is there for sure.
    let room = (room + room / 10).min(size.unwrap_or(0) as usize);
    let how = Understanding { notation: notation(reading)?, marks: Marks::of(reading) };
    let columns = roles.iter().map(|&(_, wanted)| Builder::new(wanted, room)).collect();
    let mut found = layout.found;
    (found.format, found.encoding, found.compression) = (Format::Csv, source.encoding, source.compression);
    let mut rows = Rows {
        columns,
        how: &how,
        delimiter: layout.delimiter,
        decimal: reading.decimal as u8,
        short: !how.marks.have_numbers(),
        rows: 0,
        line: layout.line,
        lines: Lines::default(),
        found,
        ragged: Ragged::default(),
        open: None,
    };
    let mut at = layout.at;
    loop {
        let whole = window.whole(at, layout.delimiter);
        rows.take(&window.bytes[..whole], at);
        window.bytes.drain(..whole);
        at = 0;
        if window.ended {
            break;
        }
        if window.bytes.len() > LONGEST {
            let help = "a quote that is never closed may have swallowed what follows";
            let problem = Problem::new(Place::Line(rows.line), "the row is longer than 64 MiB");
            return Err(problem.help(help).into());
        }
        window.more()?;
    }
    rows.finish(layout.names, roles)
}

/// Reads as much as it takes to see how the file is laid out.
fn head(window: &mut Window, reading: &Reading) -> Result<Layout, TableError> {
    window.more()?;
    loop {
        let several = window.bytes.iter().filter(|&&byte| byte == b'\n' || byte == b'\r').take(3).count() == 3;
        if window.ended || several || window.bytes.len() > LONGEST {
            break;
        }
        window.more()?;
    }
    let end = window.whole(0, Delimiter::Byte(b','));
    let end = if end == 0 { window.bytes.len() } else { end };
    Ok(look(&window.bytes[..end], window.ended, reading)?)
}

/// The notation of numbers that was said.
fn notation(reading: &Reading) -> Result<Notation, Problem> {
    let &Reading { decimal, thousands, .. } = reading;
    let wrong = |c: char| c.is_alphanumeric() || "+-\"\n\r".contains(c);
    if !decimal.is_ascii() || wrong(decimal) {
        return Err(Problem::of_file("`decimal` is not a mark such as \".\" or \",\""));
    }
    if thousands.is_some_and(wrong) {
        return Err(Problem::of_file("`thousands` is not a mark such as \".\", \",\" or a blank"));
    }
    if thousands == Some(decimal) {
        return Err(Problem::of_file("`decimal` and `thousands` are one mark"));
    }
    Ok(Notation { decimal, thousands })
}

impl Rows<'_> {
    /// Takes the records of a text from `at` to its end, where one ends.
    fn take(&mut self, text: &[u8], mut at: usize) {
        while let Some(&first) = text.get(at) {
            match first {
                b'\n' => {
                    (at, self.line) = (at + 1, self.line + 1);
                    continue;
                }
                b'\r' => {
                    (at, self.line) = (at + 1 + usize::from(text.get(at + 1) == Some(&b'\n')), self.line + 1);
                    continue;
                }
                b' ' | b'\t' | b'#' => {
                    if let Some(next) = self.pass_over(text, at) {
                        at = next;
                        continue;
                    }
                }
                _ => {}
            }
            at = self.record(text, at);
        }
    }

    /// The end of a line of blanks, or of a comment.
    fn pass_over(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let mut next = at;
        let (mut cells, mut filled, mut lines) = (0, false, 0);
        loop {
            let cell = cell(text, next, self.delimiter);
            cells += 1;
            filled |= cell.to > cell.from;
            lines += cell.lines;
            next = cell.next;
            if cell.last {
                break;
            }
        }
        let is_comment = text[at] == b'#' && cells != self.columns.len();
        if is_comment {
            self.found.comments += 1;
        }
        (is_comment || (cells == 1 && !filled)).then(|| {
            self.line += lines + 1;
            next
        })
    }

    /// Takes a record; gives where the next begins.
    fn record(&mut self, text: &[u8], mut at: usize) -> usize {
        let (row, line, width) = (self.rows, self.line, self.columns.len());
        let (mut place, mut filled, mut beyond) = (0, false, false);
        loop {
            if self.short
                && let Some(column) = self.columns.get_mut(place)
                && column.takes_numbers()
                && let Delimiter::Byte(delimiter) = self.delimiter
                && let Some((value, length)) = short(&text[at..], self.decimal)
            {
                let next = at + length;
                match text.get(next) {
                    Some(&byte) if byte == delimiter => {
                        column.number(value);
                        (at, place, filled) = (next + 1, place + 1, true);
                        continue;
                    }
                    Some(b'\n') => {
                        column.number(value);
                        (at, place, filled) = (next + 1, place + 1, true);
                        break;
                    }
                    Some(b'\r') => {
                        column.number(value);
                        at = next + 1 + usize::from(text.get(next + 1) == Some(&b'\n'));
                        (place, filled) = (place + 1, true);
                        break;
                    }
                    _ => {}
                }
            }
            let cell = cell(text, at, self.delimiter);
            if cell.open {
                self.open.get_or_insert(self.line);
            }
            self.line += cell.lines;
            filled |= cell.to > cell.from;
            match self.columns.get_mut(place) {
                Some(column) if column.is_unused() => {}
                Some(column) => column.cell(&cell.content(text), row, self.how),
                None => beyond |= cell.to > cell.from,
            }
            (at, place) = (cell.next, place + 1);
            if cell.last {
                break;
            }
        }
        self.line += 1;
        if place < width || beyond {
            self.ragged.first.get_or_insert((line, place));
            self.ragged.count += 1;
            // The table is refused: only the lengths of its columns must agree.
            self.columns[place.min(width)..].iter_mut().for_each(|column| column.missing(row));
        } else if !filled {
            self.columns.iter_mut().for_each(|column| column.take_back(row));
            self.found.empty_rows += 1;
            return at;
        }
        self.found.trailing |= place > width;
        self.lines.note(row, line);
        self.rows += 1;
        at
    }

    fn finish(self, names: Vec<String>, roles: Vec<(Role, Wanted)>) -> Result<Table, TableError> {
        if let Some(line) = self.open {
            return Err(Problem::new(Place::Line(line), "a quote is opened and never closed").into());
        }
        if let Some((line, seen)) = self.ragged.first {
            let width = text::count(self.columns.len(), "column");
            let others = match self.ragged.count {
                1 => String::new(),
                n => format!(" ({n} such rows)"),
            };
            let message = format!("the row has {} where the table has {width}{others}", text::count(seen, "cell"));
            let help = format!("cells are parted by {}: say `delimiter` if that is wrong", self.found.between());
            return Err(Problem::new(Place::Line(line), message).help(help).into());
        }
        if self.rows == 0 {
            return Err(Problem::of_file("the file has a header but no rows").into());
        }
        let columns = names.into_iter().zip(roles).zip(self.columns);
        let columns = columns.map(|((name, (role, _)), builder)| {
            let (cells, seen, written) = builder.finish();
            Column { name, role, cells, seen, written }
        });
        Ok(Table { columns: columns.collect(), rows: self.rows, lines: self.lines, found: self.found })
    }
}
