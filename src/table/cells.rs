//! Where cells and records end: quotes, delimiters and line ends, in one place for all who look at CSV text.

use std::borrow::Cow;

/// What stands between cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delimiter {
    /// That byte.
    Byte(u8),
    /// Any run of spaces and tabs.
    Blanks,
}

impl Delimiter {
    pub(super) fn of(c: char) -> Self {
        if c == ' ' { Self::Blanks } else { Self::Byte(c as u8) }
    }

    pub(super) fn char(self) -> char {
        match self {
            Self::Byte(byte) => char::from(byte),
            Self::Blanks => ' ',
        }
    }

    /// Whether a byte around a cell is not part of it.
    #[inline]
    fn pads(self, byte: u8) -> bool {
        byte == b' ' || (byte == b'\t' && self != Self::Byte(b'\t'))
    }
}

/// A cell within a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    /// Where it begins and ends, without blanks around it and without the quote that opens it.
    pub from: usize,
    pub to: usize,
    /// It began with a quote: what lies between may hold doubled quotes, the one that closes it and more.
    pub quoted: bool,
    /// Where the next cell or record begins.
    pub next: usize,
    /// Nothing follows in this record.
    pub last: bool,
    /// Line ends within.
    pub lines: u64,
    /// The quote is never closed.
    pub open: bool,
}

/// The cell that begins at `at`, where a text lies that ends with a line end.
pub(super) fn cell(text: &[u8], at: usize, delimiter: Delimiter) -> Cell {
    let mut from = at;
    while text.get(from).is_some_and(|&byte| delimiter.pads(byte)) {
        from += 1;
    }
    let quoted = text.get(from) == Some(&b'"');
    let (mut end, mut lines, mut open) = (from, 0, false);
    if quoted {
        from += 1;
        end = from;
        open = true;
        while let Some(&byte) = text.get(end) {
            end += 1;
            match byte {
                b'"' if text.get(end) == Some(&b'"') => end += 1,
                b'"' => {
                    open = false;
                    break;
                }
                b'\n' => lines += 1,
                b'\r' if text.get(end) != Some(&b'\n') => lines += 1,
                _ => {}
            }
        }
    }
    let ends = |byte: u8| match delimiter {
        Delimiter::Byte(delimiter) => byte == delimiter || byte == b'\n' || byte == b'\r',
        Delimiter::Blanks => matches!(byte, b' ' | b'\t' | b'\n' | b'\r'),
    };
    while text.get(end).is_some_and(|&byte| !ends(byte)) {
        end += 1;
    }
    let mut to = end;
    while to > from && delimiter.pads(text[to - 1]) {
        to -= 1;
    }
    let mut next = end;
    if delimiter == Delimiter::Blanks {
        while text.get(next).is_some_and(|&byte| delimiter.pads(byte)) {
            next += 1;
        }
    }
    let last = match text.get(next) {
        Some(b'\n') | None => true,
        Some(b'\r') => {
            next += usize::from(text.get(next + 1) == Some(&b'\n'));
            true
        }
        Some(_) => false,
    };
    // A run of blanks is behind us already, a delimiter or a line end is not.
    next += usize::from(last || delimiter != Delimiter::Blanks);
    Cell { from, to, quoted, next: next.min(text.len()), last, lines, open }
}

impl Cell {
    /// What the cell says.
    pub(super) fn content<'a>(&self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let raw = &text[self.from..self.to];
        if !self.quoted {
            return Cow::Borrowed(raw);
        }
        match raw.iter().position(|&byte| byte == b'"') {
            Some(at) if at + 1 == raw.len() => Cow::Borrowed(raw[..at].trim_ascii()),
            None => Cow::Borrowed(raw.trim_ascii()),
            Some(_) => {
                let (mut said, mut bytes, mut within) =
                    (Vec::with_capacity(raw.len()), raw.iter().copied().peekable(), true);
                while let Some(byte) = bytes.next() {
                    match byte {
                        b'"' if within && bytes.peek() == Some(&b'"') => said.extend(bytes.next()),
                        b'"' if within => within = false,
                        byte => said.push(byte),
                    }
                }
                Cow::Owned(said.trim_ascii().to_vec())
            }
        }
    }
}

/// A record as text, for those who look before they read.
#[derive(Debug)]
pub(super) struct Record {
    /// Where it begins, and its line from 1.
    pub at: usize,
    pub line: u64,
    pub cells: Vec<String>,
    /// Where the next one begins, and its line.
    pub next: usize,
    pub next_line: u64,
}

impl Record {
    /// Whether no cell holds anything.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }

    /// Whether it may be a comment.
    pub(super) fn is_marked(&self, text: &[u8]) -> bool {
        text.get(self.at) == Some(&b'#')
    }
}

/// The records of a text that ends with a line end, from `at` on the line given.
pub(super) fn records(text: &[u8], at: usize, line: u64, delimiter: Delimiter) -> impl Iterator<Item = Record> {
    let mut place = (at, line);
    std::iter::from_fn(move || {
        let (at, line) = place;
        (at < text.len()).then(|| {
            let (mut cells, mut next, mut lines) = (Vec::new(), at, line);
            loop {
                let cell = cell(text, next, delimiter);
                cells.push(String::from_utf8_lossy(&cell.content(text)).into_owned());
                lines += cell.lines;
                next = cell.next;
                if cell.last {
                    break;
                }
            }
            place = (next, lines + 1);
            Record { at, line, cells, next, next_line: lines + 1 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, delimiter: char) -> Vec<Vec<String>> {
        records(text.as_bytes(), 0, 1, Delimiter::of(delimiter)).map(|record| record.cells).collect()
    }

    #[test]
    fn cells_are_parted_as_the_csv_crate_parts_them() {
        let text = "a, b ,\"c,\"\"d\"\"\"\r\n\"x\ny\",,\" \"\n1,\"2\"3,4\n";
        assert_eq!(read(text, ','), [["a", "b", "c,\"d\""], ["x\ny", "", ""], ["1", "23", "4"]]);
    }

    #[test]
    fn blanks_part_cells_however_many_there_are() {
        assert_eq!(read(" 1  2\t3 \n4 \"5 6\"   7\r\n", ' '), [["1", "2", "3"], ["4", "5 6", "7"]]);
    }

    #[test]
    fn lines_are_counted_within_quotes_and_with_every_line_end() {
        let lines = |text: &str| {
            records(text.as_bytes(), 0, 1, Delimiter::Byte(b',')).map(|record| record.line).collect::<Vec<_>>()
        };
        assert_eq!(lines("a\n\"b\n\nc\"\nd\n"), [1, 2, 5]);
        assert_eq!(lines("a\r\n\"b\r\nc\"\r\nd\r\n"), [1, 2, 4]);
        assert_eq!(lines("a\r\"b\rc\"\rd\r"), [1, 2, 4]);
    }
}
