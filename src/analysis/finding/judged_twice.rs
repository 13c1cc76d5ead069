//! Settings chosen by the rows that judge them.

use super::{Finding, Kind};
use crate::analysis::{Analysis, Split};

impl Analysis {
    pub(super) fn judged_twice(&self) -> Option<Finding> {
        let rows = self.metric.split.name();
        let edit = match self.metric.split {
            Split::Test => "validation = 0.2",
            _ => "test = 0.2",
        };
        self.is_judged_by_what_chose().then(|| Finding {
            kind: Kind::JudgedTwice,
            warning: true,
            text: format!(
                "The {rows} rows that judge the settings also chose them, which flatters: hold out other rows to {} by.",
                if self.metric.split == Split::Test { "choose" } else { "judge" }
            ),
            edit: Some(edit.into()),
        })
    }
}
