//! One planned run and one axis of a plan.

use super::{Description, RunId};
use crate::numerics;
use crate::param::Value;
use crate::spec::RunConfig;

/// A run to be trained, or trained already.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The hash of its description.
    pub id: RunId,
    /// What it is, in words and numbers.
    pub description: Description,
    /// What it is, resolved for an engine.
    pub config: RunConfig,
    /// The version of the numerics that the identity is of.
    pub numerics: u32,
}

impl Run {
    /// The run of a configuration.
    pub fn new(config: RunConfig) -> Self {
        let description = Description::of(&config);
        Self { id: description.id(), description, config, numerics: numerics::VERSION }
    }

    /// The same run as another version of the numerics computed it.
    pub fn under(self, version: u32) -> Self {
        Self { id: self.description.id_under(version), numerics: version, ..self }
    }
}

/// A key that varies in an experiment, other than the seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The key as the experiment file spells it.
    pub key: String,
    /// Its values in file order.
    pub values: Vec<Value>,
}
