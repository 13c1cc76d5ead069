//! The loss of an epoch's last batch, before its update: the tutorial's figure.

use std::borrow::Cow;

use super::Series;
use crate::measure::{Better, Split, Unit};

/// The loss of an epoch's last batch, before its update.
pub static LOSS_LAST: Series = Series {
    name: "loss_last",
    label: Cow::Borrowed("last loss"),
    split: Split::Train,
    unit: Unit::Loss,
    better: Better::Lower,
    metric: None,
};
