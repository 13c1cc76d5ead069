//! The `tallow` binary.

#[allow(unsafe_code)]
fn main() -> std::process::ExitCode {
    // SAFETY: this is the first thread, and has started no other.
    unsafe { tallow::engine::candle::keep_to_one_thread() };
    tallow::cli::main()
}
