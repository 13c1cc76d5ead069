//! A table of typed columns, and its writers: CSV, JSON, Markdown, LaTeX and aligned text.

use unicode_width::UnicodeWidthStr as _;

use crate::analysis::Value;
use crate::text;

/// Rows from which polars infers the types of columns.
const INFERRED: usize = 100;

/// One column's cells, all of one type; `None` is an empty cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Words.
    Text(Vec<Option<String>>),
    /// Whole numbers.
    Int(Vec<Option<i64>>),
    /// Numbers.
    Float(Vec<Option<f64>>),
    /// Numbers of single precision: the shortest decimal that reads back as the same `f32`.
    Single(Vec<Option<f32>>),
    /// Truths.
    Bool(Vec<Option<bool>>),
}

impl Cells {
    /// The narrowest type that holds all the values.
    pub fn of(values: Vec<Option<Value>>) -> Self {
        let all = |fits: fn(&Value) -> bool| values.iter().flatten().all(fits);
        // Never by way of a float, which has no room for a seed beyond 2^53.
        let whole = |value: &Option<Value>| match value {
            Some(Value::Int(whole)) => Some(*whole),
            _ => None,
        };
        if all(|value| matches!(value, Value::Int(_))) && values.iter().any(Option::is_some) {
            Self::Int(values.iter().map(whole).collect())
        } else if all(|value| value.as_f64().is_some()) && values.iter().any(Option::is_some) {
            Self::Float(values.iter().map(|value| value.as_ref().and_then(Value::as_f64)).collect())
        } else if all(|value| matches!(value, Value::Bool(_))) && values.iter().any(Option::is_some) {
            Self::Bool(values.iter().map(|value| value.as_ref().map(|value| *value == Value::Bool(true))).collect())
        } else {
            Self::Text(values.iter().map(|value| value.as_ref().map(Value::to_string)).collect())
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Int(cells) => cells.len(),
            Self::Float(cells) => cells.len(),
            Self::Single(cells) => cells.len(),
            Self::Bool(cells) => cells.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first of them alone.
    fn first(&self, rows: usize) -> Self {
        match self {
            Self::Text(cells) => Self::Text(cells.iter().take(rows).cloned().collect()),
            Self::Int(cells) => Self::Int(cells.iter().take(rows).copied().collect()),
            Self::Float(cells) => Self::Float(cells.iter().take(rows).copied().collect()),
            Self::Single(cells) => Self::Single(cells.iter().take(rows).copied().collect()),
            Self::Bool(cells) => Self::Bool(cells.iter().take(rows).copied().collect()),
        }
    }

    fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Float(_) | Self::Single(_))
    }

    /// Whether the cells that polars infers a column's type from are all empty, be they as many or fewer.
    fn begins_empty(&self) -> bool {
        (0..self.len().min(INFERRED)).all(|row| self.exact(row).is_empty())
    }

    /// The cell for a machine: exact, floats always with a point or an exponent, so that readers infer one type.
    fn exact(&self, row: usize) -> String {
        match self {
            Self::Text(cells) => cells[row].as_deref().map(|text| text::inert(&text::plain_lines(text)).into_owned()),
            Self::Int(cells) => cells[row].map(|x| x.to_string()),
            Self::Float(cells) => cells[row].map(|x| format!("{x:?}")),
            Self::Single(cells) => cells[row].map(|x| format!("{x:?}")),
            Self::Bool(cells) => cells[row].map(|x| x.to_string()),
        }
        .unwrap_or_default()
    }

    /// The cell for a reader: numbers to four digits.
    pub fn read(&self, row: usize) -> String {
        match self {
            Self::Text(cells) => cells[row].clone(),
            Self::Int(cells) => cells[row].map(|x| x.to_string()),
            Self::Float(cells) => cells[row].map(text::short),
            Self::Single(cells) => cells[row].map(|x| text::short(f64::from(x))),
            Self::Bool(cells) => cells[row].map(|x| x.to_string()),
        }
        .unwrap_or_default()
    }

