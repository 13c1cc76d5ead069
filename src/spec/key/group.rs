//! The shape of a key that is a table of settings, each with a name of its own in descriptions: `evaluate = { every = 2 }`
//! is `evaluate_every: 2`. Every setting may take several values. Where the key may be left out, it is false by default.

use super::choice::{accepted, few};
use super::scalar::explain;
use super::{Decision, Digit, Flag, Holds, Key, Reader, RunConfig, Said, Unreadable};
use crate::diag::Diagnostic;
use crate::param::{Param, Rejected, Settings, Shape, Value};
use crate::spec::reader::{distinct, suggest};
use crate::spec::tree::{Content, Node};

/// A key that is a table of settings.
pub(super) struct Group<T: 'static> {
    pub name: &'static str,
    pub about: &'static str,
    /// What descriptions, exclusions and filters call its settings, in their order.
    pub names: &'static [&'static str],
    /// Whether a run may be without it, as it is by default.
    pub optional: bool,
    /// Whether a run's description says a setting, by its name there, that is not at its default.
    pub described: fn(&RunConfig, &str) -> bool,
    pub get: fn(&RunConfig) -> Option<&T>,
    pub set: fn(&mut RunConfig, Option<T>),
}

impl<T> std::fmt::Debug for Group<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a group holds.
pub(super) trait Grouped: Settings + Clone + Default + std::fmt::Debug + Send + Sync + 'static {}
impl<T: Settings + Clone + Default + std::fmt::Debug + Send + Sync + 'static> Grouped for T {}

impl<T: Grouped> Holds<T> for Group<T> {
    fn initial(&self) -> T {
        T::default()
    }
}

impl<T: Grouped> Holds<Option<T>> for Group<T> {
    fn initial(&self) -> Option<T> {
        None
    }
}

impl<T: Grouped> Group<T> {
    fn decide(&'static self, settings: Option<T>) -> Decision {
        Decision::new(Key::names(self)[0], move |run| (self.set)(run, settings.clone()))
    }

    /// The declarations, each with its name in descriptions.
    fn params(&self) -> impl Iterator<Item = (&'static Param, &'static str)> + use<T> {
        T::default().params().iter().zip(self.names.iter().copied())
    }

    fn form(&self) -> String {
        let form: Vec<String> =
            self.params().map(|(param, _)| format!("{} = {}", param.name, param.default.value().toml())).collect();
        format!("{} = {{ {} }}", self.name, form.join(", "))
    }

    /// What one value of the key stands for; `None` after telling what is wrong.
    fn variants(&self, reader: &mut Reader, node: &Node) -> Option<Vec<Option<T>>> {
        let entries = match &node.content {
            Content::Scalar(Value::Bool(given)) if self.optional => return Some(vec![given.then(T::default)]),
            Content::Table(entries) => entries,
            other => {
                let wanted = if self.optional { "false, true or a table" } else { "a table" };
                let message = format!("`{}` must be {wanted}, found {}", self.name, other.type_name());
                reader.tell(Diagnostic::error(message, &node.span).help(self.form()));
                return None;
            }
        };
        let mut variants = vec![T::default()];
        let mut whole = true;
        for (key, value) in entries {
            let Some((param, _)) = self.params().find(|(param, _)| param.name == key.name) else {
                let known: Vec<&str> = self.params().map(|(param, _)| param.name).collect();
                let error = Diagnostic::error(format!("`{}` has no setting `{}`", self.name, key.name), &key.span);
                reader.tell(suggest(error, &key.name, &known).help(format!("it has {}", known.join(", "))));
                whole = false;
                continue;
            };
            let values = accepted(reader, value, param, &mut T::default());
            match values.filter(|values| few(reader, variants.len(), values.len(), value)) {
                Some(values) => {
                    let with = |settings: &T, value: &Value| {
                        let mut settings = settings.clone();
                        settings.set(param.name, value).expect("accepted by another");
                        settings
                    };
                    variants =
                        (variants.iter()).flat_map(|own| values.iter().map(move |value| with(own, value))).collect();
                }
                None => whole = false,
            }
        }
        whole.then(|| variants.into_iter().map(Some).collect())
    }

