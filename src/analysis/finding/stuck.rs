//! Runs that end no better than the constant predictor.

use super::{Finding, Kind};
use crate::analysis::{Analysis, Reading, Split};
use crate::text;

impl Analysis {
    pub(super) fn stuck(&self) -> Option<Finding> {
        let is_stuck =
            |row: usize| (self.reading(row) != Reading::Missing).then(|| self.is_no_better_than_constant(row));
        let of_value = |value: usize| {
            let met = self.met(value, is_stuck);
            (met.count() > 0).then(|| format!("{} of {}{}", met.count(), met.runs, self.met_in(&met)))
        };
        let found: Vec<String> = (0..self.values.len()).filter_map(of_value).collect();
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Stuck,
            warning: true,
            text: format!(
                "Runs that end no better than the constant predictor{} at the chosen setting: {}.",
                if self.metric.split == Split::Test { " on the test samples" } else { "" },
                found.join(", ")
            ),
            edit: self.other_rates(),
        })
    }

    /// Learning rates to try where none is varied and runs have not even learned their training samples.
    fn other_rates(&self) -> Option<String> {
        if self.axes.iter().any(|axis| axis.key == "learning_rate") {
            return None;
        }
        let chosen = (0..self.values.len()).flat_map(|value| self.chosen(value));
        let mut rows = chosen.flat_map(|(_, choice)| choice.rows.iter().copied());
        let row = rows.find(|&row| self.is_no_better_than_constant(row) && !self.is_overfit(row))?;
        let rate = self.config(row).learning_rate;
        Some(format!(
            "learning_rate = [{}, {}, {}]",
            text::float(rate / 10.0),
            text::float(rate),
            text::float(10.0 * rate)
        ))
    }
}
