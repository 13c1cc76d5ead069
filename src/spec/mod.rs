//! Experiment files and what they mean.

mod config;
mod roles;

pub use config::{Lib, RunConfig};
pub use roles::{Metric, Roles};
