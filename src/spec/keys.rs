//! What each key of a grid may say: from a key and its value to the assignments of every grid value.

use std::path::Path;

use super::Lib;
use super::axis::{self, MOST, Values, entry};
use super::draft::Assignment;
use super::tree::{Content, Key, Node};
use crate::activation::Activation;
use crate::dataset::{Dataset, Kind, Sampling};
use crate::diag::{Diagnostic, Span};
use crate::init::Init;
use crate::optim::Optimizer;
use crate::param::{Domain, Param, Rejected, Settings, Value};
use crate::schedule::Schedule;
use crate::text;

/// The keys of a grid besides the parameters of every dataset.
const KEYS: [&str; 14] = [
    "lib",
    "dataset",
    "hidden",
    "depth",
    "width",
    "activation",
    "init",
    "optimizer",
    "learning_rate",
    "schedule",
    "epochs",
    "batch_size",
    "shuffle",
    "zip",
];
/// Widest layer and deepest network; what fits in memory is judged later.
const MOST_UNITS: i64 = 1 << 24;

/// One value of an axis: the assignments it makes, and where it stands.
#[derive(Clone, Debug)]
pub struct Digit {
    /// What it decides.
    pub assignments: Vec<Assignment>,
    /// Where it stands.
    pub span: Span,
}

/// Where paths start and problems go.
pub(super) struct Reader<'a> {
    pub folder: &'a Path,
    pub problems: &'a mut Vec<Diagnostic>,
}

/// Every key that may stand in a grid.
pub(super) fn known() -> Vec<&'static str> {
    KEYS.into_iter().chain(Sampling::PARAMS.iter().map(|param| param.name)).collect()
}

/// Whether two keys speak of one thing: the same, or the layers by two of their names.
pub fn speak_of_one(a: &str, b: &str) -> bool {
    let layout = |key| ["hidden", "units", "depth", "width"].contains(&key);
    a == b || (layout(a) && layout(b))
}

/// Every key that a run has a value of: what exclusions, filters and roles may name.
pub fn describable() -> Vec<&'static str> {
    let mut keys: Vec<&str> = known().into_iter().filter(|&key| key != "zip").collect();
    keys.extend(["seed", "units"]);
    keys.extend(families().into_iter().flat_map(|(_, _, params)| params).map(|param| param.name));
    keys
}

/// Every choice with settings: its key, its name, its settings.
fn families() -> Vec<(&'static str, &'static str, &'static [Param])> {
    let mut all: Vec<(&str, &str, &[Param])> = Vec::new();
    all.extend(Kind::all().iter().map(|kind| ("dataset", kind.name(), kind.settings().params())));
    all.extend(Activation::all().iter().map(|kind| ("activation", kind.name(), kind.settings().params())));
    all.extend(Optimizer::all().iter().map(|kind| ("optimizer", kind.name(), kind.settings().params())));
    all.extend(Schedule::all().iter().map(|kind| ("schedule", kind.name(), kind.settings().params())));
    all
}

/// An unknown key of a grid, with the nearest known one, or the choice that it is a setting of.
pub(super) fn unknown(key: &Key) -> Diagnostic {
    let error = Diagnostic::error(format!("unknown key `{}`", key.name), &key.span);
    let owner = families().into_iter().find(|(_, _, params)| params.iter().any(|param| param.name == key.name));
    if let Some((family, name, _)) = owner {
        let form = format!("{family} = {{ name = \"{name}\", {} = … }}", key.name);
        return error.label(format!("a setting of the {family} `{name}`")).help(format!("write it there: {form}"));
    }
    suggest(error, &key.name, &known()).help(format!("known keys: {}", known().join(", ")))
}

