//! The `tallow` binary.

fn main() -> std::process::ExitCode {
    tallow::cli::main()
}
