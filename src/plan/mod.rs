//! From an experiment to its runs: lazy expansion, descriptions, identity, selections.

mod description;
mod expansion;
mod ranks;
pub mod reproduce;
mod run;
mod select;
mod survivors;

pub use description::{Description, RunId};
pub use expansion::{Excess, Plan};
pub use ranks::Ranks;
pub use run::{Axis, Run};
pub use select::{Filter, Partition, Unreadable};
