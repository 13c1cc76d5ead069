//! Experiment files and what they mean: every default filled in, every problem told with its place.

mod axis;
mod block;
mod check;
mod config;
mod draft;
mod experiment;
mod file;
mod keys;
mod overrides;
mod roles;
mod seeds;
mod tree;

pub use block::{Block, Pattern, same};
pub use config::{Lib, RunConfig};
pub use draft::{Assignment, Draft, Part};
pub use experiment::Experiment;
pub use keys::{Digit, describable, speak_of_one};
pub use roles::{Metric, Roles};
pub use seeds::Seeds;
