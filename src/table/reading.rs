//! How a file is to be read: everything that can be said about it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::param::Named;
use crate::text;

/// What is said about a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Numbers; a unit that all cells bear (`$12.50`, `12 %`) is left out.
    Number,
    /// Words, one-hot; numbers are words too.
    Category,
    /// One of two words such as `yes` and `no`.
    Boolean,
    /// Not used.
    Drop,
    /// The weights of the rows.
    Weight,
}

impl Named for ColumnKind {
    const ALL: &'static [Self] = &[Self::Number, Self::Category, Self::Boolean, Self::Drop, Self::Weight];

    fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category => "category",
            Self::Boolean => "boolean",
            Self::Drop => "drop",
            Self::Weight => "weight",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Number => "numbers; a unit that all cells bear is left out",
            Self::Category => "words, one-hot; numbers are words too",
            Self::Boolean => "one of two words such as yes and no",
            Self::Drop => "not used",
            Self::Weight => "the weights of the rows",
        }
    }
}

/// What is said about the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// The cells decide.
    #[default]
    Auto,
    /// Numbers are predicted.
    Regression,
    /// One of two classes.
    Binary,
    /// One of several classes.
    Multiclass,
}

impl Named for TargetKind {
    const ALL: &'static [Self] = &[Self::Auto, Self::Regression, Self::Binary, Self::Multiclass];

    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Regression => "regression",
            Self::Binary => "binary",
            Self::Multiclass => "multiclass",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Auto => "inferred",
            Self::Regression => "a number",
            Self::Binary => "one of two classes",
            Self::Multiclass => "one of several classes",
        }
    }
}

/// What becomes of missing cells of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// The training rows' mean or most frequent word, with a column that says where.
    #[default]
    Impute,
    /// The table is refused.
    Refuse,
}

impl Named for Missing {
    const ALL: &'static [Self] = &[Self::Impute, Self::Refuse];

    fn name(self) -> &'static str {
        match self {
            Self::Impute => "impute",
            Self::Refuse => "refuse",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Impute => "the training rows' mean or most frequent word, with a column that says where",
            Self::Refuse => "the table is refused",
        }
    }
}

/// How a file is read. The default finds out what it can and refuses what it cannot know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reading {
    /// What stands between cells, one ASCII character; a space means any run of blanks. `None`: found by looking.
    pub delimiter: Option<char>,
    /// Whether the first row names the columns. `None`: found by looking, asked where that cannot tell.
    pub header: Option<bool>,
    /// Names of all columns, in order; without `header = true` these say that the file has no header.
    pub names: Vec<String>,
    /// The decimal mark, one ASCII character.
    pub decimal: char,
    /// What parts the thousands.
    pub thousands: Option<char>,
    /// Cells that mark a missing value, whatever the case, instead of [`MISSING`]; an empty cell always does.
    pub na_values: Option<Vec<String>>,
    /// What becomes of missing cells of features.
    pub missing: Missing,
    /// The column predicted; `None`: the last.
    pub target: Option<String>,
    /// What the target is.
    pub kind: TargetKind,
    /// The columns used as inputs; empty: all that nothing else is said of.
    pub features: Vec<String>,
    /// What single columns are.
    pub columns: BTreeMap<String, ColumnKind>,
    /// The column whose rows stay together in a split; a feature only where `features` lists it.
    pub group: Option<String>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            delimiter: None,
            header: None,
            names: Vec::new(),
            decimal: '.',
            thousands: None,
            na_values: None,
            missing: Missing::default(),
            target: None,
            kind: TargetKind::default(),
            features: Vec::new(),
            columns: BTreeMap::new(),
            group: None,
        }
    }
}

/// The usual marks of a missing value, in lower case: those of pandas, R, SQL and SAS, and Excel's errors.
pub const MISSING: [&str; 39] = [
    "#div/0!", "#n/a", "#n/a n/a", "#na", "#name?", "#null!", "#num!", "#ref!", "#value!", "(blank)", "(null)", "-",
    "--", "---", "-1.#ind", "-1.#qnan", "-nan", ".", "..", "1.#ind", "1.#qnan", "<na>", "?", "??", "\\n", "missing",
    "n.a.", "n/a", "na", "nan", "nat", "nil", "none", "null", "–", "—", "n.d.", "n/d", "#error!",
];

/// The marks of a missing value that a file is read with.
#[derive(Debug)]
pub(super) struct Marks {
    words: Vec<String>,
    numbers: Vec<f64>,
}

impl Marks {
    pub(super) fn of(reading: &Reading) -> Self {
        let words: Vec<String> = match &reading.na_values {
            Some(words) => words.iter().map(|word| word.trim().to_lowercase()).collect(),
            None => MISSING.map(str::to_owned).to_vec(),
        };
        let numbers = words.iter().filter(|word| word.bytes().any(|b| b.is_ascii_digit()));
        let numbers = numbers.filter_map(|word| word.parse().ok()).collect();
        Self { words, numbers }
    }

    /// Whether a cell that is not empty marks a missing value.
    pub(super) fn hold(&self, cell: &str) -> bool {
        // None is longer than 16 letters unless it was said.
        cell.len() <= self.words.iter().map(String::len).max().unwrap_or(0) && {
            let lower = cell.to_lowercase();
            self.words.contains(&lower)
        }
    }

    /// Whether some marks are numbers, such as −999.
    pub(super) fn have_numbers(&self) -> bool {
        !self.numbers.is_empty()
    }

    pub(super) fn hold_number(&self, x: f64) -> bool {
        self.numbers.contains(&x)
    }
}

/// The setting of one column as it is written in an experiment file.
pub(super) fn edit(name: &str, kind: ColumnKind) -> String {
    format!("columns = {{ {} = \"{}\" }}", key(name), kind.name())
}

/// A name as the key of a TOML table.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// Text as a TOML string on one line.
pub(super) fn quoted(word: &str) -> String {
    text::toml(&text::brief(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_valid_toml_whatever_the_name() {
        for name in ["a", "a b", "a\"b\\", "é", "1", ""] {
            let document: toml::Table = edit(name, ColumnKind::Drop).parse().expect("TOML");
            assert_eq!(document["columns"][name].as_str(), Some("drop"));
        }
    }

    #[test]
    fn the_usual_marks_are_found_whatever_the_case_and_others_only_where_they_are_said() {
        let usual = Marks::of(&Reading::default());
        for cell in ["NA", "n/a", "NaN", "NULL", "None", "?", "-", "#DIV/0!", "#N/A", "<NA>", "NaT"] {
            assert!(usual.hold(cell), "{cell}");
        }
        for cell in ["no", "0", "-1", "nano", "unknown"] {
            assert!(!usual.hold(cell), "{cell}");
        }
        let said = Marks::of(&Reading { na_values: Some(vec!["x".into(), "-999".into()]), ..Reading::default() });
        assert!(said.hold("X") && said.hold_number(-999.0) && !said.hold("NA"));
    }

    #[test]
    fn the_marks_are_distinct_and_in_lower_case() {
        let distinct: std::collections::BTreeSet<_> = MISSING.iter().collect();
        assert_eq!(distinct.len(), MISSING.len());
        assert!(MISSING.iter().all(|mark| mark.to_lowercase() == **mark));
    }
}
