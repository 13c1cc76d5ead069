//! The shape of a key that is a choice by name with settings of its own: `"adam"`, or
//! `{ name = "sgd", momentum = [0.0, 0.9] }`, where every setting may take several values.

use super::scalar::{explain, words};
use super::{Decision, Digit, Flag, Holds, KeyId, Reader, RunConfig, Said, Unreadable};
use crate::dataset::Folder;
use crate::diag::Diagnostic;
use crate::param::{Kinds, Param, Rejected, Settings, Shape, Value};
use crate::spec::axis::{MOST, entry};
use crate::spec::reader::{distinct, suggest};
use crate::spec::tree::{Content, Key, Node};

/// A key that is a choice with settings of its own.
pub(super) struct Choice<K> {
    pub name: &'static str,
    pub about: &'static str,
    /// The kind of a run where nothing is said.
    pub initial: fn() -> K,
    /// Whether a file must say it.
    pub required: bool,
    /// Its place in the tutorial's dictionary. Without one, a description says the choice where it is not the default.
    pub leading: Option<usize>,
    /// How `tallow train` spells it.
    pub flag: Option<Flag>,
    /// Keys of others that may stand in its table.
    pub guests: fn(&str) -> bool,
    /// Label and help for names that are known to be no kind.
    pub hint: fn(&str) -> Option<(&'static str, &'static str)>,
    /// Checks all variants of one table as a whole, and completes them.
    pub settle: fn(&mut [K], &Folder) -> Result<(), Vec<Unsettled>>,
    /// Families of kinds, each kind in one: `group:` and a family's name stand for all of its kinds.
    pub groups: &'static [Group],
    /// A line on a kind beside its name, for `tallow keys`.
    pub note: fn(&K) -> String,
    /// More lines for `tallow keys`.
    pub also: fn() -> String,
    pub get: fn(&RunConfig) -> &K,
    pub set: fn(&mut RunConfig, K),
}

/// A family of kinds of a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    pub name: &'static str,
    /// What they have in common, for `tallow keys`.
    pub about: &'static str,
    pub kinds: &'static [&'static str],
}

/// What a family's name begins with where it stands for its kinds.
const GROUP: &str = "group:";

/// Variants of a choice that make no sense together.
#[derive(Debug)]
pub(super) struct Unsettled {
    pub message: String,
    pub help: Option<String>,
    /// The setting to point at, if not the whole table.
    pub at: Option<&'static str>,
}

impl<K> std::fmt::Debug for Choice<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<K: Kinds> Holds<K> for Choice<K> {
    fn initial(&self) -> K {
        (self.initial)()
    }
}

/// A kind, and what others' keys in the same table decide.
type Variant<K> = (K, Vec<Decision>);

impl<K: Kinds> Choice<K> {
    /// A choice whose kinds need no special treatment.
    pub const fn plain(
        name: &'static str,
        about: &'static str,
        initial: fn() -> K,
        get: fn(&RunConfig) -> &K,
        set: fn(&mut RunConfig, K),
    ) -> Self {
        Self {
            name,
            about,
            initial,
            required: false,
            leading: None,
            flag: None,
            guests: |_| false,
            hint: |_| None,
            settle: |_, _| Ok(()),
            groups: &[],
            note: |_| String::new(),
            also: String::new,
            get,
            set,
        }
    }

    fn kinds() -> impl Iterator<Item = K> {
        K::NAMES.iter().filter_map(|name| K::from_name(name))
    }

    fn decide(&'static self, kind: K) -> Decision {
        Decision::new(self.name, move |run| (self.set)(run, kind.clone()))
    }

    fn known() -> String {
        format!("known: {}", K::NAMES.join(", "))
    }

