//! The `tallow` binary.

#[allow(unsafe_code)]
fn main() -> std::process::ExitCode {
    // SAFETY: this is the first thread, and has started no other.
    unsafe { tallow::engine::candle::keep_to_one_thread() };
    #[cfg(feature = "cuda")]
    // SAFETY: as above.
    unsafe {
        tallow::engine::open_all_queues();
    }
    outlive_limits();
    tallow::cli::main()
}

/// At a limit on file sizes (`ulimit -f`) the system would end the process. With a handler that does nothing the write
/// fails as on a full disk instead, and that is told.
fn outlive_limits() {
    #[cfg(unix)]
    // Without the handler the process ends at such a limit, as any other does.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
}
