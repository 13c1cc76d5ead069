//! What reading any key needs: the values of an axis one by one, and a place for problems.

use std::collections::HashSet;

use super::axis;
use super::key::{Decision, Digit, KeyId, known};
use super::tree::{Content, Key, Node};
use crate::dataset::Folder;
use crate::diag::Diagnostic;
use crate::param::{Domain, Field, Param, Rejected, Shape, Value};
use crate::text;

/// Where paths start and problems go.
pub struct Reader<'a> {
    pub folder: &'a Folder,
    pub problems: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    pub fn tell(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// The values of a key; `None` after telling what is wrong.
    pub fn key(&mut self, key: &Key, node: &Node) -> Option<Vec<Digit>> {
        match KeyId::spelled(&key.name) {
            Some(known) => known.read(self, &key.name, node),
            None => {
                self.tell(unknown(key));
                None
            }
        }
    }

    /// The values that a node stands for.
    pub fn items(&mut self, node: &Node, shape: Shape) -> Option<Vec<Node>> {
        axis::values(node, shape).map_err(|problem| self.tell(problem)).ok()
    }

    /// Reads every value of an axis, telling of all that are wrong.
    pub fn each(
        &mut self,
        node: &Node,
        shape: Shape,
        mut read: impl FnMut(&mut Self, &Node) -> Option<Decision>,
    ) -> Option<Vec<Digit>> {
        let items = self.items(node, shape)?;
        let digits: Vec<Option<Digit>> = (items.iter())
            .map(|item| Some(Digit { decisions: vec![read(self, item)?], span: item.span.clone() }))
            .collect();
        Some(distinct(digits.into_iter().collect::<Option<Vec<_>>>()?.into_iter()))
    }

    /// One value of a key.
    pub fn setting<T: Field>(&mut self, node: &Node, name: &str, domain: Domain) -> Option<T> {
        let value = self.scalar(node)?;
        let read = T::read(&value, domain);
        read.map_err(|rejected| self.tell(Diagnostic::error(format!("`{name}` {rejected}"), &node.span))).ok()
    }

    /// One word of a key.
    pub fn text(&mut self, node: &Node, name: &str) -> Option<String> {
        self.setting(node, name, Domain::Any)
    }

    /// Tells that a value of a declared setting is wrong.
    pub fn reject(&mut self, param: &Param, rejected: &Rejected, node: &Node) {
        self.tell(Diagnostic::error(format!("`{}` {rejected}", param.name), &node.span).help(param.doc));
    }

    /// A scalar, or a list of scalars.
    pub fn scalar(&mut self, node: &Node) -> Option<Value> {
        let value = node.value();
        if value.is_none() {
            let why = match &node.content {
                Content::Unusable(why) => why.clone(),
                other => format!("the value must be a single one, found {}", other.type_name()),
            };
            self.tell(Diagnostic::error(why, &node.span));
        }
        value
    }
}

/// Digits without repetition, in order.
pub(super) fn distinct(digits: impl Iterator<Item = Digit>) -> Vec<Digit> {
    let mut seen = HashSet::new();
    digits.filter(|digit| seen.insert(format!("{:?}", digit.decisions))).collect()
}

/// An unknown key of a grid, with the nearest known one, or the choice that it is a setting of.
pub(super) fn unknown(key: &Key) -> Diagnostic {
    let error = Diagnostic::error(format!("unknown key `{}`", key.name), &key.span);
    let family = KeyId::of_name(&key.name);
    if let Some((family, kind)) = family.and_then(|family| Some((family.name(), family.owner(&key.name)?))) {
        let form = format!("{family} = {{ name = \"{kind}\", {} = … }}", key.name);
        return error.label(format!("a setting of the {family} `{kind}`")).help(format!("write it there: {form}"));
    }
    let inner = family
        .and_then(|family| Some((family.name(), family.inner().into_iter().find(|(_, name)| *name == key.name)?)));
    if let Some((family, (setting, _))) = inner {
        return error
            .label(format!("a setting of `{family}`"))
            .help(format!("write it there: {family} = {{ {setting} = … }}"));
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
