//! Ctrl-C and `kill`: the first asks to stop, the second ends the process at once.

use std::sync::Arc;

use crate::engine::Stop;

/// The exit code of an interrupted process.
const INTERRUPTED: i32 = 130;

/// From now on SIGINT, SIGTERM and SIGHUP (on Windows Ctrl-C and the console's closing) set `stop`; if it is already
/// set, they end the process. Can be called once per process.
pub fn stop_on_signals(stop: Arc<Stop>) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(move || {
        if stop.is_set() {
            std::process::exit(INTERRUPTED);
        }
        stop.set();
    })
}
