//! The measures on the rows of a split at the end of an epoch, with the weights as they are then: the loss is the plain one,
//! as at the end.

use std::sync::LazyLock;

use super::Series;
use crate::measure::{Metric, Split};

/// A series for every metric, by the metric's name.
pub(super) static EVALUATED: LazyLock<Vec<Series>> = LazyLock::new(|| {
    let series = |metric: Metric| {
        let split = if metric.split == Split::Train { "training" } else { metric.split.name() };
        Series {
            name: metric.name(),
            label: format!("{split} {}", metric.measure.label).into(),
            split: metric.split,
            unit: metric.measure.unit,
            better: metric.measure.better,
            metric: Some(metric),
        }
    };
    Metric::all().map(series).collect()
});