    /// Its settings that are not at their defaults, as the table has them.
    fn changed(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        (self.get)(run).map(Settings::changed).unwrap_or_default()
    }
}

impl<T: Grouped> Key for Group<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn spellings(&self) -> &[&'static str] {
        std::slice::from_ref(&self.name)
    }

    fn names(&self) -> Vec<&'static str> {
        let own = self.optional.then_some(self.name);
        own.into_iter().chain(self.names.iter().copied()).collect()
    }

    fn inner(&self) -> Vec<(&'static str, &'static str)> {
        self.params().map(|(param, name)| (param.name, name)).collect()
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn explain(&self) -> String {
        explain(T::default().params())
    }

    fn leading(&self) -> Vec<(usize, &'static str)> {
        Vec::new()
    }

    fn default(&'static self) -> Option<Decision> {
        Some(self.decide((!self.optional).then(T::default)))
    }

    fn read(&'static self, reader: &mut Reader, _: &str, node: &Node) -> Option<Vec<Digit>> {
        let items = match &node.content {
            // A table is never a range.
            Content::Table(_) => vec![node.clone()],
            _ => reader.items(node, Shape::Single)?,
        };
        let read = |item: &Node| {
            let variants = self.variants(reader, item)?.into_iter();
            let digit = |settings| Digit { decisions: vec![self.decide(settings)], span: item.span.clone() };
            Some(variants.map(digit).collect())
        };
        let digits: Vec<Option<Vec<Digit>>> = items.iter().map(read).collect();
        let digits: Vec<Vec<Digit>> = digits.into_iter().collect::<Option<_>>()?;
        Some(distinct(digits.into_iter().flatten()))
    }

    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let settings = (self.get)(run);
        let own = self.optional.then(|| (self.name, Value::Bool(settings.is_some())));
        let inner = self.params().filter_map(|(param, name)| Some((name, settings?.get(param.name)?)));
        own.into_iter().chain(inner).collect()
    }

    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let changed = self.changed(run);
        let own = (self.optional && (self.get)(run).is_some()).then_some((self.name, Value::Bool(true)));
        let inner = self.params().filter_map(|(param, name)| {
            let (_, value) = changed.iter().find(|(changed, _)| *changed == param.name)?;
            (self.described)(run, name).then(|| (name, value.clone()))
        });
        own.into_iter().chain(inner).collect()
    }

    fn restore(&self, said: &Said, run: &mut RunConfig) -> Result<(), Unreadable> {
        if self.optional {
            match said(self.name) {
                Some(Value::Bool(true)) => {}
                Some(other) => {
                    return Err(Unreadable::new(self.name, Rejected(format!("is `{other}`, which is not true"))));
                }
                None => {
                    (self.set)(run, None);
                    return Ok(());
                }
            }
        }
        let mut settings = T::default();
        for (param, name) in self.params() {
            if let Some(value) = said(name) {
                settings.set(param.name, value).map_err(|why| Unreadable::new(name, why))?;
            }
        }
        (self.set)(run, Some(settings));
        Ok(())
    }

    fn flag(&self) -> Option<&Flag> {
        None
    }

    fn toml(&self, run: &RunConfig) -> Option<(&'static str, String)> {
        let changed = self.changed(run);
        let settings: Vec<String> = changed.iter().map(|(name, value)| format!("{name} = {}", value.toml())).collect();
        match &settings[..] {
            [] => (self.optional && (self.get)(run).is_some()).then(|| (self.name, "true".to_owned())),
            settings => Some((self.name, format!("{{ {} }}", settings.join(", ")))),
        }
    }
}
