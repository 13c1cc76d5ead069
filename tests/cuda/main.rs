//! The GPU through the command line: the CPU's bits, faults, stops. In a build with the feature `cuda`:
//! `cargo test --release --features cuda --test cuda`.
//!
//! Where there is no GPU, or with `TALLOW_GPU=host`, `cuda/driver.cpp` takes the driver's place and the kernels run on the
//! host; the tests of faults always run so. `TALLOW` names another binary than the one built with these tests, so that they
//! can be carried to a machine that builds nothing: they start in the repository's root.
#![cfg(feature = "cuda")]

mod resources;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// 1,312 runs: every activation with every optimizer and its switches, all tasks, depths, orders and schedules.
const VARIED: &str = "\
seeds = 2
[train]
points = 90
test = 0.25
epochs = 4
batch_size = 20
[[grid]]
dataset = 'xor'
hidden = [[6], [7, 5]]
activation = ['relu', 'leaky_relu', 'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus', 'softsign', 'tanh', 'sigmoid',
    'linear', 'gelu_tanh', 'relu6', 'hardtanh']
optimizer = ['sgd', 'adam', 'adamw', 'rmsprop', 'adagrad', { name = 'sgd', momentum = 0.9, nesterov = true },
    { name = 'adam', amsgrad = true, weight_decay = 0.01 }, { name = 'rmsprop', centered = true, momentum = 0.5 }]
shuffle = [false, true]
[[grid]]
dataset = ['prod', 'quadrants']
hidden = [[], [18], [33, 40]]
batch_size = [1, 33, 64]
schedule = ['cosine', 'warmup']
optimizer = ['adam', 'sgd']
learning_rate = [0.01, 1000.0]
[[grid]]
dataset = 'quadrants'
hidden = [[18], [33, 40]]
optimizer = [{ name = 'adamw', weight_decay = 0.1 }, { name = 'sgd', momentum = 0.9, weight_decay = 0.01 }]
dropout = 0.3
input_noise = 0.1
label_smoothing = 0.1
class_weight = ['none', 'balanced']
l1 = 0.001
clip_value = 0.3
clip_norm = [false, 0.1]
decay_biases = [true, false]
";

/// Networks that fill shared memory, and some that need the device's: wide ones, and large batches.
const LARGE: &str = "\
[train]
dataset = 'quadrants'
points = 1200
test = 0.0
epochs = 2
[[grid]]
hidden = [[64, 64, 64], [150, 170]]
batch_size = [50, 400]
";

/// Small networks and the tutorial's numbers, for candle's own kernels.
const BY_CANDLE: &str = "\
seeds = 3
[train]
lib = 'candle-nn'
points = 200
epochs = 2
batch_size = 50
[grid]
dataset = ['xor', 'prod', 'quadrants']
activation = ['relu', 'tanh']
optimizer = ['adam', 'sgd']
";

fn tallow() -> Command {
    Command::new(std::env::var("TALLOW").unwrap_or(env!("CARGO_BIN_EXE_tallow").into()))
}

/// The driver in place of the true one.
fn driver() -> &'static Path {
    static DRIVER: OnceLock<PathBuf> = OnceLock::new();
    DRIVER.get_or_init(|| {
        // Where these tests were carried, the folder they were built in is not.
        let built = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = if built.exists() { built.to_owned() } else { std::env::temp_dir() };
        let library = folder.join("libhostcuda.so");
        let compiler = std::env::var("CXX").unwrap_or("c++".into());
        let mut command = Command::new(compiler);
        command.args(["-std=c++17", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Wno-unknown-pragmas"]);
        command.args(["-ffp-contract=off", "-Isrc/engine/fused/kernel", "tests/cuda/driver.cpp", "-o"]);
        let output = command.arg(&library).output().expect("a C++ compiler");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        library
    })
}

/// Whether there is a GPU to be used.
fn has_gpu() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let asked = std::env::var_os("TALLOW_GPU").is_none_or(|gpu| gpu != "host");
        let mut command = tallow();
        command.args(["train", "--epochs", "1", "--device", "cuda"]);
        let found = asked && command.output().expect("runs").status.success();
        println!("{}", if found { "on a GPU" } else { "no GPU: its kernels run on the host" });
        found
    })
}

