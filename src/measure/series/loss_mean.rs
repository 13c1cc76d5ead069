//! The mean over the losses of an epoch's batches, each before its update.

use std::borrow::Cow;

use super::Series;
use crate::measure::{Better, Split, Unit};

/// The mean over the losses of an epoch's batches, each before its update.
pub static LOSS_MEAN: Series = Series {
    name: "loss_mean",
    label: Cow::Borrowed("mean loss"),
    split: Split::Train,
    unit: Unit::Loss,
    better: Better::Lower,
    metric: None,
};
