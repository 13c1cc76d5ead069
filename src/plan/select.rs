//! Parts of a plan: by the values of keys (`--only`), or one of so many parts (`--partition`).

use super::{Axis, Run, RunId};
use crate::param::Value;
use crate::spec::same;

/// A selection that cannot be read. Completes “error: …”.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(String);

/// Keys with the values a run must have: `optimizer=adam,depth=2`. A key named twice may have either value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter(Vec<(String, Vec<Value>)>);

impl Filter {
    /// Reads `key=value,key=value`; `known` are the keys that a run may have.
    ///
    /// # Errors
    /// If a key is unknown, or the text is not a list of `key=value`.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, Unreadable> {
        let mut filter = Self::default();
        let mut depth = 0;
        let outside = |c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ',' && depth == 0
        };
        for part in text.split(outside) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| Unreadable(format!("`{}` is not key=value", crate::text::plain(part))))?;
            let key = key.trim();
            if !known.contains(&key) {
                let near = crate::text::nearest(key, known.iter().copied());
                let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                return Err(Unreadable(format!("no run has a key `{}`{hint}", crate::text::plain(key))));
            }
            filter.add(key, read(value.trim()));
        }
        Ok(filter)
    }

    fn add(&mut self, key: &str, value: Value) {
        match self.0.iter_mut().find(|(known, _)| known == key) {
            Some((_, values)) => values.push(value),
            None => self.0.push((key.to_owned(), vec![value])),
        }
    }

    /// Both filters together.
    pub fn and(mut self, other: Self) -> Self {
        for (key, values) in other.0 {
            values.into_iter().for_each(|value| self.add(&key, value));
        }
        self
    }

    /// Whether a run has, for every key, one of the values.
    pub fn matches(&self, run: &Run) -> bool {
        self.0.iter().all(|(key, wanted)| {
            let value = run.value(key);
            value.is_some_and(|value| wanted.iter().any(|wanted| is(wanted, &value)))
        })
    }

    /// A value that no run has of a key that varies, with the axis of the key.
    pub fn unmatched<'a>(&'a self, axes: &'a [Axis]) -> Option<(&'a Value, &'a Axis)> {
        let axis = |key: &String| axes.iter().find(|axis| axis.key == *key);
        let varying = self.0.iter().filter_map(|(key, wanted)| Some((wanted, axis(key)?)));
        let all = varying.flat_map(|(wanted, axis)| wanted.iter().map(move |wanted| (wanted, axis)));
        all.into_iter().find(|(wanted, axis)| !axis.values.iter().any(|value| is(wanted, value)))
    }
}

fn is(wanted: &Value, value: &Value) -> bool {
    same(wanted, value) || wanted_text(wanted, value)
}

/// `6-6` names the layout [6, 6], and `2` the text "2".
fn wanted_text(wanted: &Value, value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Text(_)) && wanted.to_string() == value.to_string()
}

fn read(text: &str) -> Value {
    match (text.parse::<i64>(), text.parse::<f64>(), text) {
        (Ok(whole), _, _) => Value::Int(whole),
        (_, Ok(number), _) if number.is_finite() => Value::Float(number),
        (_, _, list) if list.starts_with('[') && list.ends_with(']') => {
            let items = list[1..list.len() - 1].split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::List(items.map(read).collect())
        }
        (_, _, "true") => Value::Bool(true),
        (_, _, "false") => Value::Bool(false),
        _ => Value::Text(text.to_owned()),
    }
}

impl Run {
    /// The value of a key as a file spells it, its default included; `None` where the key does not apply.
    pub fn value(&self, key: &str) -> Option<Value> {
        self.config.value(key).or_else(|| self.description.get(key).cloned())
    }
}

/// One part of so many, as nextest's `--partition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Which part, from 1.
    pub part: u64,
    /// Of how many.
    pub of: u64,
    by: By,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Round robin over the plan: parts differ by at most one run.
    Count,
    /// By identity: a run keeps its part when the file changes around it.
    Hash,
}

impl Partition {
    /// Part `part` of `of` parts, by count.
    ///
    /// # Errors
    /// If `of` is 0, or `part` is not from 1 to `of`.
    pub fn new(part: u64, of: u64) -> Result<Self, Unreadable> {
        if part == 0 || part > of {
            return Err(Unreadable(format!("there is no partition {part} of {of}: parts count from 1")));
        }
        Ok(Self { part, of, by: By::Count })
    }

    /// Reads `2/8`, `count:2/8` or `hash:2/8`.
    ///
    /// # Errors
    /// If the text has another form, or names a part that does not exist.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let (by, parts) = match text.split_once(':') {
            None => (By::Count, text),
            Some(("count", parts)) => (By::Count, parts),
            Some(("hash", parts)) => (By::Hash, parts),
            Some((other, _)) => {
                return Err(Unreadable(format!("no partition by `{}`: by count or hash", crate::text::plain(other))));
            }
        };
        let numbers = parts.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        let (part, of) = numbers.ok_or_else(|| {
            Unreadable(format!("`{}` is not a partition: write 2/8, count:2/8 or hash:2/8", crate::text::plain(text)))
        })?;
        Ok(Self { by, ..Self::new(part, of)? })
    }

    /// Whether the run of a rank is in this part.
    pub fn holds(&self, rank: u64, id: &RunId) -> bool {
        let key = match self.by {
            By::Count => rank,
            By::Hash => u64::from_be_bytes(id.0[..8].try_into().expect("an identity has 16 bytes")),
        };
        key % self.of == self.part - 1
    }
}

/// `2/8` or `hash:2/8`.
impl std::fmt::Display for Partition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let by = if self.by == By::Hash { "hash:" } else { "" };
        write!(f, "{by}{}/{}", self.part, self.of)
    }
}
