//! Classifiers that always answer the largest class, or do no better.

use super::{Finding, Kind};
use crate::analysis::{Analysis, Measure, Reading, Task};
use crate::stats;
use crate::text;

/// A class is large if its share is so many times that of classes of one size.
const LARGE: f64 = 1.5;

impl Analysis {
    pub(super) fn majority(&self) -> Option<Finding> {
        let accuracy = self.accuracy();
        let mut shares: Vec<f64> = Vec::new();
        let is_majority = |row: usize| {
            let (Some(constant), Reading::Value(reached)) = (self.constants[row], self.read(row, accuracy)) else {
                return Some(false);
            };
            // Of classes of much the same size, no better than a constant says it all.
            let is_large = constant.accuracy > LARGE / self.classes(row) as f64;
            let told = self.metric == accuracy || self.is_no_better_than_constant(row);
            Some(reached <= constant.accuracy && (is_large || !told))
        };
        let mut of_value = |value: usize| {
            let met = self.met(value, is_majority);
            let firsts = met.rows.iter().filter_map(|(_, rows)| self.constants[rows[0]]);
            shares.extend(firsts.map(|constant| constant.accuracy));
            met.is_most().then(|| format!("{} of {}{}", met.count(), met.runs, self.met_in(&met)))
        };
        let found: Vec<String> = (0..self.values.len()).filter_map(&mut of_value).collect();
        let (least, most) = (stats::min(&shares), stats::max(&shares));
        let range = match least == most {
            true => text::short(100.0 * most),
            false => format!("{} to {}", text::short(100.0 * least), text::short(100.0 * most)),
        };
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Majority,
            warning: true,
            text: format!(
                "Runs whose {} is no higher than that of always answering the largest class ({range} %): {}.",
                accuracy.label(),
                found.join(", ")
            ),
            edit: Some(format!(
                "class_weight = \"balanced\"\n[report]\nmetric = \"{}\"",
                self.metric.with(Measure::BalancedAccuracy).name()
            )),
        })
    }

    fn classes(&self, row: usize) -> usize {
        match self.config(row).dataset.shape().task {
            Task::Multiclass { classes } => classes,
            _ => 2,
        }
    }
}
