//! What the compiled kernels take of a multiprocessor, as the toolkit's `cuobjdump` tells it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// Registers of a thread with which a multiprocessor holds 32 warps.
const REGISTERS: u32 = 64;

/// The kernels, and the bytes of local memory of a thread that each takes at most: what is spilled around the phases of a step. An
/// array there, as the gradients' 32 sums or what a lambda captures, would take more.
const KERNELS: [(&str, u32); 4] =
    [("train_plain", 192), ("train_shared", 320), ("train_global", 320), ("draw_orders", 0)];

/// The architectures that a build has machine code for.
const ARCHITECTURES: [&str; 7] = ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120"];

/// Of each architecture and function: registers, and bytes of stack.
fn resources(listing: &str) -> BTreeMap<(String, String), (u32, u32)> {
    let (mut architecture, mut function, mut found) = (String::new(), String::new(), BTreeMap::new());
    for line in listing.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("arch = ") {
            architecture = name.into();
        } else if let Some(name) = line.strip_prefix("Function ") {
            function = name.trim_end_matches(':').into();
        } else if line.starts_with("REG:") {
            let of = |key: &str| {
                let words = line.split_whitespace().find_map(|word| word.strip_prefix(key));
                words.and_then(|number| number.parse().ok()).expect("a number")
            };
            found.insert((architecture.clone(), function.clone()), (of("REG:"), of("STACK:")));
        }
    }
    found
}

#[test]
fn on_every_architecture_the_kernels_leave_room_for_32_warps_and_keep_no_array_in_local_memory() {
    let beside = ["CUDA_HOME", "CUDA_PATH"].into_iter().find_map(std::env::var_os);
    let tool = beside.map_or("cuobjdump".into(), |home| PathBuf::from(home).join("bin").join("cuobjdump"));
    let kernels = env!("TALLOW_KERNELS");
    let output = Command::new(tool).args(["--dump-resource-usage", kernels]).output();
    let Some(output) = output.ok().filter(|output| output.status.success()) else {
        println!("skipped: no cuobjdump, or the kernels are not where they were built");
        return;
    };
    let found = resources(&String::from_utf8_lossy(&output.stdout));
    for architecture in ARCHITECTURES {
        for (function, most) in KERNELS {
            let of = found.get(&(architecture.to_owned(), function.to_owned()));
            let &(registers, stack) = of.unwrap_or_else(|| panic!("{function} for {architecture}: {found:?}"));
            println!("{architecture} {function}: {registers} registers, {stack} bytes of stack");
            assert!(registers <= REGISTERS && stack <= most, "{architecture} {function}: {registers}, {stack}");
        }
    }
}
