//! What is kept of a run.

use std::time::SystemTime;

use crate::dataset::Origin;
use crate::engine::Outcome;
use crate::plan::{Description, RunId};

/// A trained run: its description, its outcome, and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The identity of `description`, under the numerics it was made by.
    pub id: RunId,
    /// What was trained.
    pub description: Description,
    /// What it yielded.
    pub outcome: Outcome,
    /// How it came about.
    pub provenance: Provenance,
}

impl Record {
    /// Whether the identity is that of the description, under the version of the numerics that it was made by.
    pub(super) fn is_its_own(&self) -> bool {
        self.description.id_under(self.provenance.numerics) == self.id
    }
}

/// How a run came about: told by `tallow show`, never part of an identity or of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct Provenance {
    /// tallow's version.
    pub version: String,
    /// The git commit tallow was built from, if known.
    pub commit: Option<String>,
    /// The version of the numerics contract.
    pub numerics: u32,
    /// `cpu`, `cuda:0`.
    pub device: String,
    /// The processor's name.
    pub host_cpu: String,
    /// Where the data lay and what they were called, if they are a file of the user's.
    pub source: Option<Origin>,
    /// When training began; kept to the millisecond.
    pub started: SystemTime,
    /// How long it took.
    pub seconds: f64,
}

/// A run that could not be trained: kept to be told, never taken for done.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed {
    /// The identity of `description`.
    pub id: RunId,
    /// What was to be trained.
    pub description: Description,
    /// Why it was not.
    pub message: String,
    /// When; kept to the millisecond.
    pub at: SystemTime,
}
