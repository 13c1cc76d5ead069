//! A grid: a product of axes over what is the same for all its points, and the patterns that drop some of them.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Assignment, Draft, Part};
use super::keys::Digit;
use crate::diag::Span;
use crate::param::Value;

/// Most points of a grid that are walked to check what only combinations show.
const MOST_CHECKED: usize = 1_000_000;

/// A product of axes. Axes varied together are one axis whose digits decide several parts.
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
    parts: &'a [Part],
    common: &'a BTreeMap<Part, Span>,
}

impl Point<'_> {
    /// Where a part was decided; else where any part of the point was; else the block.
    pub fn span(&self, part: Part) -> &Span {
        let place = |part: Part| {
            let own = self.digits.iter().find(|digit| digit.assignments.iter().any(|a| a.part() == part));
            own.map(|digit| &digit.span).or_else(|| self.common.get(&part))
        };
        place(part).or_else(|| self.parts.iter().find_map(|&part| place(part))).unwrap_or(&self.block.span)
    }

    /// Whether the file decides a part of this point.
    pub fn is_decided(&self, part: Part) -> bool {
        self.common.contains_key(&part) || self.digits.iter().any(|d| d.assignments.iter().any(|a| a.part() == part))
    }
}

impl Block {
    /// The number of points before any is dropped; `None` beyond 64 bits.
    pub fn points(&self) -> Option<u64> {
        self.axes.iter().try_fold(1u64, |product, axis| product.checked_mul(axis.len() as u64))
    }

    /// Whether an axis decides a part, and which.
    pub fn axis_of(&self, part: Part) -> Option<usize> {
        self.axes.iter().position(|axis| axis.iter().any(|d| d.assignments.iter().any(|a| a.part() == part)))
    }

    /// The draft of a point, one digit of each axis.
    pub fn draft(&self, digits: &[usize]) -> Draft {
        let mut draft = self.base.clone();
        for (axis, &digit) in self.axes.iter().zip(digits) {
            axis[digit].assignments.iter().for_each(|assignment| draft.apply(assignment));
        }
        draft
    }

    /// Every assignment of a part that occurs in the block; none for a dataset that is never named.
    pub fn values(&self, part: Part) -> Vec<Assignment> {
        let of_axes = self.axes.iter().flatten().flat_map(|digit| &digit.assignments);
        let mut values: Vec<Assignment> = of_axes.filter(|assignment| assignment.part() == part).cloned().collect();
        // An axis whose values leave the part alone in some digits leaves the common value in play.
        let always = self
            .axis_of(part)
            .is_some_and(|axis| self.axes[axis].iter().all(|digit| digit.assignments.iter().any(|a| a.part() == part)));
        if !always {
            values.extend(self.base.decided(part));
        }
        values
    }

    /// The points of the axes that decide any of the parts, all else as common to the block.
    pub(super) fn sub_grid<'a>(
        &'a self,
        parts: &'a [Part],
        common: &'a BTreeMap<Part, Span>,
    ) -> impl Iterator<Item = Point<'a>> {
        let touches = |axis: &&Vec<Digit>| {
            axis.iter().any(|digit| digit.assignments.iter().any(|assignment| parts.contains(&assignment.part())))
        };
        let axes: Vec<&Vec<Digit>> = self.axes.iter().filter(touches).collect();
        let count: usize = axes.iter().map(|axis| axis.len()).product();
        (0..count.min(MOST_CHECKED)).map(move |mut index| {
            let mut draft = self.base.clone();
            let mut digits = Vec::new();
            for axis in axes.iter().rev() {
                let digit = &axis[index % axis.len()];
                index /= axis.len();
                digit.assignments.iter().for_each(|assignment| draft.apply(assignment));
                digits.push(digit);
            }
            Point { draft, digits, block: self, parts, common }
        })
    }
}

/// What an exclusion drops: the points that have, for every key, one of its values.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Keys with the part that decides them and the values that match.
    pub wanted: Vec<(Part, String, Vec<Value>)>,
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

    /// Whether an assignment has a value that some key of the pattern does not want. Keys that another part decides have
    /// no say; a setting that the choice lacks is not wanted.
    pub fn rejects(&self, assignment: &Assignment) -> bool {
        let part = assignment.part();
        let values = assignment.values();
        self.wanted.iter().filter(|(owner, ..)| *owner == part).any(|(_, key, wanted)| {
            let own = values.iter().find(|(name, _)| name == key);
            !own.is_some_and(|(_, value)| wanted.iter().any(|wanted| same(wanted, value)))
        })
    }

    /// Whether some point of a block could match.
    pub fn may_match(&self, block: &Block) -> bool {
        let parts: BTreeSet<Part> = self.wanted.iter().map(|(part, ..)| *part).collect();
        parts.into_iter().all(|part| block.values(part).iter().any(|assignment| !self.rejects(assignment)))
    }
}

/// Equal as a reader sees it: numbers by value, all else exactly.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => match (a, b) {
            (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
            _ => a == b,
        },
    }
}