    fn json(&self, row: usize) -> serde_json::Value {
        use serde_json::Value::Null;
        match self {
            Self::Text(cells) => cells[row].clone().map_or(Null, Into::into),
            Self::Int(cells) => cells[row].map_or(Null, Into::into),
            // JSON has no infinity: null, as for an empty cell; the count of diverged runs stands beside it.
            Self::Float(cells) => cells[row].map_or(Null, Into::into),
            Self::Single(cells) => cells[row]
                .filter(|x| x.is_finite())
                .map_or(Null, |x| serde_json::from_str(&format!("{x:?}")).unwrap_or(Null)),
            Self::Bool(cells) => cells[row].map_or(Null, Into::into),
        }
    }
}

/// A table of a report. All columns have the same number of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The file's name without extension.
    pub name: String,
    /// Names and cells.
    pub columns: Vec<(String, Cells)>,
}

impl Table {
    /// A table without columns.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), columns: Vec::new() }
    }

    /// With one more column.
    pub fn with(mut self, name: impl Into<String>, cells: Cells) -> Self {
        self.columns.push((name.into(), cells));
        self
    }

    /// With one more column of words.
    pub fn text<T: Into<Option<String>>>(self, name: &str, cells: impl IntoIterator<Item = T>) -> Self {
        self.with(name, Cells::Text(cells.into_iter().map(Into::into).collect()))
    }

    /// With one more column of whole numbers.
    pub fn int<T: Into<Option<usize>>>(self, name: &str, cells: impl IntoIterator<Item = T>) -> Self {
        self.with(name, Cells::Int(cells.into_iter().map(|x| x.into().map(|x| x as i64)).collect()))
    }

    /// With one more column of numbers.
    pub fn float<T: Into<Option<f64>>>(self, name: &str, cells: impl IntoIterator<Item = T>) -> Self {
        self.with(name, Cells::Float(cells.into_iter().map(Into::into).collect()))
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.columns.first().map_or(0, |(_, cells)| cells.len())
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its first rows alone.
    pub fn first(&self, rows: usize) -> Self {
        let columns = self.columns.iter().map(|(name, cells)| (name.clone(), cells.first(rows)));
        Self { name: self.name.clone(), columns: columns.collect() }
    }

    /// Comma-separated values with a header. Empty cells are missing; `inf` and `NaN` are floats to pandas, polars and R.
    /// A column of numbers that begins with more empty cells than polars infers a type from has `NaN` for the first.
    pub fn csv(&self) -> Vec<u8> {
        let late: Vec<bool> = self.columns.iter().map(|(_, cells)| cells.is_number() && cells.begins_empty()).collect();
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut line = |cells: Vec<String>| writer.write_record(cells).expect("as many cells as columns, into memory");
        line(self.columns.iter().map(|(name, _)| text::inert(name).into_owned()).collect());
        for row in 0..self.len() {
            let cell = |((_, cells), late): (&(String, Cells), &bool)| match row {
                0 if *late => "NaN".to_owned(),
                row => cells.exact(row).to_string(),
            };
            line(self.columns.iter().zip(&late).map(cell).collect());
        }
        writer.into_inner().expect("memory has no end")
    }

    /// A JSON array with an object on a line for each row, columns in order; what is missing or not finite is null.
    pub fn json(&self) -> String {
        let names: Vec<serde_json::Value> = self.columns.iter().map(|(name, _)| name.as_str().into()).collect();
        let row = |row: usize| {
            let cells =
                names.iter().zip(&self.columns).map(|(name, (_, cells))| format!("{name}: {}", cells.json(row)));
            format!("\n  {{{}}}", cells.collect::<Vec<_>>().join(", "))
        };
        format!("[{}\n]\n", (0..self.len()).map(row).collect::<Vec<_>>().join(","))
    }

    /// A GitHub-flavoured Markdown table, numbers to four digits and to the right.
    pub fn markdown(&self) -> String {
        let escape = |cell: &str| {
            let mut safe = String::new();
            for c in text::plain_lines(cell).chars() {
                match c {
                    '\n' | '\t' => safe.push(' '),
                    '<' => safe += "&lt;",
                    '&' => safe += "&amp;",
                    '|' | '*' | '_' | '`' | '[' | ']' | '\\' => safe.extend(['\\', c]),
                    _ => safe.push(c),
                }
            }
            safe
        };
        let mut lines = vec![
            line(self.columns.iter().map(|(name, _)| escape(name))),
            line(self.columns.iter().map(|(_, cells)| if cells.is_number() { "---:" } else { "---" }.to_owned())),
        ];
        lines.extend((0..self.len()).map(|row| line(self.columns.iter().map(|(_, cells)| escape(&cells.read(row))))));
        lines.concat()
    }

    /// A LaTeX `tabular` in the manner of booktabs, numbers to four digits and to the right.
    pub fn latex(&self) -> String {
        let layout: String = self.columns.iter().map(|(_, cells)| if cells.is_number() { 'r' } else { 'l' }).collect();
        let row = |cells: Vec<String>| {
            // What follows the end of a row or a rule in brackets, and a star, are arguments of it.
            let guard = if cells.first().is_some_and(|cell| cell.starts_with(['[', '*'])) { "{}" } else { "" };
            format!("{guard}{} \\\\\n", cells.join(" & "))
        };
        let mut out = format!("\\begin{{tabular}}{{{layout}}}\n\\toprule\n");
        out += &row(self.columns.iter().map(|(name, _)| latex(name)).collect());
        out += "\\midrule\n";
        for i in 0..self.len() {
            out += &row(self.columns.iter().map(|(_, cells)| latex(&cells.read(i))).collect());
        }
        out + "\\bottomrule\n\\end{tabular}\n"
    }

    /// Columns aligned with spaces, numbers to four digits and to the right.
    pub fn aligned(&self) -> String {
        let column = |(name, cells): &(String, Cells)| -> Vec<String> {
            std::iter::once(printable(name)).chain((0..cells.len()).map(|row| printable(&cells.read(row)))).collect()
        };
        let columns: Vec<Vec<String>> = self.columns.iter().map(column).collect();
        let width = |cell: &String| cell.width();
        let widths: Vec<usize> = columns.iter().map(|cells| cells.iter().map(width).max().unwrap_or(0)).collect();
        let mut out = String::new();
        for row in 0..=self.len() {
            let mut text = String::new();
            for (i, cells) in columns.iter().enumerate() {
                let (cell, width) = (&cells[row], widths[i]);
                let gap = if i > 0 { "  " } else { "" };
                let room = " ".repeat(width - cell.width());
                text += &match self.columns[i].1.is_number() {
                    true => format!("{gap}{room}{cell}"),
                    false => format!("{gap}{cell}{room}"),
                };
            }
            out += text.trim_end();
            out.push('\n');
        }
        out
    }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
}

