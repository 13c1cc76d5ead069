//! The shape of a key that is one number, word or truth value.

use super::{Decision, Digit, Flag, Holds, Key, Reader, RunConfig, Said, Unreadable};
use crate::diag::Diagnostic;
use crate::param::{Domain, Field, Literal, Param, Rejected, Shape, Value};
use crate::spec::tree::{self, Content, Node};

/// A key that is one value.
#[derive(Debug)]
pub(super) struct Scalar {
    /// Its name, default and domain, and what it is.
    pub param: Param,
    /// Its place in the tutorial's dictionary. Without one, a description says the key where it is not at its default.
    pub leading: Option<usize>,
    /// The default for files of the user's, where it is another; their descriptions say the key always.
    pub for_files: Option<Literal>,
    /// How `tallow train` spells it.
    pub flag: Option<Flag>,
    /// Where a run keeps it.
    pub slot: Slot,
}

/// Where a run keeps a value.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub get: fn(&RunConfig, &Param) -> Value,
    pub set: fn(&mut RunConfig, &Param, &Value) -> Result<(), Rejected>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}

/// The field of [`RunConfig`] of that name as a [`Slot`].
macro_rules! slot {
    ($field:ident) => {
        $crate::spec::key::Slot {
            get: |run, _| $crate::param::Field::get(&run.$field),
            set: |run, param, value| {
                run.$field = $crate::param::Field::read(value, param.domain)?;
                Ok(())
            },
        }
    };
}
pub(super) use slot;

impl<T: Field> Holds<T> for Scalar {
    fn initial(&self) -> T {
        T::read(&self.param.default.value(), Domain::Any).expect("the default has the field's type")
    }
}

impl Scalar {
    /// What a run decides that has this value; the value as it is kept.
    fn decide(&'static self, value: &Value) -> Result<Decision, Rejected> {
        let mut run = RunConfig::default();
        (self.slot.set)(&mut run, &self.param, value)?;
        let kept = (self.slot.get)(&run, &self.param);
        Ok(Decision::new(self.param.name, move |run| {
            (self.slot.set)(run, &self.param, &kept).expect("accepted before");
        }))
    }
}

/// `name = default  what it is, what it may be`, one indented line for each setting.
pub(super) fn explain(params: &[Param]) -> String {
    let entry = |param: &Param| format!("{} = {}", param.name, param.default.value().toml());
    let width = params.iter().map(|param| entry(param).chars().count()).max().unwrap_or(0);
    let line = |param: &Param| {
        let domain = match param.domain {
            Domain::Any => String::new(),
            domain => format!(", {domain}"),
        };
        format!("    {:<width$}  {}{domain}\n", entry(param), param.doc.trim_end_matches('.'))
    };
    params.iter().map(line).collect()
}

/// A table of names with a word or a number each as the list of texts that its setting keeps.
pub(super) fn words(reader: &mut Reader, entries: &[(tree::Key, Node)]) -> Option<Value> {
    let word = |(key, node): &(tree::Key, Node)| match &node.content {
        Content::Scalar(word) => Some(Value::Text(format!("{} = {word}", key.name))),
        other => {
            let message = format!("`{}` must be a word or a number, found {}", key.name, other.type_name());
            reader.tell(Diagnostic::error(message, &node.span));
            None
        }
    };
    entries.iter().map(word).collect::<Option<Vec<_>>>().map(Value::List)
}

impl Key for Scalar {
    fn name(&self) -> &'static str {
        self.param.name
    }

    fn spellings(&self) -> &[&'static str] {
        std::slice::from_ref(&self.param.name)
    }

    fn names(&self) -> Vec<&'static str> {
        vec![self.param.name]
    }

    fn about(&self) -> &'static str {
        self.param.doc
    }

    fn explain(&self) -> String {
        explain(std::slice::from_ref(&self.param))
    }

    fn leading(&self) -> Vec<(usize, &'static str)> {
        self.leading.map(|place| (place, self.param.name)).into_iter().collect()
    }

    fn default(&'static self) -> Option<Decision> {
        self.decide(&self.param.default.value()).ok()
    }

    fn default_for_files(&'static self) -> Option<Decision> {
        self.decide(&self.for_files?.value()).ok()
    }

    fn read(&'static self, reader: &mut Reader, _: &str, node: &Node) -> Option<Vec<Digit>> {
        // A value may be a table; several of them are a list of an axis.
        let (is_table, shape) = (self.param.shape == Shape::Table, self.param.shape);
        reader.each(node, if is_table { Shape::Single } else { shape }, |reader, item| {
            let value = match &item.content {
                Content::Table(entries) if is_table => words(reader, entries)?,
                _ => reader.scalar(item)?,
            };
            let decided = self.decide(&value);
            decided.map_err(|rejected| reader.reject(&self.param, &rejected, item)).ok()
        })
    }

    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        vec![(self.param.name, (self.slot.get)(run, &self.param))]
    }

    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let mut values = self.values(run);
        let always = self.leading.is_some() || (self.for_files.is_some() && run.dataset.is_file());
        values.retain(|(_, value)| always || *value != self.param.default.value());
        values
    }

    fn restore(&self, said: &Said, run: &mut RunConfig) -> Result<(), Unreadable> {
        let value = match said(self.param.name) {
            Some(value) => value.clone(),
            None if self.leading.is_some() => return Err(Unreadable::missing(self.param.name)),
            None => self.param.default.value(),
        };
        (self.slot.set)(run, &self.param, &value).map_err(|why| Unreadable::new(self.param.name, why))
    }

    fn flag(&self) -> Option<&Flag> {
        self.flag.as_ref()
    }

    fn toml(&self, run: &RunConfig) -> Option<(&'static str, String)> {
        let (name, value) = self.describe(run).pop()?;
        // A list of its own would be several values.
        let is_one_of_several = matches!(value, Value::List(_)) && self.param.shape != Shape::List;
        Some((name, if is_one_of_several { format!("[{}]", value.toml()) } else { value.toml() }))
    }
}
