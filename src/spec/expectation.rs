//! What results must be for a report to pass its check: `[[check]]`.

use crate::measure::Metric;
use crate::param::Value;

/// Bounds of a metric's median over the seeds, at every grid point with these values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expectation {
    /// The metric; `None` for that of the report.
    pub metric: Option<Metric>,
    /// Keys with the values that a point may have; every point without any.
    pub wanted: Vec<(String, Vec<Value>)>,
    /// The least that the median may be.
    pub at_least: Option<f64>,
    /// The most.
    pub at_most: Option<f64>,
}
