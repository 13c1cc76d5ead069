//! Tells the release binary its git commit, and compiles the GPU's kernels for a build with the feature `cuda`.
//!
//! A development build knows no commit, so that it is not rebuilt at every one.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the kernels are.
const KERNELS: &str = "src/engine/fused/kernel";

/// Architectures to compile for: T4 and RTX 20; A100; RTX 30, 40 and 50; H100 and H200; B200. Others compile the PTX, which
/// every GPU from Turing on takes, at their first use.
const ARCHITECTURES: [&str; 7] = ["75", "80", "86", "89", "90", "100", "120"];
const OLDEST: &str = "75";

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// `nvcc` as `NVCC` or `CUDA_HOME` names it, or as the shell finds it.
fn nvcc() -> PathBuf {
    for variable in ["NVCC", "CUDA_HOME", "CUDA_PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    let within = |variable| std::env::var_os(variable).map(|home| Path::new(&home).join("bin").join("nvcc"));
    let named = std::env::var_os("NVCC").map(PathBuf::from);
    named.or_else(|| within("CUDA_HOME")).or_else(|| within("CUDA_PATH")).unwrap_or_else(|| "nvcc".into())
}

/// Compiles the kernels. No contraction, no flushing to zero, no approximate division: the bits are the CPU's. Tests find them
/// by the variable `TALLOW_KERNELS`.
fn compile_kernels() {
    println!("cargo::rerun-if-changed={KERNELS}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo names it")).join("train.fatbin");
    println!("cargo::rustc-env=TALLOW_KERNELS={}", out.display());
    let mut command = Command::new(nvcc());
    // Flags that everyone's compilations here are to have, as --use_fast_math, would change the bits.
    command.env_remove("NVCC_PREPEND_FLAGS").env_remove("NVCC_APPEND_FLAGS");
    command.args(["-std=c++17", "-O3", "-fmad=false", "-ftz=false", "-prec-div=true", "-prec-sqrt=true", "-fatbin"]);
    for architecture in ARCHITECTURES {
        command.arg(format!("-gencode=arch=compute_{architecture},code=sm_{architecture}"));
    }
    command.arg(format!("-gencode=arch=compute_{OLDEST},code=compute_{OLDEST}"));
    command.args(["--threads", "0"]).arg(Path::new(KERNELS).join("train.cu")).arg("-o").arg(out);
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("nvcc could not compile {KERNELS}/train.cu: {status}"),
        Err(error) => panic!("the feature `cuda` needs nvcc, which could not be run: {error}"),
    }
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_CUDA").is_some() {
        compile_kernels();
    }
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
