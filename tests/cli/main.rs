//! The commands as one types them: what they print, what they leave behind and what they survive.

#[path = "../support/command.rs"]
mod command;
#[path = "../support/mod.rs"]
mod support;

mod browser;
mod checks;
mod commands;
mod designs;
mod durability;
mod faults;
mod findings;
mod gate;
mod machines;
mod memory;
mod networks;
mod older;
mod order;
mod partition;
mod readers;
mod slurm;
mod submit;
mod switch;
mod tables;
