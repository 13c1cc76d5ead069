//! What a report asks of an experiment: which keys are compared, tuned and told apart, and by which metric.

use super::Expectation;
use crate::measure::Metric;

/// The `[report]` table. Empty lists and `None` are resolved when the runs are analysed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roles {
    /// The question: keys whose values are set against each other.
    pub compare: Vec<String>,
    /// Keys whose best setting is chosen for each compared value.
    pub tune: Vec<String>,
    /// Keys whose values are reported apart.
    pub facet: Vec<String>,
    /// The training loss to reach, for epochs to target.
    pub target: Option<f64>,
    /// The difference that does not matter: relative for losses, absolute for shares.
    pub margin: Option<f64>,
    /// What runs are judged by.
    pub metric: Option<Metric>,
    /// What results must be: the file's `[[check]]`s.
    pub expectations: Vec<Expectation>,
}
