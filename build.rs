//! Tells the release binary its git commit. A development build knows none, so that it is not rebuilt at every commit.

use std::process::Command;

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    // A packaged crate may lie in someone else's repository.
    if !release || !std::path::Path::new(".git").exists() {
        return;
    }
    for path in ["HEAD", "logs/HEAD"] {
        // A path that does not exist would have cargo build every time.
        if let Some(path) = git(&["rev-parse", "--git-path", path]).filter(|path| std::path::Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    println!("cargo::rerun-if-changed=src");
    if let Some(commit) = git(&["describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]) {
        println!("cargo::rustc-env=TALLOW_COMMIT={commit}");
    }
}
