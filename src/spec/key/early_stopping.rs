//! `early_stopping`: when training ends before its last epoch.

use super::Group;
use crate::protocol::EarlyStopping;

pub(super) static KEY: Group<EarlyStopping> = Group {
    name: "early_stopping",
    about: "when training ends before its last epoch: false, true, or a table",
    names: &["early_stopping_patience", "early_stopping_min_delta", "early_stopping_watch"],
    optional: true,
    described: |_, _| true,
    get: |run| run.early_stopping.as_ref(),
    set: |run, rule| run.early_stopping = rule,
};