    fn named(&self, reader: &mut Reader, node: &Node) -> Option<K> {
        let Content::Scalar(Value::Text(name)) = &node.content else {
            let message = format!("`{}` must be a name, found {}", self.name, node.content.type_name());
            reader.tell(Diagnostic::error(message, &node.span).help(Self::known()));
            return None;
        };
        let made = K::from_name(name);
        if made.is_none() {
            let error = Diagnostic::error(format!("unknown {} `{name}`", self.name), &node.span);
            let groups = self.groups.iter().map(|group| format!("\"{GROUP}{}\"", group.name));
            let groups = groups.collect::<Vec<_>>().join(", ");
            reader.tell(match (self.hint)(name) {
                _ if name.starts_with(GROUP) && !groups.is_empty() => error.help(format!("groups are {groups}")),
                Some((label, help)) => error.label(label).help(help),
                None => suggest(error, name, K::NAMES).help(Self::known()),
            });
        }
        made
    }

    /// A family's name as the names of its kinds.
    fn members(&self, node: Node) -> Vec<Node> {
        let Content::Scalar(Value::Text(name)) = &node.content else { return vec![node] };
        let group = name.strip_prefix(GROUP).and_then(|name| self.groups.iter().find(|group| group.name == name));
        let Some(group) = group else { return vec![node] };
        let named = |kind: &&str| Node { content: Content::Scalar(Value::Text((*kind).to_owned())), ..node.clone() };
        group.kinds.iter().map(named).collect()
    }

    fn choose(&'static self, reader: &mut Reader, node: &Node) -> Option<Vec<Digit>> {
        let Content::Table(entries) = &node.content else {
            let kind = self.named(reader, node)?;
            return self.finish(reader, vec![(kind, Vec::new())], node);
        };
        let Some(name) = entry(node, "name") else {
            let form = format!("{} = {{ name = \"{}\", … }}", self.name, K::NAMES[0]);
            reader.tell(Diagnostic::error("this table needs a name", &node.span).help(form));
            return None;
        };
        let kind = self.named(reader, name)?;
        let variants = self.with(reader, kind, entries.iter().filter(|(key, _)| key.name != "name"))?;
        self.finish(reader, variants, node)
    }

    /// A kind with every combination of the values that its settings, and its guests, are given.
    fn with<'a>(
        &self,
        reader: &mut Reader,
        kind: K,
        entries: impl Iterator<Item = &'a (Key, Node)>,
    ) -> Option<Vec<Variant<K>>> {
        let (chosen, params) = (kind.name(), kind.settings().params());
        let mut variants = vec![(kind, Vec::new())];
        let mut whole = true;
        for (key, value) in &flat(entries, params) {
            let grown = match params.iter().find(|param| param.name == key.name) {
                Some(param) => vary(reader, &variants, value, param),
                None if (self.guests)(&key.name) => {
                    let guest = KeyId::spelled(&key.name)?;
                    guest.read(reader, &key.name, value).and_then(|digits| host(reader, &variants, &digits, value))
                }
                None => {
                    let known: Vec<&str> = params.iter().map(|param| param.name).collect();
                    let error =
                        Diagnostic::error(format!("{} `{chosen}` has no setting `{}`", self.name, key.name), &key.span);
                    let help = if known.is_empty() {
                        "it has none".to_owned()
                    } else {
                        format!("it has {}", known.join(", "))
                    };
                    reader.tell(suggest(error, &key.name, &known).help(help));
                    None
                }
            };
            match grown {
                Some(grown) => variants = grown,
                None => whole = false,
            }
        }
        whole.then_some(variants)
    }

    /// A kind with one setting given, or several that are written as one table. The setting has one value.
    pub fn with_one(&self, reader: &mut Reader, kind: K, entry: &(Key, Node)) -> Option<K> {
        let mut variants = self.with(reader, kind, std::iter::once(entry))?.into_iter();
        match (variants.next(), variants.next()) {
            (Some((kind, guests)), None) if guests.is_empty() => Some(kind),
            (_, Some(_)) => {
                let (key, node) = entry;
                reader.tell(Diagnostic::error(format!("`{}` takes one value here", key.name), &node.span));
                None
            }
            _ => {
                let (key, _) = entry;
                reader.tell(Diagnostic::error(format!("`{}` cannot be set here", key.name), &key.span));
                None
            }
        }
    }

    /// Variants as digits, checked as a whole.
    fn finish(&'static self, reader: &mut Reader, variants: Vec<Variant<K>>, node: &Node) -> Option<Vec<Digit>> {
        let (mut kinds, guests): (Vec<K>, Vec<Vec<Decision>>) = variants.into_iter().unzip();
        if let Err(problems) = (self.settle)(&mut kinds, reader.folder) {
            for Unsettled { message, help, at } in problems {
                let span = at.and_then(|at| entry(node, at)).map_or(&node.span, |at| &at.span);
                let error = Diagnostic::error(message, span);
                reader.tell(match help {
                    Some(help) => error.help(help),
                    None => error,
                });
            }
            return None;
        }
        let digit =
            |(kind, guests)| Digit { decisions: [vec![self.decide(kind)], guests].concat(), span: node.span.clone() };
        Some(kinds.into_iter().zip(guests).map(digit).collect())
    }
}

