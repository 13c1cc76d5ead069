//! Who holds the right to write to a store, as its lock file and messages say it.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::row;

/// Who writes to a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process's number.
    pub pid: u32,
    /// The machine it runs on.
    pub host: String,
    /// What it does, e.g. `sweep xor`.
    pub purpose: String,
    /// Since when, in milliseconds after 1970.
    pub since: i64,
}

/// `sweep xor (process 17 on atlas, for 3 min)`
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, host, purpose, since } = self;
        let minutes = row::milliseconds(SystemTime::now()).saturating_sub(*since).max(0) / 60_000;
        match self.pid {
            0 => f.write_str("another process"),
            _ => write!(f, "`{purpose}` (process {pid} on {host}, for {minutes} min)"),
        }
    }
}
