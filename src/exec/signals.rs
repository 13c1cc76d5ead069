//! Ctrl-C and `kill`: the first asks to stop, the second ends the process at once.

use std::io;
use std::sync::Arc;

use crate::engine::Stop;

/// The exit code of an interrupted process.
const INTERRUPTED: i32 = 130;

/// From now on SIGINT, SIGTERM and SIGHUP (on Windows Ctrl-C) set `stop`, and end the process if `stop` is already set. If
/// SIGHUP is ignored, as under `nohup`, it stays ignored.
///
/// # Errors
/// If the system refuses to watch the signals.
pub fn stop_on_signals(stop: Arc<Stop>) -> io::Result<()> {
    listen(move || {
        if stop.is_set() {
            std::process::exit(INTERRUPTED);
        }
        stop.set();
    })
}

#[cfg(unix)]
fn listen(mut on: impl FnMut() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let heard = [SIGINT, SIGTERM].into_iter().chain((!is_ignored(SIGHUP)).then_some(SIGHUP));
    let mut signals = signal_hook::iterator::Signals::new(heard)?;
    std::thread::Builder::new().name("signals".into()).spawn(move || signals.forever().for_each(|_| on()))?;
    Ok(())
}

/// Whether the process ignores a signal, as far as the system tells.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}

#[cfg(not(unix))]
fn listen(on: impl FnMut() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(on).map_err(io::Error::other)
}