struct Place(tempfile::TempDir);

impl Place {
    fn new(experiment: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("sweep.toml"), experiment).expect("written");
        Self(folder)
    }

    /// The command on the host's driver, with its settings.
    fn on_host(&self, arguments: &str, settings: &[(&str, &str)]) -> Command {
        let mut command = tallow();
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        command.env("LD_PRELOAD", driver()).envs(settings.iter().copied());
        command
    }

    /// What it says on the host's driver, and that it ends with this code.
    fn told(&self, arguments: &str, settings: &[(&str, &str)], code: i32) -> String {
        said(&self.on_host(arguments, settings).output().expect("runs"), code)
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = self.on_host(arguments, &[]);
        if has_gpu() {
            command.env_remove("LD_PRELOAD");
        }
        command
    }

    fn run(&self, arguments: &str) -> String {
        said(&self.command(arguments).output().expect("runs"), 0)
    }

    fn digest(&self, store: &str) -> String {
        let info = self.run(&format!("store info --store {store}"));
        let line = info.lines().find(|line| line.contains("digest")).expect("a digest");
        line.split_whitespace().last().expect("a word").to_owned()
    }
}

fn said(output: &Output, code: i32) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

const SWEEP: &str = "sweep sweep.toml --no-report --quiet";

#[test]
fn a_thousand_varied_runs_have_the_bits_of_the_cpu() {
    let place = Place::new(VARIED);
    place.run(&format!("{SWEEP} --store cpu.db"));
    place.run(&format!("{SWEEP} --store gpu.db --device cuda"));
    assert_eq!(place.digest("gpu.db"), place.digest("cpu.db"));
    let info = place.run("store info --store gpu.db");
    assert!(info.contains("1312"), "{info}");
    // Stores of both merge, and each device verifies what the other stored.
    place.run("store merge cpu.db gpu.db --into both.db");
    let verified = place.run("verify sweep.toml --all --quiet --store cpu.db --device cuda");
    assert!(verified.contains("1312 equal to the bit, 0 differ"), "{verified}");
}

#[test]
fn large_networks_have_the_bits_of_the_cpu() {
    let place = Place::new(LARGE);
    place.run(&format!("{SWEEP} --store cpu.db"));
    place.run(&format!("{SWEEP} --store gpu.db --device cuda"));
    assert_eq!(place.digest("gpu.db"), place.digest("cpu.db"));
}

#[test]
fn several_gpus_share_the_runs() {
    let place = Place::new(VARIED);
    place.run(&format!("{SWEEP} --store cpu.db"));
    place.told(&format!("{SWEEP} --store gpu.db --device cuda:0,1"), &[], 0);
    assert_eq!(place.digest("gpu.db"), place.digest("cpu.db"));
    let missing = place.told(&format!("{SWEEP} --store none.db --device cuda:2"), &[], 2);
    assert!(missing.starts_with("error: cannot use CUDA device 2: "), "{missing}");
}

#[test]
fn a_machine_without_device_or_with_one_that_runs_no_kernel_of_ours_is_told_in_a_line() {
    for (fault, reason) in [("init", "no CUDA-capable device is detected"), ("image", "no kernel image is available")] {
        let place = Place::new(VARIED);
        let text = place.told(&format!("{SWEEP} --store gpu.db --device cuda"), &[("HOST_GPU_FAULT", fault)], 2);
        assert!(text.starts_with("error: cannot use CUDA device 0: ") && text.contains(reason), "{text}");
        assert!(text.lines().count() == 1 && !place.0.path().join("gpu.db").exists(), "{text}");
    }
}