/// With “did you mean”, if a known word is near.
pub(super) fn suggest(error: Diagnostic, typed: &str, known: &[&str]) -> Diagnostic {
    match text::nearest(typed, known.iter().copied()) {
        Some(near) => error.label(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// A choice by name with settings of its own.
struct Family<K> {
    key: &'static str,
    names: &'static [&'static str],
    make: fn(&str) -> Option<K>,
    settings: fn(&mut K) -> &mut dyn Settings,
    wrap: fn(K) -> Assignment,
    /// Keys of others that may stand in its table.
    guests: fn(&str) -> bool,
}

impl Reader<'_> {
    fn tell(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// The values of a key; `None` after telling what is wrong. `depth` and `width` are read by [`Reader::layout`].
    pub fn key(&mut self, key: &Key, node: &Node) -> Option<Vec<Digit>> {
        match key.name.as_str() {
            "lib" => self.words(key, node, &Lib::ALL.map(Lib::name), |name| {
                Lib::ALL.into_iter().find(|lib| lib.name() == name).map(Assignment::Lib)
            }),
            "init" => {
                let names = Init::ALL.map(Init::name);
                self.words(key, node, &names, |name| Init::from_name(name).map(Assignment::Init))
            }
            "dataset" => self.choice(
                node,
                &Family {
                    key: "dataset",
                    names: Kind::NAMES,
                    make: Kind::from_name,
                    settings: Kind::settings_mut,
                    wrap: |kind| Assignment::Dataset(Dataset::new(kind)),
                    guests: |name| Sampling::PARAMS.iter().any(|param| param.name == name),
                },
            ),
            "activation" => self.choice(
                node,
                &Family {
                    key: "activation",
                    names: Activation::NAMES,
                    make: Activation::from_name,
                    settings: Activation::settings_mut,
                    wrap: Assignment::Activation,
                    guests: |_| false,
                },
            ),
            "optimizer" => self.choice(
                node,
                &Family {
                    key: "optimizer",
                    names: Optimizer::NAMES,
                    make: Optimizer::from_name,
                    settings: Optimizer::settings_mut,
                    wrap: Assignment::Optimizer,
                    guests: |name| name == "learning_rate",
                },
            ),
            "schedule" => self.choice(
                node,
                &Family {
                    key: "schedule",
                    names: Schedule::NAMES,
                    make: Schedule::from_name,
                    settings: Schedule::settings_mut,
                    wrap: Assignment::Schedule,
                    guests: |_| false,
                },
            ),
            "hidden" => self.each(node, Values::Lists, |reader, item| reader.units(item).map(Assignment::Hidden)),
            "learning_rate" => self.each(node, Values::Scalars, |reader, item| {
                reader.setting(item, Domain::Above(0.0)).map(Assignment::LearningRate)
            }),
            "epochs" => self.each(node, Values::Whole, |reader, item| reader.count(item, 1).map(Assignment::Epochs)),
            "batch_size" => {
                self.each(node, Values::Whole, |reader, item| reader.count(item, 1).map(Assignment::BatchSize))
            }
            "shuffle" => self
                .each(node, Values::Scalars, |reader, item| reader.setting(item, Domain::Any).map(Assignment::Shuffle)),
            name => match Sampling::PARAMS.iter().position(|param| param.name == name) {
                Some(place) => self.each(node, values_of(&Sampling::PARAMS[place]), |reader, item| {
                    let value = reader.param(item, &Sampling::PARAMS[place], &mut Sampling::default())?;
                    Some(Assignment::Sampling(place, value))
                }),
                None => {
                    self.tell(unknown(key));
                    None
                }
            },
        }
    }

    /// `depth` × `width` as hidden layers; a missing width is the default's, a missing depth is 1.
    pub fn layout(&mut self, depth: Option<&Node>, width: Option<&Node>) -> Option<Vec<Digit>> {
        let span = depth.or(width)?.span.clone();
        let depths = match depth {
            Some(node) => self.counts(node, 0)?,
            None => vec![1],
        };
        let widths = match width {
            Some(node) => self.counts(node, 1)?,
            None => vec![6],
        };
        if depths.iter().any(|&depth| depth > 10_000) {
            self.tell(Diagnostic::error("more than 10,000 layers", &span));
            return None;
        }
        let pairs = depths.iter().flat_map(|&depth| widths.iter().map(move |&width| vec![width; depth]));
        Some(distinct(pairs.map(|hidden| Digit { assignments: vec![Assignment::Hidden(hidden)], span: span.clone() })))
    }

    fn counts(&mut self, node: &Node, least: i64) -> Option<Vec<usize>> {
        let items = self.items(node, Values::Whole)?;
        let read: Vec<Option<usize>> = items.iter().map(|item| self.count(item, least)).collect();
        read.into_iter().collect()
    }

    fn items(&mut self, node: &Node, kind: Values) -> Option<Vec<Node>> {
        axis::values(node, kind).map_err(|problem| self.tell(problem)).ok()
    }

    /// Reads every value of an axis, telling of all that are wrong.
    fn each(
        &mut self,
        node: &Node,
        kind: Values,
        mut read: impl FnMut(&mut Self, &Node) -> Option<Assignment>,
    ) -> Option<Vec<Digit>> {
        let items = self.items(node, kind)?;
        let digits: Vec<Option<Digit>> = (items.iter())
            .map(|item| Some(Digit { assignments: vec![read(self, item)?], span: item.span.clone() }))
            .collect();
        Some(distinct(digits.into_iter().collect::<Option<Vec<_>>>()?.into_iter()))
    }

    fn words(
        &mut self,
        key: &Key,
        node: &Node,
        names: &[&'static str],
        find: impl Fn(&str) -> Option<Assignment>,
    ) -> Option<Vec<Digit>> {
        self.each(node, Values::Scalars, |reader, item| {
            let name: String = reader.setting(item, Domain::Any)?;
            if find(&name).is_none() {
                let error = Diagnostic::error(format!("unknown {} `{name}`", key.name), &item.span);
                reader.tell(suggest(error, &name, names).help(format!("known: {}", names.join(", "))));
            }
            find(&name)
        })
    }

    fn setting<T: crate::param::Field>(&mut self, node: &Node, domain: Domain) -> Option<T> {
        let value = self.scalar(node)?;
        T::read(&value, domain).map_err(|rejected| self.reject(rejected, node)).ok()
    }

    fn reject(&mut self, rejected: Rejected, node: &Node) {
        self.tell(Diagnostic::error(rejected.to_string(), &node.span));
    }

    fn scalar(&mut self, node: &Node) -> Option<Value> {
        let value = node.value();
        if value.is_none() {
            let why = match &node.content {
                Content::Unusable(why) => why.clone(),
                other => format!("must be a single value, found {}", other.type_name()),
            };
            self.tell(Diagnostic::error(why, &node.span));
        }
        value
    }

    fn count(&mut self, node: &Node, least: i64) -> Option<usize> {
        match self.scalar(node)? {
            Value::Int(n) if (least..=i64::from(u32::MAX)).contains(&n) => Some(n as usize),
            Value::Int(n) if n < least => {
                self.tell(Diagnostic::error(format!("must be at least {least}"), &node.span));
                None
            }
            Value::Int(_) => {
                self.tell(Diagnostic::error("is too large", &node.span));
                None
            }
            other => {
                let message = format!("must be a whole number, found {}", other.type_name());
                self.tell(Diagnostic::error(message, &node.span));
                None
            }
        }
    }

    fn units(&mut self, node: &Node) -> Option<Vec<usize>> {
        let Content::List(items) = &node.content else {
            let message = format!("must be a list of layer widths, found {}", node.content.type_name());
            let forms = "one layout is hidden = [6, 6]; several are hidden = [[6], [6, 6]]; or give depth and width";
            self.tell(Diagnostic::error(message, &node.span).help(forms));
            return None;
        };
        let units: Vec<Option<usize>> = items.iter().map(|item| self.count(item, 1)).collect();
        let units: Vec<usize> = units.into_iter().collect::<Option<_>>()?;
        if units.len() > 10_000 || units.iter().any(|&units| units as i64 > MOST_UNITS) {
            self.tell(Diagnostic::error("is too large to be trained", &node.span));
            return None;
        }
        Some(units)
    }

    fn param(&mut self, node: &Node, param: &Param, settings: &mut dyn Settings) -> Option<Value> {
        let value = self.scalar(node)?;
        match settings.set(param.name, &value) {
            Ok(()) => settings.get(param.name),
            Err(rejected) => {
                self.tell(Diagnostic::error(format!("`{}` {rejected}", param.name), &node.span).help(param.doc.trim()));
                None
            }
        }
    }

    fn choice<K: Clone>(&mut self, node: &Node, family: &Family<K>) -> Option<Vec<Digit>> {
        let items = match &node.content {
            // A table is one choice with settings, never a range.
            Content::Table(_) => vec![node.clone()],
            _ => self.items(node, Values::Scalars)?,
        };
        let digits: Vec<Option<Vec<Digit>>> = items.iter().map(|item| self.choose(item, family)).collect();
        let digits: Vec<Vec<Digit>> = digits.into_iter().collect::<Option<_>>()?;
        if digits.iter().map(Vec::len).sum::<usize>() > MOST {
            self.tell(Diagnostic::error(format!("an axis may have {MOST} values"), &node.span));
            return None;
        }
        Some(distinct(digits.into_iter().flatten()))
    }

    fn named<K>(&mut self, node: &Node, family: &Family<K>) -> Option<K> {
        let Content::Scalar(Value::Text(name)) = &node.content else {
            let message = format!("must be a name, found {}", node.content.type_name());
            self.tell(Diagnostic::error(message, &node.span).help(format!("known: {}", family.names.join(", "))));
            return None;
        };
        let made = (family.make)(name);
        if made.is_none() {
            let error = Diagnostic::error(format!("unknown {} `{name}`", family.key), &node.span);
            let error = if family.key == "activation" && name == "softmax" {
                error
                    .label("not a hidden activation")
                    .help("softmax is the last layer's, chosen by itself where the dataset has more than two classes")
            } else {
                suggest(error, name, family.names).help(format!("known: {}", family.names.join(", ")))
            };
            self.tell(error);
        }
        made
    }

    fn choose<K: Clone>(&mut self, node: &Node, family: &Family<K>) -> Option<Vec<Digit>> {
        let Content::Table(entries) = &node.content else {
            let kind = self.named(node, family)?;
            return self.finish(family, vec![(kind, Vec::new())], node);
        };
        let Some(name) = entry(node, "name") else {
            let form = format!("{} = {{ name = \"{}\", … }}", family.key, family.names[0]);
            self.tell(Diagnostic::error("this table needs a name", &node.span).help(form));
            return None;
        };
        let mut kind = self.named(name, family)?;
        let params = (family.settings)(&mut kind).params();
        let mut variants = vec![(kind, Vec::new())];
        let mut whole = true;
        for (key, value) in entries.iter().filter(|(key, _)| key.name != "name") {
            let grown = match params.iter().find(|param| param.name == key.name) {
                Some(param) => self.vary(&variants, value, family, param),
                None if (family.guests)(&key.name) => {
                    self.key(key, value).and_then(|digits| self.host(&variants, &digits, value))
                }
                None => {
                    let known: Vec<&str> = params.iter().map(|param| param.name).collect();
                    let name = name.value().map_or(String::new(), |name| name.to_string());
                    let error =
                        Diagnostic::error(format!("{} `{name}` has no setting `{}`", family.key, key.name), &key.span);
                    let help = if known.is_empty() {
                        "it has none".to_owned()
                    } else {
                        format!("it has {}", known.join(", "))
                    };
                    self.tell(suggest(error, &key.name, &known).help(help));
                    None
                }
            };
            match grown {
                Some(grown) => variants = grown,
                None => whole = false,
            }
        }
        if !whole {
            return None;
        }
        self.finish(family, variants, node)
    }

    /// Whether so many variants are few enough for one axis.
    fn few(&mut self, variants: usize, values: usize, node: &Node) -> Option<()> {
        let few = variants.checked_mul(values).is_some_and(|product| product <= MOST);
        if !few {
            self.tell(Diagnostic::error(format!("more than {MOST} variants in one table"), &node.span));
        }
        few.then_some(())
    }

    /// Every variant with every value of another's key.
    fn host<K: Clone>(
        &mut self,
        variants: &[(K, Vec<Assignment>)],
        digits: &[Digit],
        node: &Node,
    ) -> Option<Vec<(K, Vec<Assignment>)>> {
        self.few(variants.len(), digits.len(), node)?;
        let with = |(kind, guests): &(K, Vec<Assignment>), digit: &Digit| {
            (kind.clone(), [guests.clone(), digit.assignments.clone()].concat())
        };
        Some(variants.iter().flat_map(|variant| digits.iter().map(move |digit| with(variant, digit))).collect())
    }

    /// Every variant with every value of one setting.
    fn vary<K: Clone>(
        &mut self,
        variants: &[(K, Vec<Assignment>)],
        node: &Node,
        family: &Family<K>,
        param: &Param,
    ) -> Option<Vec<(K, Vec<Assignment>)>> {
        let items = self.items(node, values_of(param))?;
        let mut probe = variants[0].0.clone();
        let values: Vec<Option<Value>> =
            items.iter().map(|item| self.param(item, param, (family.settings)(&mut probe))).collect();
        let values: Vec<Value> = values.into_iter().collect::<Option<_>>()?;
        self.few(variants.len(), values.len(), node)?;
        let mut grown = Vec::new();
        for (kind, guests) in variants {
            for value in &values {
                let mut kind = kind.clone();
                if let Err(rejected) = (family.settings)(&mut kind).set(param.name, value) {
                    self.reject(rejected, node);
                    return None;
                }
                grown.push((kind, guests.clone()));
            }
        }
        Some(grown)
    }

    /// Variants as digits, each checked as a whole.
    fn finish<K: Clone>(
        &mut self,
        family: &Family<K>,
        variants: Vec<(K, Vec<Assignment>)>,
        node: &Node,
    ) -> Option<Vec<Digit>> {
        let (kinds, guests): (Vec<K>, Vec<Vec<Assignment>>) = variants.into_iter().unzip();
        let mut own: Vec<Assignment> = kinds.into_iter().map(family.wrap).collect();
        if let Err(problem) = settle(&mut own, node) {
            self.tell(problem);
            return None;
        }
        for assignment in &mut own {
            let Assignment::Dataset(dataset) = assignment else { continue };
            match dataset.clone().open(self.folder) {
                Ok(opened) => *dataset = opened,
                Err(error) => {
                    self.tell(Diagnostic::error(
                        error.to_string(),
                        entry(node, "path").map_or(&node.span, |p| &p.span),
                    ));
                    return None;
                }
            }
        }
        let digit = |(own, guests)| Digit { assignments: [vec![own], guests].concat(), span: node.span.clone() };
        Some(own.into_iter().zip(guests).map(digit).collect())
    }
}

/// Nesterov's momentum needs momentum, as in PyTorch. In a table whose momentum takes 0 among other values it says
/// nothing there, and those variants are plain gradient descent.
fn settle(variants: &mut [Assignment], node: &Node) -> Result<(), Diagnostic> {
    let momentum = variants.iter().any(
        |variant| matches!(variant, Assignment::Optimizer(Optimizer::Sgd(sgd)) if sgd.nesterov && sgd.momentum != 0.0),
    );
    for variant in variants {
        let Assignment::Optimizer(Optimizer::Sgd(sgd)) = variant else { continue };
        if sgd.nesterov && sgd.momentum == 0.0 && momentum {
            sgd.nesterov = false;
        } else if sgd.nesterov && (sgd.momentum == 0.0 || sgd.dampening != 0.0) {
            let error = Diagnostic::error("nesterov needs momentum above 0 and no dampening", &node.span);
            return Err(error.help("as in PyTorch: { name = \"sgd\", momentum = 0.9, nesterov = true }"));
        }
    }
    Ok(())
}

/// What an axis of a setting holds.
fn values_of(param: &Param) -> Values {
    match param.default {
        crate::param::Default::Texts => Values::Lists,
        crate::param::Default::Int(_) => Values::Whole,
        // A seed of the data: `seed` or a whole number.
        crate::param::Default::Text("seed") => Values::Whole,
        _ => Values::Scalars,
    }
}

/// Digits without repetition, in order.
fn distinct(digits: impl Iterator<Item = Digit>) -> Vec<Digit> {
    let mut seen = std::collections::HashSet::new();
    digits.filter(|digit| seen.insert(format!("{:?}", digit.assignments))).collect()
}
