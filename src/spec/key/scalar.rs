//! The shape of a key that is one number, word or truth value.

use super::{Decision, Digit, Flag, Holds, Key, Reader, RunConfig, Said, Unreadable, Values};
use crate::param::{Domain, Field, Literal, Param, Rejected, Value};
use crate::spec::tree::Node;

/// A key that is one value.
#[derive(Debug)]
pub(super) struct Scalar {
    /// Its name, default and domain, and what it is.
    pub param: Param,
    /// Its place in the tutorial's dictionary. Without one, a description says the key where it is not at its default.
    pub leading: Option<usize>,
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

/// What an axis of a setting holds.
pub(super) fn values_of(param: &Param) -> Values {
    match param.default {
        Literal::Texts | Literal::Words(_) => Values::Lists,
        // A seed of the data is `seed` or a whole number.
        Literal::Int(_) | Literal::Text("seed") => Values::Whole,
        _ => Values::Scalars,
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

    fn read(&'static self, reader: &mut Reader, _: &str, node: &Node) -> Option<Vec<Digit>> {
        reader.each(node, values_of(&self.param), |reader, item| {
            let value = reader.scalar(item)?;
            let decided = self.decide(&value);
            decided.map_err(|rejected| reader.reject(&self.param, &rejected, item)).ok()
        })
    }

    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        vec![(self.param.name, (self.slot.get)(run, &self.param))]
    }

    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let mut values = self.values(run);
        values.retain(|(_, value)| self.leading.is_some() || *value != self.param.default.value());
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
        Some((name, value.toml()))
    }
}
