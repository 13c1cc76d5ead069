//! The binary as one types it, and what it leaves behind.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// What `tallow` hears from its surroundings; no test depends on those of the machine it runs on.
const HEARD: [&str; 11] = [
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "GITHUB_STEP_SUMMARY",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_ARRAY_TASK_MIN",
    "SLURM_ARRAY_TASK_MAX",
    "SLURM_ARRAY_TASK_COUNT",
    "SLURM_ARRAY_TASK_STEP",
    "JOB_COMPLETION_INDEX",
    "JOB_COMPLETIONS",
    "HQ_TASK_ID",
];

/// What was told, without the names in its lists of what is known: a new kind or key is no change of what is wrong.
pub fn without_lists(told: &str) -> String {
    let cut = |line: &str| {
        let lists = ["help: known: ", "help: known keys: "];
        let end = lists.iter().find_map(|list| Some(line.find(list)? + list.len()));
        end.map_or_else(|| format!("{line}\n"), |end| format!("{}…\n", &line[..end]))
    };
    told.lines().map(cut).collect()
}

/// The program under test: `TALLOW` names another one than was built with these tests.
pub fn program() -> OsString {
    std::env::var_os("TALLOW").unwrap_or_else(|| env!("CARGO_BIN_EXE_tallow").into())
}

/// `tallow` with these arguments, parted by blanks, in a folder.
pub fn tallow(folder: &Path, arguments: &str) -> Command {
    tallow_under(&[], folder, arguments)
}

/// The same as the last words of another command: an emulator's, a limit's.
pub fn tallow_under(outer: &[&str], folder: &Path, arguments: &str) -> Command {
    let mut words = outer.iter().map(OsString::from).chain([program()]);
    let mut command = Command::new(words.next().expect("at least the program"));
    command.args(words).args(arguments.split(' ').filter(|word| !word.is_empty())).current_dir(folder);
    HEARD.iter().for_each(|name| _ = command.env_remove(name));
    command
}

/// The same, where no file may grow beyond some blocks of 512 or 1024 bytes, as the shell has it.
#[cfg(unix)]
pub fn limited(folder: &Path, blocks: u32, arguments: &str) -> Command {
    let line = format!("ulimit -f {blocks} && exec \"$0\" \"$@\"");
    tallow_under(&["sh", "-c", &line], folder, arguments)
}

/// Exit code, stdout, stderr.
pub fn end(command: &mut Command) -> (Option<i32>, String, String) {
    let output = command.output().expect("starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// What a command prints on stdout; it must end with this code.
pub fn ended(code: i32, command: &mut Command) -> String {
    let (ended, stdout, stderr) = end(command);
    assert_eq!(ended, Some(code), "{command:?}\n{stdout}{stderr}");
    stdout
}

/// Exit code, stdout, stderr of `tallow`.
pub fn told(folder: &Path, arguments: &str) -> (Option<i32>, String, String) {
    end(&mut tallow(folder, arguments))
}

/// What `tallow` prints on stdout; it must succeed.
pub fn said(folder: &Path, arguments: &str) -> String {
    ended(0, &mut tallow(folder, arguments))
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
