//! From an experiment to its runs: lazy expansion, descriptions, identity, partitions.

mod canonical;
mod description;
mod run;

pub use description::{Description, LEADING, RunId};
pub use run::{Axis, Run};