/// Without control characters, which a terminal might obey.
fn printable(cell: &str) -> String {
    text::masked(cell).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Words as they are, and what reads as a number with a sign or a power of ten as mathematics.
fn latex(cell: &str) -> String {
    text::masked(cell).split(' ').map(latex_word).collect::<Vec<_>>().join(" ")
}

fn latex_word(word: &str) -> String {
    let inner = word.trim_start_matches('(').trim_end_matches([')', ',']);
    let is_number = inner.parse::<f64>().is_ok_and(f64::is_finite);
    if is_number && (inner.starts_with('-') || inner.contains('e')) {
        let at = word.find(inner).unwrap_or(0);
        let (before, after) = (&word[..at], &word[at + inner.len()..]);
        return match inner.split_once('e') {
            Some((digits, power)) => format!("{before}${digits} \\times 10^{{{power}}}${after}"),
            None => format!("{before}${inner}${after}"),
        };
    }
    let mut safe = String::new();
    for c in word.chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => safe.extend(['\\', c]),
            '\\' => safe += "\\textbackslash{}",
            '~' => safe += "\\textasciitilde{}",
            '^' => safe += "\\textasciicircum{}",
            '∞' => safe += "$\\infty$",
            '−' => safe += "$-$",
            '–' => safe += "--",
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::new("t")
            .text("name", ["adam".to_owned(), "=1+1, \"x\"|_".to_owned()])
            .int("n", [5, 5])
            .float("loss", [Some(2.0), None])
            .with("last", Cells::Single(vec![Some(0.1), Some(f32::INFINITY)]))
    }

    #[test]
    fn csv_is_exact_typed_and_inert() {
        let csv = String::from_utf8(table().csv()).expect("text");
        assert_eq!(csv, "name,n,loss,last\nadam,5,2.0,0.1\n\"'=1+1, \"\"x\"\"|_\",5,,inf\n");
    }

    #[test]
    fn a_column_of_numbers_is_one_to_readers_that_look_at_its_first_hundred_cells() {
        let csv = |first: usize| {
            let cells = (0..=first).map(|row| (row == first).then_some(0.5));
            String::from_utf8(Table::new("t").float("momentum", cells).csv()).expect("text")
        };
        assert_eq!(csv(99).lines().nth(1), Some("\"\""));
        assert_eq!(csv(100).lines().nth(1), Some("NaN"));
        assert_eq!(csv(100).lines().nth(2), Some("\"\""));
    }

    #[test]
    fn markdown_escapes_what_would_break_the_table() {
        let expected = "|name|n|loss|last|\n|---|---:|---:|---:|\n|adam|5|2|0.1|\n|=1+1, \"x\"\\|\\_|5||∞|\n";
        assert_eq!(table().markdown(), expected);
    }

    #[test]
    fn latex_escapes_its_special_characters() {
        assert!(table().latex().contains("=1+1, \"x\"|\\_ & 5 &  & $\\infty$ \\\\"));
        let brackets = Table::new("t").text("[key]", ["[2]".to_owned(), "*".to_owned()]).latex();
        assert!(["{}[key] \\\\", "{}[2] \\\\", "{}* \\\\"].iter().all(|row| brackets.contains(row)), "{brackets}");
        assert_eq!(latex("0.63 (-0.1 to 6.325e-4), a − b"), "0.63 ($-0.1$ to $6.325 \\times 10^{-4}$), a $-$ b");
    }

    #[test]
    fn json_has_an_object_per_row_and_no_infinity() {
        let rows: serde_json::Value = serde_json::from_str(&table().json()).expect("JSON");
        assert_eq!(rows[0]["loss"], 2.0);
        assert_eq!(rows[1]["last"], serde_json::Value::Null);
    }

    #[test]
    fn aligned_text_has_numbers_to_the_right() {
        let lines = table().aligned();
        assert_eq!(lines.lines().next(), Some("name         n  loss  last"));
        assert_eq!(lines.lines().nth(1), Some("adam         5     2   0.1"));
    }

    #[test]
    fn aligned_text_knows_how_wide_its_letters_are() {
        let table = Table::new("t").text("word", ["漢字".to_owned(), "e\u{301}".to_owned()]).int("n", [1, 20]);
        assert_eq!(table.aligned(), "word   n\n漢字   1\ne\u{301}     20\n");
    }

    #[test]
    fn a_column_takes_the_narrowest_type_of_its_values() {
        let int = |i| Some(Value::Int(i));
        assert_eq!(Cells::of(vec![int(i64::MAX - 1)]), Cells::Int(vec![Some(i64::MAX - 1)]));
        assert_eq!(Cells::of(vec![int(1), None]), Cells::Int(vec![Some(1), None]));
        assert_eq!(Cells::of(vec![int(1), Some(Value::Float(0.5))]), Cells::Float(vec![Some(1.0), Some(0.5)]));
        let mixed = Cells::of(vec![int(1), Some(Value::Text("seed".into()))]);
        assert_eq!(mixed, Cells::Text(vec![Some("1".into()), Some("seed".into())]));
    }
}
