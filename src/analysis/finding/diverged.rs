//! Runs that diverged.

use super::{Finding, Kind};
use crate::analysis::{Analysis, Value};
use crate::text;

impl Analysis {
    pub(super) fn diverged(&self, value: usize) -> Option<Finding> {
        let cells = || self.cells.iter().filter(move |cell| cell.value == value);
        let runs: usize = cells().map(|cell| cell.metric.n).sum();
        let diverged: usize = cells().map(|cell| cell.diverged).sum();
        if diverged == 0 {
            return None;
        }
        let chosen = self.groups.iter().filter(|group| group.value == value).filter_map(|group| group.tuned.as_ref());
        let chosen = chosen.filter(|choice| choice.judged.diverged > 0).count();
        let mut text = format!(
            "{}{diverged} of {} diverged ({} %)",
            self.subject(value),
            text::count(runs, "run"),
            text::short((100.0 * diverged as f64 / runs as f64).round()),
        );
        let mut edit = None;
        if let Some(axis) = self.sensitive_axis() {
            let levels = 0..self.axes[axis].values.len();
            let at = |level: usize| cells().filter(move |cell| cell.levels[axis] == Some(level));
            let lost = |&level: &usize| at(level).any(|cell| cell.diverged > 0);
            let all = |&level: &usize| {
                let n: usize = at(level).map(|cell| cell.metric.n).sum();
                n > 0 && n == at(level).map(|cell| cell.diverged).sum::<usize>()
            };
            let label = |level: usize| self.axes[axis].label(Some(level));
            let tried: Vec<usize> = levels.clone().filter(|&level| at(level).next().is_some()).collect();
            let lost: Vec<usize> = tried.iter().copied().filter(lost).collect();
            let key = &self.axes[axis].key;
            if lost.len() > 2 && lost.len() < tried.len() && tried.ends_with(&lost) {
                text += &format!(", at {key} {} and above", label(lost[0]));
            } else if lost.len() < tried.len() && !lost.is_empty() {
                text += &format!(", at {key} {}", lost.into_iter().map(label).collect::<Vec<_>>().join(", "));
            }
            edit = levels.clone().find(all).map(|level| self.exclusion(value, axis, level));
        }
        text += if chosen > 0 { ", at a chosen setting too." } else { "." };
        Some(Finding { kind: Kind::Diverged, warning: chosen > 0, text, edit })
    }

    fn exclusion(&self, value: usize, axis: usize, level: usize) -> String {
        // A number is written as a person would: `momentum = 0` is read as a float too.
        let toml = |value: &Value| match value {
            Value::Float(x) => crate::text::float(*x),
            other => other.toml(),
        };
        let mut lines = vec!["[[exclude]]".to_owned()];
        let of_value = self.roles.compare.iter().zip(&self.values[value].levels);
        for (&compared, level) in of_value.filter(|&(&compared, _)| compared != axis) {
            let Some(level) = *level else { continue };
            lines.push(format!("{} = {}", self.axes[compared].key, toml(&self.axes[compared].values[level])));
        }
        lines.push(format!("{} = {}", self.axes[axis].key, toml(&self.axes[axis].values[level])));
        lines.join("\n")
    }
}
