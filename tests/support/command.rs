//! The binary as one types it, and what it leaves behind.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// `tallow` with these arguments, parted by blanks, in a folder.
pub fn tallow(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tallow"));
    command.current_dir(folder).args(arguments.split(' '));
    command
}

/// The same, where no file may grow beyond some blocks of 512 or 1024 bytes, as the shell has it.
#[cfg(unix)]
pub fn limited(folder: &Path, blocks: u32, arguments: &str) -> Command {
    let mut command = Command::new("sh");
    let line = format!("ulimit -f {blocks} && exec \"$0\" \"$@\"");
    command.current_dir(folder).args(["-c", &line, env!("CARGO_BIN_EXE_tallow")]).args(arguments.split(' '));
    command
}

/// Exit code, stdout, stderr.
pub fn end(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Exit code, stdout, stderr of `tallow`.
pub fn told(folder: &Path, arguments: &str) -> (Option<i32>, String, String) {
    end(&mut tallow(folder, arguments))
}

/// What `tallow` prints on stdout; it must succeed.
pub fn said(folder: &Path, arguments: &str) -> String {
    let (code, stdout, stderr) = told(folder, arguments);
    assert_eq!(code, Some(0), "tallow {arguments}\n{stdout}{stderr}");
    stdout
}

/// The digest of a store's outcomes.
pub fn digest(folder: &Path, store: &str) -> String {
    let info = said(folder, &format!("store info --store {store}"));
    info.lines().find_map(|line| line.trim().strip_prefix("digest ")).expect("a digest").trim().to_owned()
}

/// Every file below a folder with its bytes.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).expect("reads"));
        }
    }
    found
}

/// Names of files that are in one folder only, or have other bytes.
pub fn differing(one: &Path, other: &Path) -> Vec<String> {
    let (one, other) = (files(one), files(other));
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}
