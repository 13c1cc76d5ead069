//! Looking at the start of a CSV file before it is read: delimiter, comments, titles, and whether its first row names
//! the columns.

use super::cells::{Delimiter, Record, records};
use super::number::{Notation, parse};
use super::problem::{Place, Problem};
use super::reading::{Marks, Reading};
use super::{Found, Names};
use crate::text;

/// Records looked at.
const LOOKED_AT: usize = 200;
/// Most columns; more is a file of another kind.
const MOST_COLUMNS: usize = 100_000;

/// What stands between cells where nothing says so, likeliest first.
const USUAL: &[u8] = b",;\t|";
/// What stands there seldom, and within cells often.
const UNUSUAL: &[u8] = b" :^~!/&@\x01\x1f";

/// How the rest of a file is to be parted.
#[derive(Debug)]
pub(super) struct Layout {
    pub delimiter: Delimiter,
    /// A name for every column; an empty one where the file has none.
    pub names: Vec<String>,
    /// Where the rows begin, and the line that is.
    pub at: usize,
    pub line: u64,
    pub found: Found,
    /// Bytes of a record on average, as far as was looked.
    pub record_bytes: usize,
}

/// The layout of a file by its first bytes, which end with a line end; `complete` where there are no others.
///
/// # Errors
/// Of a file without rows, of a first row that may be names or numbers, of names that do not fit.
pub(super) fn look(head: &[u8], complete: bool, reading: &Reading) -> Result<Layout, Problem> {
    let mut found = Found::default();
    let mut at = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut line = 1;
    let mut said = reading.delimiter.map(|c| delimiter_of(c).ok_or(c)).transpose().map_err(|c| {
        Problem::of_file(format!("the delimiter `{}` is not one ASCII character", text::plain(&c.to_string())))
    })?;
    if let Some((delimiter, next)) = excel_line(&head[at..]) {
        said = said.or(Some(delimiter));
        at += next;
        line += 1;
        found.sep_line = true;
    }
    if head[at..].trim_ascii().is_empty() {
        return Err(Problem::of_file("the file is empty"));
    }
    let sample = |delimiter| {
        let mut sample: Vec<Record> = records(head, at, line, delimiter).take(LOOKED_AT).collect();
        // The last record may be cut.
        if !complete && sample.len() > 1 && sample.last().is_some_and(|record| record.next >= head.len()) {
            sample.pop();
        }
        sample
    };
    let delimiter = said.unwrap_or_else(|| found_by_looking(head, sample));
    found.delimiter = Some(delimiter.char());
    let sample = sample(delimiter);
    let record_bytes = sample.last().map_or(0, |record| (record.next - at) / sample.len());
    let (comments, rows) = told_apart(head, &sample);
    // `# a,b,y` just above the rows names them, unless one of the rows does.
    let first = rows.iter().find(|row| row.cells.len() >= usual_width(&rows));
    let above = first.and_then(|first| comments.iter().rev().find(|comment| comment.at < first.at));
    let above = above.filter(|_| reading.header.is_none() && reading.names.is_empty());
    let above = above.and_then(|comment| Some((comment.line, names_of(comment, usual_width(&rows), delimiter)?)));
    let start = Start::of(&rows, reading, above.is_some())?;
    found.titles = start.titles;
    let first =
        rows.get(start.header.unwrap_or(start.first)).ok_or_else(|| Problem::of_file("the file holds no rows"))?;
    found.comments = comments.iter().filter(|comment| comment.at < first.at).count();
    let (mut names, next) = match (start.header, above) {
        (Some(_), _) => {
            found.names = Names::Line(first.line);
            (first.cells.clone(), (first.next, first.next_line))
        }
        (None, Some((line, names))) => {
            found.comments -= 1;
            found.names = Names::Line(line);
            (names, (first.at, first.line))
        }
        (None, None) => {
            ask(first, reading)?;
            let width = first.cells.len();
            let mut names: Vec<String> = (1..=width).map(|i| format!("c{i}")).collect();
            // A delimiter at the end of every line.
            if width > 1 && rows[start.first..].iter().all(|row| row.cells.get(width - 1).is_some_and(String::is_empty))
            {
                names[width - 1].clear();
            }
            (names, (first.at, first.line))
        }
    };
    if start.before {
        names.insert(0, String::new());
    }
    if start.behind {
        names.push(String::new());
    }
    if names.len() > MOST_COLUMNS {
        let seen = text::count(names.len(), "column");
        return Err(Problem::of_file(format!("the file has {seen}, more than {MOST_COLUMNS}")));
    }
    if !reading.names.is_empty() {
        let (said, width) = (reading.names.len(), names.len());
        // A delimiter at the end of every line makes a column that nobody names.
        if said != width && !(said + 1 == width && names[width - 1].is_empty()) {
            let message = format!("`names` lists {} and the file has {}", said, text::count(width, "column"));
            return Err(Problem::of_file(message));
        }
        names.splice(..said, reading.names.iter().map(|name| name.trim().to_owned()));
        found.names = if start.header.is_some() { found.names } else { Names::Given };
    }
    Ok(Layout { delimiter, names, at: next.0, line: next.1, found, record_bytes })
}

