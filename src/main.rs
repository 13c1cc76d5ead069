//! The `tallow` binary.

/// Sent at a limit on file sizes (`ulimit -f`). Ignored, the write fails as on a full disk, and that is told.
#[cfg(any(target_os = "linux", target_os = "macos"))]
const SIGXFSZ: i32 = 25;

#[cfg(any(target_os = "linux", target_os = "macos"))]
const SIG_IGN: usize = 1;

#[cfg(any(target_os = "linux", target_os = "macos"))]
#[allow(unsafe_code)]
unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
}

#[allow(unsafe_code)]
fn main() -> std::process::ExitCode {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    // SAFETY: `signal` is the C library's, to ignore a signal is no handler that runs.
    unsafe {
        signal(SIGXFSZ, SIG_IGN);
    }
    // SAFETY: this is the first thread, and has started no other.
    unsafe { tallow::engine::candle::keep_to_one_thread() };
    #[cfg(feature = "cuda")]
    // SAFETY: as above.
    unsafe {
        tallow::engine::open_all_queues();
    }
    tallow::cli::main()
}
