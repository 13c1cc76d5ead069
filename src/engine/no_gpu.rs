//! In place of a GPU in a build without the feature `cuda`: there is none, so nothing can be done with one.

use super::fused::cohort::Need;
use super::{DeviceError, Failure, Outcome, Stop};
use crate::dataset::Cache;
use crate::spec::RunConfig;

/// No GPU.
#[derive(Debug)]
pub(super) enum Gpu {}

impl Gpu {
    /// Refuses.
    pub fn open(_: usize) -> Result<&'static Self, DeviceError> {
        Err(DeviceError::NotBuilt)
    }

    pub fn index(&self) -> usize {
        match *self {}
    }

    pub fn free(&self) -> u64 {
        match *self {}
    }

    pub fn share(&self, _: &Need, _: usize) -> usize {
        match *self {}
    }

    pub fn train(&self, _: &[RunConfig], _: &Cache, _: &Stop) -> Vec<Result<Outcome, Failure>> {
        match *self {}
    }
}
