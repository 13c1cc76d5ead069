//! The runner and the store: every run is trained once and kept, whatever ends, kills or damages them.

#[path = "../support/again.rs"]
mod again;
#[path = "../support/mod.rs"]
mod support;

mod damage;
mod exec;
mod hostile;
mod kill;
mod search;
mod signals;
mod store;
