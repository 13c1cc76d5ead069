//! A report: tables, figures and pages as bytes in memory, a pure function of an analysis, then files.

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it goes, below the report's folder, with forward slashes: `plots/curves.svg`.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}