/// A setting that is written as a table says several: `split = { name = "group", column = "patient" }` is `split` and
/// `split_column`.
fn flat<'a>(entries: impl Iterator<Item = &'a (Key, Node)>, params: &[Param]) -> Vec<(Key, Node)> {
    let mut flattened = Vec::new();
    for (key, node) in entries {
        let single = params.iter().any(|param| param.name == key.name && param.shape != Shape::Table);
        match &node.content {
            Content::Table(inner) if single && entry(node, "name").is_some() => {
                let named = |name: &str| match name {
                    "name" => key.name.clone(),
                    other => format!("{}_{other}", key.name),
                };
                flattened.extend(
                    inner.iter().map(|(inner, node)| (Key { name: named(&inner.name), ..inner.clone() }, node.clone())),
                );
            }
            _ => flattened.push((key.clone(), node.clone())),
        }
    }
    flattened
}

/// Every variant with every value of another's key.
fn host<K: Kinds>(
    reader: &mut Reader,
    variants: &[Variant<K>],
    digits: &[Digit],
    node: &Node,
) -> Option<Vec<Variant<K>>> {
    if !few(reader, variants.len(), digits.len(), node) {
        return None;
    }
    let with =
        |(kind, guests): &Variant<K>, digit: &Digit| (kind.clone(), [guests.clone(), digit.decisions.clone()].concat());
    Some(variants.iter().flat_map(|variant| digits.iter().map(move |digit| with(variant, digit))).collect())
}

/// Every variant with every value of one setting.
fn vary<K: Kinds>(reader: &mut Reader, variants: &[Variant<K>], node: &Node, param: &Param) -> Option<Vec<Variant<K>>> {
    let values = accepted(reader, node, param, variants[0].0.clone().settings_mut())?;
    if !few(reader, variants.len(), values.len(), node) {
        return None;
    }
    let with = |(kind, guests): &Variant<K>, value: &Value| {
        let mut kind = kind.clone();
        kind.settings_mut().set(param.name, value).expect("accepted by another of its kind");
        (kind, guests.clone())
    };
    Some(variants.iter().flat_map(|variant| values.iter().map(move |value| with(variant, value))).collect())
}

/// The values that a table gives one setting, each tried on `probe`.
pub(super) fn accepted(
    reader: &mut Reader,
    node: &Node,
    param: &Param,
    probe: &mut dyn Settings,
) -> Option<Vec<Value>> {
    let items = reader.items(node, param.shape)?;
    let mut accepted = |item: &Node| {
        let value = match &item.content {
            Content::Table(entries) if param.shape == Shape::Table => words(reader, entries)?,
            _ => reader.scalar(item)?,
        };
        let set = probe.set(param.name, &value);
        set.map_err(|rejected| reader.reject(param, &rejected, item)).ok()?;
        Some(value)
    };
    let values: Vec<Option<Value>> = items.iter().map(&mut accepted).collect();
    values.into_iter().collect()
}

/// Whether so many variants are few enough for one axis; tells where they are not.
pub(super) fn few(reader: &mut Reader, variants: usize, values: usize, node: &Node) -> bool {
    let few = variants.checked_mul(values).is_some_and(|product| product <= MOST);
    if !few {
        reader.tell(Diagnostic::error(format!("one table may have at most {MOST} variants"), &node.span));
    }
    few
}

