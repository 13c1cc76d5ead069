//! Trainings whose best epoch may lie beyond the last.

use super::{Finding, Kind};
use crate::analysis::{Analysis, KEPT_EPOCH, RunConfig, STOPPED_EPOCH, Status};
use crate::protocol::Keep;

impl Analysis {
    pub(super) fn unfinished(&self) -> Option<Finding> {
        let mut epochs = 0;
        let mut of_value = |value: usize| {
            let met = self.met(value, |row| self.is_unfinished(row));
            let firsts = met.rows.iter().map(|(_, rows)| self.config(rows[0]).epochs);
            epochs = firsts.fold(epochs, usize::max);
            met.is_most().then(|| format!("{} of {} runs{}", met.count(), met.runs, self.met_in(&met)))
        };
        let found: Vec<String> = (0..self.values.len()).filter_map(&mut of_value).collect();
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Unfinished,
            warning: true,
            text: format!(
                "The last epoch came before the end that the validation samples set, or was the best: {}. More epochs may be better.",
                found.join(", ")
            ),
            edit: Some(format!("epochs = {}", 2 * epochs)),
        })
    }

    /// Whether a run that ends early, or keeps its best epoch, was still becoming better at its last; `None` of others.
    fn is_unfinished(&self, row: usize) -> Option<bool> {
        let config = self.config(row);
        let outcome = self.rows[row].outcome.as_ref().filter(|outcome| outcome.status() == Status::Done)?;
        let kept = outcome.measure(KEPT_EPOCH).map(|epoch| epoch as usize);
        ends_by_itself(&config).then(|| match config.early_stopping.is_some() {
            true => outcome.measure(STOPPED_EPOCH).is_none(),
            false => kept == Some(config.epochs),
        })
    }

    /// Whether a run ends early or keeps its best epoch.
    pub(super) fn ends_by_itself(&self, row: usize) -> bool {
        ends_by_itself(&self.config(row))
    }
}

fn ends_by_itself(config: &RunConfig) -> bool {
    config.early_stopping.is_some() || config.keep == Keep::Best
}