fn delimiter_of(c: char) -> Option<Delimiter> {
    (c.is_ascii() && !"\"\n\r".contains(c)).then(|| Delimiter::of(c))
}

/// Excel's first line `sep=;`: what it says, and its length.
fn excel_line(text: &[u8]) -> Option<(Delimiter, usize)> {
    let end = text.iter().position(|byte| b"\r\n".contains(byte))?;
    let line = std::str::from_utf8(&text[..end]).ok()?;
    let line = line.trim_matches(['"', ' ']);
    let said = line.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    let mut chars = said.chars();
    let delimiter = delimiter_of(chars.next()?)?;
    let next = end + if text[end..].starts_with(b"\r\n") { 2 } else { 1 };
    chars.all(|c| ";, \t".contains(c)).then_some((delimiter, next))
}

/// The delimiter that parts the records evenly and leaves no other within the cells; an unusual one where no usual one
/// does, or where it alone makes numbers of the cells.
fn found_by_looking(head: &[u8], sample: impl Fn(Delimiter) -> Vec<Record>) -> Delimiter {
    let best = |bytes: &[u8]| {
        let scored = bytes.iter().map(|&byte| {
            let delimiter = Delimiter::of(char::from(byte));
            (delimiter, score(head, &sample(delimiter), delimiter))
        });
        let scored: Vec<(Delimiter, Score)> = scored.filter(|(_, score)| score.equal > 0).collect();
        let most = scored.iter().map(|(_, score)| score.equal).max().unwrap_or(0);
        let likely = scored.into_iter().filter(|(_, score)| 10 * score.equal >= 9 * most);
        // The first of the best, so that the order of the lists decides.
        likely.reduce(
            |best, next| {
                if (next.1.whole, next.1.numbers) > (best.1.whole, best.1.numbers) { next } else { best }
            },
        )
    };
    match (best(USUAL), best(UNUSUAL)) {
        (Some(usual), Some(other)) if other.1.is_clearly_better(&usual.1) => other.0,
        (Some((usual, _)), _) => usual,
        (None, Some((other, _))) => other,
        (None, None) => Delimiter::Byte(b','),
    }
}

/// How well a delimiter parts a text.
#[derive(Debug, Default, PartialEq)]
struct Score {
    /// Records with the usual number of cells, if that is more than one.
    equal: usize,
    /// Of twenty cells, those that are numbers or hold no usual delimiter.
    whole: usize,
    /// Of twenty cells, those that are numbers or empty.
    numbers: usize,
}

impl Score {
    fn is_clearly_better(&self, usual: &Self) -> bool {
        self.equal >= usual.equal && self.whole >= usual.whole && self.numbers >= usual.numbers + 5
    }
}

fn score(head: &[u8], sample: &[Record], delimiter: Delimiter) -> Score {
    let rows: Vec<&Record> = sample.iter().filter(|record| !record.is_blank() && !record.is_marked(head)).collect();
    let width = usual_width(&rows);
    if width < 2 {
        return Score::default();
    }
    let equal: Vec<&&Record> = rows.iter().filter(|row| row.cells.len() == width).collect();
    let share = |fits: &dyn Fn(&str) -> bool| {
        let cells = equal.iter().flat_map(|row| &row.cells);
        20 * cells.filter(|cell| fits(cell)).count() / (width * equal.len())
    };
    // Of `12:30,5` a colon makes no numbers.
    let comma = matches!(delimiter, Delimiter::Blanks | Delimiter::Byte(b';' | b'\t' | b'|'));
    let number = |cell: &str| cell.is_empty() || parse(cell, Notation::PLAIN).is_some() || (comma && is_numeric(cell));
    let whole = |cell: &str| number(cell) || !cell.contains([',', ';', '\t', '|']);
    Score { equal: equal.len(), whole: share(&whole), numbers: share(&number) }
}

/// Whether a cell is a number with a decimal point or comma.
fn is_numeric(cell: &str) -> bool {
    let comma = Notation { decimal: ',', thousands: None };
    parse(cell, Notation::PLAIN).is_some() || parse(cell, comma).is_some()
}

/// The most frequent number of cells; among equals the one that comes first.
fn usual_width(rows: &[&Record]) -> usize {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for row in rows {
        let width = row.cells.len();
        match counts.iter_mut().find(|(other, _)| *other == width) {
            Some((_, count)) => *count += 1,
            None => counts.push((width, 1)),
        }
    }
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map_or(0, |(width, _)| width)
}

/// Lines that begin with `#` are comments, but for those in the midst of the rows that have as many cells as a row.
fn told_apart<'a>(text: &[u8], sample: &'a [Record]) -> (Vec<&'a Record>, Vec<&'a Record>) {
    let filled = || sample.iter().filter(|record| !record.is_blank());
    let plain: Vec<&Record> = filled().filter(|record| !record.is_marked(text)).collect();
    let (width, first) = (usual_width(&plain), plain.first().map_or(usize::MAX, |row| row.at));
    filled().partition(|record| record.is_marked(text) && !(record.at > first && record.cells.len() == width))
}