impl<K: Kinds> super::Key for Choice<K> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn spellings(&self) -> &[&'static str] {
        std::slice::from_ref(&self.name)
    }

    fn names(&self) -> Vec<&'static str> {
        let settings = Self::kinds().flat_map(|kind| kind.settings().params()).map(|param| param.name);
        let mut names = vec![self.name];
        for name in settings {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    fn owner(&self, setting: &str) -> Option<&'static str> {
        let has = |kind: &K| kind.settings().params().iter().any(|param| param.name == setting);
        Self::kinds().find(has).map(|kind| kind.name())
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn explain(&self) -> String {
        let kind = |kind: K| format!("{}{}\n{}", kind.name(), (self.note)(&kind), explain(kind.settings().params()));
        let group = |&Group { name, about, kinds }: &Group| {
            let kinds: String = kinds.iter().filter_map(|name| K::from_name(name)).map(kind).collect();
            format!("{GROUP}{name} · {about}\n\n{kinds}\n")
        };
        let kinds: String = if self.groups.is_empty() {
            Self::kinds().map(kind).collect()
        } else {
            self.groups.iter().map(group).collect()
        };
        kinds + &(self.also)()
    }

    fn leading(&self) -> Vec<(usize, &'static str)> {
        self.leading.map(|place| (place, self.name)).into_iter().collect()
    }

    fn default(&'static self) -> Option<Decision> {
        (!self.required).then(|| self.decide((self.initial)()))
    }

    fn read(&'static self, reader: &mut Reader, _: &str, node: &Node) -> Option<Vec<Digit>> {
        let items = match &node.content {
            // A table is one choice with settings, never a range.
            Content::Table(_) => vec![node.clone()],
            _ => reader.items(node, Shape::Single)?,
        };
        let items: Vec<Node> = items.into_iter().flat_map(|item| self.members(item)).collect();
        let digits: Vec<Option<Vec<Digit>>> = items.iter().map(|item| self.choose(reader, item)).collect();
        let digits: Vec<Vec<Digit>> = digits.into_iter().collect::<Option<_>>()?;
        if digits.iter().map(Vec::len).sum::<usize>() > MOST {
            reader.tell(Diagnostic::error(format!("an axis may have at most {MOST} values"), &node.span));
            return None;
        }
        Some(distinct(digits.into_iter().flatten()))
    }

    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let kind = (self.get)(run);
        let settings = kind.settings();
        let own = settings.params().iter().filter_map(|param| Some((param.name, settings.get(param.name)?)));
        [(self.name, Value::Text(kind.label()))].into_iter().chain(own).chain(kind.facts()).collect()
    }

    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let kind = (self.get)(run);
        let said = self.leading.is_some() || kind.name() != (self.initial)().name();
        let name = said.then(|| (self.name, Value::Text(kind.name().to_owned())));
        name.into_iter().chain(kind.described()).chain(kind.facts()).collect()
    }

    fn restore(&self, said: &Said, run: &mut RunConfig) -> Result<(), Unreadable> {
        let mut kind = match said(self.name) {
            None if self.leading.is_some() => return Err(Unreadable::missing(self.name)),
            None => (self.initial)(),
            Some(name) => {
                let rejected = || Rejected(format!("is `{name}`, which this version does not know"));
                K::from_name(&name.to_string()).ok_or_else(|| Unreadable::new(self.name, rejected()))?
            }
        };
        let params = kind.settings().params();
        for (param, value) in params.iter().filter_map(|param| Some((param, said(param.name)?))) {
            kind.settings_mut().set(param.name, value).map_err(|why| Unreadable::new(param.name, why))?;
        }
        (self.set)(run, kind);
        Ok(())
    }

    fn flag(&self) -> Option<&Flag> {
        self.flag.as_ref()
    }

    fn toml(&self, run: &RunConfig) -> Option<(&'static str, String)> {
        let kind = (self.get)(run);
        if self.leading.is_none() && *kind == (self.initial)() {
            return None;
        }
        let name = Value::Text(kind.name().to_owned()).toml();
        let settings = kind.settings().changed();
        let settings: String = settings.iter().map(|(name, value)| format!(", {name} = {}", value.toml())).collect();
        Some((self.name, if settings.is_empty() { name } else { format!("{{ name = {name}{settings} }}") }))
    }
}
