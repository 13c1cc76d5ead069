//! What trains: version, commit, processor, device. It never enters an identity or a report.

use std::sync::LazyLock;
use std::time::SystemTime;

use crate::engine::Device;
use crate::store::Provenance;

/// The git commit this was built from, with a `+` if files had been changed; unknown outside a repository and in
/// development builds, which would be rebuilt at every commit.
pub(super) const COMMIT: Option<&str> = option_env!("TALLOW_COMMIT");

/// `0.1.0 (commit 0123abc, numerics 1)`
pub(super) fn version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let commit = COMMIT.map(|commit| format!("commit {commit}, ")).unwrap_or_default();
        format!("{} ({commit}numerics {})", env!("CARGO_PKG_VERSION"), crate::numerics::VERSION)
    });
    &TEXT
}

/// The provenance of runs trained here from now on.
pub(super) fn here(device: &Device) -> Provenance {
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: COMMIT.map(str::to_owned),
        numerics: crate::numerics::VERSION,
        device: device.to_string(),
        host_cpu: processor(),
        source: None,
        started: SystemTime::now(),
        seconds: 0.0,
    }
}

/// The processor's name.
fn processor() -> String {
    let linux = || {
        let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
        let named = text.lines().find(|line| line.starts_with("model name") || line.starts_with("Model"))?;
        Some(named.split_once(':')?.1.trim().to_owned())
    };
    let mac = || {
        let mut command = std::process::Command::new("sysctl");
        let output = command.args(["-n", "machdep.cpu.brand_string"]).output().ok()?;
        String::from_utf8(output.stdout).ok().map(|name| name.trim().to_owned())
    };
    let named = if cfg!(target_os = "linux") {
        linux()
    } else if cfg!(target_os = "macos") {
        mac()
    } else {
        std::env::var("PROCESSOR_IDENTIFIER").ok()
    };
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
