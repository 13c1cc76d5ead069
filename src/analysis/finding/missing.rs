//! Runs without an outcome.

use super::{Finding, Kind};
use crate::analysis::Analysis;
use crate::text;

impl Analysis {
    pub(super) fn missing(&self) -> Option<Finding> {
        let missing = self.rows.iter().filter(|row| row.outcome.is_none()).count();
        (missing > 0).then(|| Finding {
            kind: Kind::Missing,
            warning: true,
            text: format!("{missing} of {} have no outcome; sweep again.", text::count(self.rows.len(), "run")),
            edit: None,
        })
    }
}