/// The names that a comment lists.
fn names_of(comment: &Record, width: usize, delimiter: Delimiter) -> Option<Vec<String>> {
    let mut names = comment.cells.clone();
    let first = names[0].trim_start_matches('#').trim_start().to_owned();
    if delimiter == Delimiter::Blanks && first.is_empty() {
        names.remove(0);
    } else {
        names[0] = first;
    }
    (names.len() == width && names.iter().all(|name| !name.is_empty() && !is_numeric(name))).then_some(names)
}

/// Where the table begins among the first records.
#[derive(Debug, Default)]
struct Start {
    /// The record that names the columns.
    header: Option<usize>,
    /// The first row, where no record does.
    first: usize,
    titles: usize,
    /// Rows have one cell more than the header: before the others (row names), or behind them (a last delimiter).
    before: bool,
    behind: bool,
}

impl Start {
    fn of(rows: &[&Record], reading: &Reading, commented: bool) -> Result<Self, Problem> {
        let usual = usual_width(rows);
        // A title has fewer cells than a row.
        let Some(first) = rows.iter().position(|row| row.cells.len() >= usual) else { return Ok(Self::default()) };
        let body = &rows[first + 1..];
        let above = first.checked_sub(1).map(|above| rows[above]);
        let short = above.filter(|above| {
            above.cells.len() + 1 == usual && usual > 1 && above.cells.iter().all(|cell| !is_numeric(cell))
        });
        if let (Some(_), None | Some(true)) = (short, reading.header.filter(|_| reading.names.is_empty())) {
            let empty_last = rows[first..].iter().filter(|row| row.cells.len() == usual);
            let behind = empty_last.clone().all(|row| row.cells[usual - 1].is_empty());
            if behind || looks(rows[first], body, reading) == Looks::Data {
                return Ok(Self { header: Some(first - 1), first, titles: first - 1, before: !behind, behind });
            }
        }
        let numbers = |row: &&&Record| row.cells.iter().all(|cell| is_numeric(cell));
        if let Some(row) = rows[..first].iter().find(numbers) {
            let (seen, usual) = (text::count(row.cells.len(), "cell"), usual);
            return Err(Problem::new(Place::Line(row.line), format!("the row has {seen} where most have {usual}")));
        }
        let names = match reading.header {
            Some(said) => said,
            None if !reading.names.is_empty() => false,
            None => match looks(rows[first], body, reading) {
                Looks::Names => true,
                Looks::Words => !commented,
                Looks::Data => false,
            },
        };
        Ok(Self { header: names.then_some(first), first, titles: first, ..Self::default() })
    }
}

#[derive(Debug, PartialEq)]
enum Looks {
    Names,
    /// Names, or data: words in a table that has no numbers.
    Words,
    Data,
}

/// Whether a record names the columns of those below. Words above numbers are names; numbers above numbers are data;
/// where no column holds numbers, words that all occur again below are data.
fn looks(first: &Record, body: &[&Record], reading: &Reading) -> Looks {
    let marks = Marks::of(reading);
    let notation = Notation::of(reading);
    let is_number = |cell: &str| parse(cell, notation).is_some() || is_numeric(cell);
    let below = |column: usize| {
        let cells = body.iter().filter_map(move |row| row.cells.get(column)).map(String::as_str);
        cells.filter(|cell| !cell.is_empty() && !marks.hold(cell)).collect::<Vec<&str>>()
    };
    let (mut named, mut numbered, mut numeric, mut new) = (0, 0, 0, 0);
    for (column, cell) in first.cells.iter().enumerate() {
        let below = below(column);
        let holds_numbers = 2 * below.iter().filter(|cell| is_number(cell)).count() > below.len();
        numeric += usize::from(holds_numbers);
        let says = !cell.is_empty() && !marks.hold(cell);
        if holds_numbers && says {
            *(if is_number(cell) { &mut numbered } else { &mut named }) += 1;
        }
        new += usize::from(says && !below.contains(&&**cell));
    }
    let no_body = body.is_empty() && first.cells.iter().any(|cell| is_number(cell));
    let data = if numeric > 0 { named == 0 && numbered > 0 } else { no_body || (!body.is_empty() && new == 0) };
    match data {
        true => Looks::Data,
        false if named > 0 => Looks::Names,
        false => Looks::Words,
    }
}

/// Refuses to guess about a first row that looks like data where nothing is said.
fn ask(first: &Record, reading: &Reading) -> Result<(), Problem> {
    if reading.header.is_some() || !reading.names.is_empty() {
        return Ok(());
    }
    let numeric = first.cells.iter().find(|cell| is_numeric(cell));
    let why = match numeric {
        Some(cell) => format!("the first row looks like data: `{}` is a number", text::brief(cell)),
        None => format!(
            "the first row looks like data: its cells occur again below, such as `{}`",
            text::brief(&first.cells[0])
        ),
    };
    let help = "say `header = false` if the file has no header (the columns are then c1, c2, …, or what `names` lists), \
                `header = true` if these are the names of the columns";
    Err(Problem::new(Place::Line(first.line), why).help(help))
}
