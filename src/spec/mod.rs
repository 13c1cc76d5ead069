//! Experiment files and what they mean: every default filled in, every problem told with its place.

mod axis;
mod block;
mod check;
mod config;
mod expectation;
mod experiment;
mod file;
mod key;
mod overrides;
mod reader;
mod roles;
mod seeds;
mod settings;
mod tree;

pub use block::{Block, Pattern, same};
pub use config::statements;
pub use expectation::Expectation;
pub use experiment::Experiment;
pub use key::{
    Decision, Digit, Draft, Flag, Key, KeyId, Lib, RunConfig, Unreadable, describable, leading, speak_of_one,
};
pub use roles::Roles;
pub use seeds::{Replicate, Replicates, Seeds};
pub use settings::file_with_settings;
