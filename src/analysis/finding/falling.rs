//! Losses that still fall at the end.

use super::{Finding, Kind};
use crate::analysis::series::LOSS_MEAN;
use crate::analysis::{Analysis, Status};
use crate::stats;
use crate::text;

/// A fall of the loss by more than this share over the last tenth of the epochs is worth more epochs.
const FALLING: f64 = 0.1;

impl Analysis {
    pub(super) fn falling(&self) -> Option<Finding> {
        let mut epochs = 0;
        let mut of_value = |value: usize| {
            let (mut falls, mut facets) = (Vec::new(), Vec::new());
            for (facet, choice) in self.chosen(value) {
                // Where the judged samples gain nothing from it, more training is no advice.
                let stuck = choice.rows.iter().filter(|&&row| self.is_no_better_than_constant(row)).count();
                if 2 * stuck > choice.rows.len() {
                    continue;
                }
                // What chooses an epoch on other samples says itself when there were too few.
                let rows =
                    choice.rows.iter().copied().filter(|&row| !self.ends_by_itself(row) && !self.is_overfit(row));
                let fall = rows.filter_map(|row| {
                    let outcome = self.rows[row].outcome.as_ref().filter(|outcome| outcome.status() == Status::Done)?;
                    let losses = outcome.series(&LOSS_MEAN);
                    let before = *losses.get((losses.len() * 9 / 10).checked_sub(1)?)?;
                    Some(1.0 - f64::from(*losses.last()?) / f64::from(before))
                });
                let fall = stats::median(&fall.filter(|fall| fall.is_finite()).collect::<Vec<_>>());
                if fall > FALLING {
                    falls.push(fall);
                    facets.push(facet);
                    epochs = epochs.max(self.config(self.cells[choice.cell].rows[0]).epochs);
                }
            }
            let share = text::short((100.0 * stats::median(&falls)).round());
            (!falls.is_empty()).then(|| format!("{share} %{}{}", self.of(value), self.places(&facets)))
        };
        let found: Vec<String> = (0..self.values.len()).filter_map(&mut of_value).collect();
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Falling,
            warning: false,
            text: format!("The loss still falls over the last tenth of the epochs: by {}.", found.join(", ")),
            edit: Some(format!("epochs = {}", 2 * epochs)),
        })
    }
}
