//! The shape of a key that is one of a few words.

use super::{Decision, Digit, Flag, Holds, Key, Reader, RunConfig, Said, Unreadable, Values};
use crate::diag::Diagnostic;
use crate::param::{Named, Rejected, Value};
use crate::spec::reader::suggest;
use crate::spec::tree::Node;

/// A key that is one of a few words.
pub(super) struct Word<T> {
    pub name: &'static str,
    pub about: &'static str,
    pub default: T,
    /// Its place in the tutorial's dictionary. Without one, a description says the key where it is not at its default.
    pub leading: Option<usize>,
    /// How `tallow train` spells it.
    pub flag: Option<Flag>,
    pub get: fn(&RunConfig) -> T,
    pub set: fn(&mut RunConfig, T),
}

impl<T> std::fmt::Debug for Word<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<T: Named> Holds<T> for Word<T> {
    fn initial(&self) -> T {
        self.default
    }
}

impl<T: Named> Word<T> {
    fn decide(&'static self, word: T) -> Decision {
        Decision::new(self.name, move |run| (self.set)(run, word))
    }

    fn find(name: &str) -> Option<T> {
        T::ALL.iter().copied().find(|word| word.name() == name)
    }

    fn known() -> Vec<&'static str> {
        T::ALL.iter().map(|word| word.name()).collect()
    }
}

impl<T: Named> Key for Word<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn spellings(&self) -> &[&'static str] {
        std::slice::from_ref(&self.name)
    }

    fn names(&self) -> Vec<&'static str> {
        vec![self.name]
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn explain(&self) -> String {
        T::ALL.iter().map(|word| format!("{:<15} {}\n", word.name(), word.about())).collect()
    }

    fn leading(&self) -> Vec<(usize, &'static str)> {
        self.leading.map(|place| (place, self.name)).into_iter().collect()
    }

    fn default(&'static self) -> Option<Decision> {
        Some(self.decide(self.default))
    }

    fn read(&'static self, reader: &mut Reader, _: &str, node: &Node) -> Option<Vec<Digit>> {
        reader.each(node, Values::Scalars, |reader, item| {
            let name = reader.text(item, self.name)?;
            let found = Self::find(&name);
            if found.is_none() {
                let error = Diagnostic::error(format!("unknown {} `{name}`", self.name), &item.span);
                reader.tell(suggest(error, &name, &Self::known()).help(format!("known: {}", Self::known().join(", "))));
            }
            found.map(|word| self.decide(word))
        })
    }

    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        vec![(self.name, Value::Text((self.get)(run).name().to_owned()))]
    }

    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        if self.leading.is_some() || (self.get)(run) != self.default { self.values(run) } else { Vec::new() }
    }

    fn restore(&self, said: &Said, run: &mut RunConfig) -> Result<(), Unreadable> {
        let word = match said(self.name) {
            None if self.leading.is_some() => return Err(Unreadable::missing(self.name)),
            None => self.default,
            Some(value) => {
                let found = if let Value::Text(name) = value { Self::find(name) } else { None };
                let rejected = || Rejected(format!("is `{value}`, which is none of {}", Self::known().join(", ")));
                found.ok_or_else(|| Unreadable::new(self.name, rejected()))?
            }
        };
        (self.set)(run, word);
        Ok(())
    }

    fn flag(&self) -> Option<&Flag> {
        self.flag.as_ref()
    }

    fn toml(&self, run: &RunConfig) -> Option<(&'static str, String)> {
        let (name, value) = self.values(run).pop()?;
        ((self.get)(run) != self.default).then(|| (name, value.toml()))
    }
}