#[test]
fn cohorts_are_as_large_as_fills_the_device_and_no_larger() {
    // Of the large ones a multiprocessor holds one, of the small ones 32; there are four of them. Where several workers have
    // cohorts, half as many wait.
    let tiles = |parameters: u32| parameters.div_ceil(32).to_string();
    let (small, large) = (tiles(2 * 6 + 6 + 6 + 1), tiles(2 * 90 + 90 + 90 * 90 + 90 + 90 + 1));
    let experiment = "seeds = 200\n[train]\ndataset = 'xor'\npoints = 64\nepochs = 1\nbatch_size = 32\n";
    let place = Place::new(&format!("{experiment}[grid]\nhidden = [[6], [90, 90]]\n"));
    let log = place.0.path().join("launches");
    for (jobs, most_small, most_large) in [(1, 128, 4), (2, 96, 3), (16, 12, 1)] {
        _ = std::fs::remove_file(&log);
        let sweep = format!("{SWEEP} --rerun --store gpu.db --device cuda -j{jobs}");
        place.told(&sweep, &[("HOST_GPU_LOG", "launches")], 0);
        let launches = std::fs::read_to_string(&log).expect("a log");
        let largest = |wanted: &str| {
            let launches = launches.lines().map(|line| line.split(' ').collect::<Vec<_>>());
            let of_these = launches.filter(|launch| launch[2] == wanted);
            of_these.map(|launch| launch[1].parse().expect("a number")).max().unwrap_or(0)
        };
        assert_eq!((largest(&small), largest(&large)), (most_small, most_large), "{jobs} jobs: {launches}");
    }
}

#[test]
fn a_long_epoch_is_cut_into_launches_and_shorter_ones_where_the_driver_ends_long_ones() {
    let place = Place::new(
        "[train]\ndataset = 'xor'\npoints = 18000\ntest = 0.0\nepochs = 2\nhidden = [64, 64, 64]\nbatch_size = 600\nshuffle = true\n",
    );
    place.run(&format!("{SWEEP} --store cpu.db"));
    let steps = |store: &str, settings: &[(&str, &str)]| -> Vec<u32> {
        let log = place.0.path().join(store).with_extension("log");
        let settings = [&[("HOST_GPU_LOG", log.to_str().expect("a path"))], settings].concat();
        place.told(&format!("{SWEEP} --store {store} --device cuda"), &settings, 0);
        assert_eq!(place.digest(store), place.digest("cpu.db"));
        let launches = std::fs::read_to_string(&log).expect("a log");
        launches.lines().map(|launch| launch.split(' ').nth(3).expect("steps").parse().expect("a number")).collect()
    };
    let (free, watched) = (steps("free.db", &[]), steps("watched.db", &[("HOST_GPU_WATCHED", "1")]));
    for steps in [&free, &watched] {
        assert_eq!(steps.iter().sum::<u32>(), 2 * 30, "{steps:?}");
    }
    assert!(watched[0] < free[0] && free[0] < 30, "{free:?} {watched:?}");
}

#[test]
fn a_device_lost_in_mid_sweep_costs_its_cohorts_and_the_cpu_trains_the_rest() {
    let place = Place::new(VARIED);
    place.run(&format!("{SWEEP} --store cpu.db"));
    let text = place.told(&format!("{SWEEP} --store gpu.db --device cuda -j1"), &[("HOST_GPU_LAUNCHES", "6")], 1);
    assert!(text.contains("cuda:0 failed: ") && text.contains("unspecified launch failure"), "{text}");
    assert!(text.contains("ended at the first failure with") && text.matches("failed: ").count() == 2, "{text}");
    let kept = place.run("plan sweep.toml --store gpu.db");
    assert!(!kept.contains(" 0 cached") && kept.contains("1 failed"), "{kept}");
    place.run(&format!("{SWEEP} --store gpu.db --device cpu"));
    assert_eq!(place.digest("gpu.db"), place.digest("cpu.db"));
}

