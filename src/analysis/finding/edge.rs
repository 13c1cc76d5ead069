//! The best value at the end of its axis.

use std::collections::BTreeSet;

use super::{Finding, Kind};
use crate::analysis::{Analysis, Choice, Edge, Group, Role, Value};
use crate::text;

impl Analysis {
    pub(super) fn at_edges(&self) -> Vec<Finding> {
        let tuned: Vec<(&Group, &Choice)> =
            self.groups.iter().filter_map(|group| Some((group, group.tuned.as_ref()?))).collect();
        let mut found: Vec<(Edge, usize)> = Vec::new();
        for (group, choice) in &tuned {
            found.extend(choice.edges.iter().map(|&edge| (edge, group.value)));
        }
        found.sort_by_key(|(edge, value)| (edge.axis, edge.upper, edge.level, *value));
        found.dedup();
        let facets = |&(edge, value): &(Edge, usize)| -> Vec<usize> {
            let has = |(group, choice): &&(&Group, &Choice)| group.value == value && choice.edges.contains(&edge);
            tuned.iter().filter(has).map(|(group, _)| group.facet).collect()
        };
        // Values that say the same say it together.
        let alike = |a: &(Edge, usize), b: &(Edge, usize)| a.0 == b.0 && self.widened(a) == self.widened(b);
        let places = |same: &[(Edge, usize)]| {
            let (first, all) = (facets(&same[0]), self.facets.len());
            match same.iter().map(|one| facets(one).len()).max() {
                Some(most) if all > 1 && same.iter().any(|one| facets(one) != first) => match most {
                    1 => format!(" (in one of {all} by {})", self.keys(Role::Facet)),
                    most => format!(" (in up to {most} of {all} by {})", self.keys(Role::Facet)),
                },
                _ => self.places(&first),
            }
        };
        let sentence = |same: &[(Edge, usize)]| {
            let edge = same[0].0;
            let axis = &self.axes[edge.axis];
            let (end, beyond) = if edge.upper { ("upper", "beyond") } else { ("lower", "below") };
            let level = axis.label(Some(edge.level));
            let of = match same.len() {
                1 => self.of(same[0].1),
                n if n == self.values.len() => " for every value compared".to_owned(),
                n => {
                    let labels: Vec<String> = same[1..].iter().map(|&(_, value)| self.named(value)).collect();
                    let others = match labels[..n - 2] {
                        [] => String::new(),
                        _ => format!(", {}", labels[..n - 2].join(", ")),
                    };
                    format!("{}{others} and {}", self.of(same[0].1), labels[n - 2])
                }
            };
            Finding {
                kind: Kind::Edge,
                warning: true,
                text: format!(
                    "The best {key}{of} is {level}, the {end} end of what was tried{places}: widen {key} {beyond} {level}.",
                    key = axis.key,
                    places = places(same),
                ),
                edit: self.widened(&same[0]),
            }
        };
        found.chunk_by(alike).map(sentence).collect()
    }

    /// What was tried of the axis for a value, with one more number beyond its end, at the distance of the last two.
    fn widened(&self, &(edge, value): &(Edge, usize)) -> Option<String> {
        let axis = &self.axes[edge.axis];
        let all = axis.numbers.as_ref()?;
        let tried: BTreeSet<usize> =
            self.cells.iter().filter(|cell| cell.value == value).filter_map(|cell| cell.levels[edge.axis]).collect();
        let mut numbers: Vec<f64> = tried.into_iter().map(|level| all[level]).collect();
        let (end, before) = match edge.upper {
            true => (*numbers.last()?, *numbers.get(numbers.len().checked_sub(2)?)?),
            false => (*numbers.first()?, *numbers.get(1)?),
        };
        let geometric = end > 0.0 && before > 0.0;
        let beyond = if geometric { end * (end / before) } else { end + (end - before) };
        let whole = axis.values.iter().all(|value| matches!(value, Value::Int(_)));
        let beyond = if whole { beyond.round() } else { format!("{beyond:.3e}").parse().unwrap_or(beyond) };
        if numbers.contains(&beyond) {
            return None;
        }
        numbers.insert(if edge.upper { numbers.len() } else { 0 }, beyond);
        let list: Vec<String> = numbers.iter().map(|&x| text::float(x)).collect();
        Some(format!("{} = [{}]", axis.key, list.join(", ")))
    }
}
