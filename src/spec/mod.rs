//! Experiment files and what they mean.

mod config;

pub use config::{Lib, RunConfig};