#[test]
fn a_device_lost_while_several_threads_use_it_panics_none_of_them() {
    let place = Place::new(VARIED);
    place.run(&format!("{SWEEP} --store cpu.db"));
    let text = place.told(&format!("{SWEEP} --store gpu.db --device cuda -j4"), &[("HOST_GPU_LAUNCHES", "9")], 1);
    assert!(text.contains("cuda:0 failed: ") && !text.contains("panicked"), "{text}");
    place.run(&format!("{SWEEP} --store gpu.db --device cpu"));
    assert_eq!(place.digest("gpu.db"), place.digest("cpu.db"));
}

#[test]
fn of_two_devices_the_one_that_is_lost_is_named() {
    let place = Place::new(VARIED);
    let lost = [("HOST_GPU_LAUNCHES", "3"), ("HOST_GPU_LOST", "1")];
    let text = place.told(&format!("{SWEEP} --store gpu.db --device cuda:0,1 -j2"), &lost, 1);
    assert!(text.contains("cuda:1 failed: ") && !text.contains("cuda:0"), "{text}");
}

#[test]
fn a_device_with_little_memory_trains_fewer_networks_at_once() {
    let place = Place::new(VARIED);
    place.run(&format!("{SWEEP} --store cpu.db"));
    place.told(&format!("{SWEEP} --store gpu.db --device cuda"), &[("HOST_GPU_MEMORY", "200000")], 0);
    assert_eq!(place.digest("gpu.db"), place.digest("cpu.db"));
}

#[test]
fn runs_that_fit_alone_wait_for_the_memory_that_others_have() {
    let place = Place::new(VARIED);
    place.run(&format!("{SWEEP} --store cpu.db"));
    // It says that there is room for all.
    let little = [("HOST_GPU_MEMORY", "60000"), ("HOST_GPU_FREE", "4000000000")];
    place.told(&format!("{SWEEP} --store gpu.db --device cuda -j6"), &little, 0);
    assert_eq!(place.digest("gpu.db"), place.digest("cpu.db"));
}

#[test]
fn a_network_too_large_for_the_device_is_refused_before_anything_starts() {
    let place = Place::new(LARGE);
    let small = [("HOST_GPU_MEMORY", "500000")];
    let refused = |arguments: &str| {
        let text = place.told(arguments, &small, 2);
        assert!(text.starts_with("error: a network needs ") && text.lines().count() == 1, "{text}");
    };
    refused(&format!("{SWEEP} --device cuda --store gpu.db"));
    assert!(!place.0.path().join("gpu.db").exists());
    refused("train --hidden 400,400 --device cuda");
    // What is stored needs no room, unless it is trained again.
    place.run(&format!("{SWEEP} --store cpu.db"));
    place.told(&format!("{SWEEP} --device cuda --store cpu.db"), &small, 0);
    refused(&format!("{SWEEP} --rerun --device cuda --store cpu.db"));
    refused("verify sweep.toml --all --device cuda --store cpu.db");
}

#[test]
fn candle_s_kernels_come_close_to_the_cpu_from_several_threads() {
    if !has_gpu() {
        println!("skipped: candle's kernels need a GPU");
        return;
    }
    let place = Place::new(BY_CANDLE);
    place.run(&format!("{SWEEP} --store cpu.db"));
    let verified = place.run("verify sweep.toml --all --quiet --store cpu.db --device cuda -j4");
    assert!(verified.contains("36 equal ") && verified.contains(", 0 differ"), "{verified}");
}

#[cfg(unix)]
#[test]
fn a_sweep_on_a_gpu_ends_within_two_seconds_of_a_signal() {
    let long = VARIED.replace("epochs = 4", "epochs = 4000");
    let place = Place::new(&long);
    let mut child =
        place.command("sweep sweep.toml --no-report --device cuda").stderr(Stdio::null()).spawn().expect("runs");
    std::thread::sleep(Duration::from_secs(2));
    let asked = Instant::now();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    let status = child.wait().expect("ends");
    assert!(kill.success() && asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(status.code(), Some(130));
}
