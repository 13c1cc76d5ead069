//! This very test program again, for a test that needs a process of its own.
#![allow(dead_code)]

use std::ffi::OsString;

/// The command line that runs one test of a module, `module_path!()` there, ignored as it may be. Its words follow those of
/// any emulator or shell.
pub fn words(module: &str, test: &str) -> Vec<OsString> {
    let name = match module.split_once("::") {
        Some((_, module)) => format!("{module}::{test}"),
        None => test.to_owned(),
    };
    let program = std::env::current_exe().expect("this program").into_os_string();
    let rest = ["--include-ignored", "--exact", "--nocapture", &name].map(OsString::from);
    std::iter::once(program).chain(rest).collect()
}

/// That command.
pub fn command(module: &str, test: &str) -> std::process::Command {
    let words = words(module, test);
    let mut command = std::process::Command::new(&words[0]);
    command.args(&words[1..]);
    command
}
