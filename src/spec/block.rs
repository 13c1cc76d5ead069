//! A grid: a product of axes over what is the same for all its points, and the patterns that drop some of them.

use std::collections::{BTreeMap, BTreeSet};

use super::key::{Decision, Digit, Draft, KeyId, RunConfig};
use crate::diag::Span;
use crate::measure::Measure;
use crate::param::Value;

/// Most points of a grid that are walked to check what only combinations show.
const MOST_CHECKED: usize = 1_000_000;

/// A product of axes. Axes varied together are one axis whose digits decide several keys.
#[derive(Clone, Debug)]
pub struct Block {
    /// What all points have in common.
    pub base: Draft,
    /// The axes in file order, each with its values in file order; the last turns fastest.
    pub axes: Vec<Vec<Digit>>,
    /// The keys as the file gives them, in order.
    pub keys: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// A point of some axes of a block.
pub(super) struct Point<'a> {
    pub draft: Draft,
    digits: Vec<&'a Digit>,
    block: &'a Block,
    keys: &'a [KeyId],
    common: &'a BTreeMap<KeyId, Span>,
}

impl Point<'_> {
    /// Where a key was decided; else where any key of the point was; else the block.
    pub fn span(&self, key: KeyId) -> &Span {
        let place = |key: KeyId| {
            let own = self.digits.iter().find(|digit| digit.of(key).is_some());
            own.map(|digit| &digit.span).or_else(|| self.common.get(&key))
        };
        place(key).or_else(|| self.keys.iter().find_map(|&key| place(key))).unwrap_or(&self.block.span)
    }

    /// Whether the file decides a key of this point.
    pub fn is_decided(&self, key: KeyId) -> bool {
        self.common.contains_key(&key) || self.digits.iter().any(|digit| digit.of(key).is_some())
    }
}

impl Block {
    /// Adds to datasets that are files of the user's what holds for files where nothing is said.
    pub(super) fn complete_for_files(&mut self) {
        let dataset = KeyId::of_name("dataset").expect("a declared key");
        let unsaid = |key: &KeyId| self.base.said(*key).is_none() && self.axis_of(*key).is_none();
        let defaults: Vec<Decision> = KeyId::all().filter(unsaid).filter_map(|key| key.default_for_files()).collect();
        let is_file = |decision: &Decision| decision.makes(|run| run.dataset.is_file());
        match self.axis_of(dataset) {
            Some(axis) => {
                for digit in self.axes[axis].iter_mut().filter(|digit| digit.of(dataset).is_some_and(is_file)) {
                    digit.decisions.extend(defaults.iter().cloned());
                }
            }
            None if self.base.said(dataset).is_some_and(is_file) => {
                defaults.iter().for_each(|decision| self.base.apply(decision));
            }
            None => {}
        }
    }

    /// Has every point measure this too.
    pub(super) fn measure(&mut self, measure: Measure) {
        let key = KeyId::of_name("evaluate_every").expect("a declared key");
        let more = move |run: &mut RunConfig| run.evaluate.measures.add(measure);
        let common = self.base.decided(key).expect("what is evaluated has a default").then(more);
        self.base.apply(&common);
        for decision in self.axes.iter_mut().flatten().flat_map(|digit| &mut digit.decisions) {
            if decision.key() == key {
                *decision = decision.then(more);
            }
        }
    }

    /// The number of points before any is dropped; `None` beyond 64 bits.
    pub fn points(&self) -> Option<u64> {
        self.axes.iter().try_fold(1u64, |product, axis| product.checked_mul(axis.len() as u64))
    }

    /// Whether an axis decides a key, and which.
    pub fn axis_of(&self, key: KeyId) -> Option<usize> {
        self.axes.iter().position(|axis| axis.iter().any(|digit| digit.of(key).is_some()))
    }

    /// The draft of a point, one digit of each axis.
    pub fn draft(&self, digits: &[usize]) -> Draft {
        let mut draft = self.base.clone();
        for (axis, &digit) in self.axes.iter().zip(digits) {
            axis[digit].decisions.iter().for_each(|decision| draft.apply(decision));
        }
        draft
    }

    /// Every decision of a key that occurs in the block; none for a dataset that is never named.
    pub fn values(&self, key: KeyId) -> Vec<Decision> {
        let mut values: Vec<Decision> = self.axes.iter().flatten().filter_map(|digit| digit.of(key)).cloned().collect();
        // An axis whose values leave the key alone in some digits leaves the common value in play.
        let always = self.axis_of(key).is_some_and(|axis| self.axes[axis].iter().all(|digit| digit.of(key).is_some()));
        if !always {
            values.extend(self.base.decided(key));
        }
        values
    }

    /// The points of the axes that decide any of the keys, all else as common to the block.
    pub(super) fn sub_grid<'a>(
        &'a self,
        keys: &'a [KeyId],
        common: &'a BTreeMap<KeyId, Span>,
    ) -> impl Iterator<Item = Point<'a>> {
        let touches = |axis: &&Vec<Digit>| axis.iter().any(|digit| keys.iter().any(|&key| digit.of(key).is_some()));
        let axes: Vec<&Vec<Digit>> = self.axes.iter().filter(touches).collect();
        let count: usize = axes.iter().map(|axis| axis.len()).product();
        (0..count.min(MOST_CHECKED)).map(move |mut index| {
            let mut draft = self.base.clone();
            let mut digits = Vec::new();
            for axis in axes.iter().rev() {
                let digit = &axis[index % axis.len()];
                index /= axis.len();
                digit.decisions.iter().for_each(|decision| draft.apply(decision));
                digits.push(digit);
            }
            Point { draft, digits, block: self, keys, common }
        })
    }
}

/// What an exclusion drops: the points that have, for every key, one of its values.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Names with the key that decides them and the values that match.
    pub wanted: Vec<(KeyId, String, Vec<Value>)>,
    /// Where it stands.
    pub span: Span,
}

impl Pattern {
    /// The values a key may have: a list is any of its items, and a flat list of widths is one layout.
    pub fn values(key: &str, value: Option<Value>) -> Option<Vec<Value>> {
        Some(match value? {
            Value::List(items) if key == "hidden" && !items.iter().any(|item| matches!(item, Value::List(_))) => {
                vec![Value::List(items)]
            }
            Value::List(items) => items,
            value => vec![value],
        })
    }

    /// Whether a decision gives a value that the pattern does not want. Names that another key decides have no say; a
    /// setting that the choice lacks is not wanted.
    pub fn rejects(&self, decision: &Decision) -> bool {
        self.wanted.iter().filter(|(key, ..)| *key == decision.key()).any(|(_, name, wanted)| {
            let own = decision.values().iter().find(|(known, _)| known == name);
            !own.is_some_and(|(_, value)| wanted.iter().any(|wanted| same(wanted, value)))
        })
    }

    /// Whether some point of a block could match.
    pub fn may_match(&self, block: &Block) -> bool {
        let keys: BTreeSet<KeyId> = self.wanted.iter().map(|(key, ..)| *key).collect();
        keys.into_iter().all(|key| block.values(key).iter().any(|decision| !self.rejects(decision)))
    }
}

/// Equal as a reader sees it: numbers by value, all else exactly.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(whole), Value::Float(number)) | (Value::Float(number), Value::Int(whole)) => {
            // Many whole numbers beyond 2^53 come out as one float; the one that it is comes back from it.
            *whole as f64 == *number && *number as i128 == i128::from(*whole)
        }
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => a == b,
    }
}
