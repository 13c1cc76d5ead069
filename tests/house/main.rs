//! What the house promises in words: experiment files, statistics, the pages that show commands, its own layers.

#[path = "../support/command.rs"]
mod command;

mod folds;
mod layers;
mod page;
mod readme;
mod spec;
mod statistics;
