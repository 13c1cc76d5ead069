//! From an experiment to its runs: lazy expansion, descriptions, identity, partitions.

mod description;

pub use description::{Description, LEADING, RunId};
