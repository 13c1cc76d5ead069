//! Beyond one machine: a sweep cut into tasks for an engine that hands out indices.

mod cost;
mod index;
mod script;
mod slice;
pub mod slurm;
mod submission;

pub use cost::cost;
pub use index::{Unknown, part};
pub use slice::{Dealer, Slice, Written};
pub use submission::{Broken, FOLDER, Progress, Request, Submission};
