//! One sweep on several machines: with each instruction set, on an emulated CPU without AVX and FMA, on one thread and
//! on two, the store is the same to the last bit. An emulator that is missing is passed over with a word.

use std::path::Path;
use std::process::Command;

use tallow::numerics::Isa;

use crate::command::{ended, tallow_under};

/// Every activation and every optimizer with settings that change its formula, also by halves of data and with a schedule.
const SWEEP: &str = "\
seeds = 2
[train]
dataset = 'quadrants'
points = 90
test = 0.25
hidden = [5, 18]
epochs = 3
batch_size = 20
shuffle = true
schedule = 'cosine'
[[grid]]
activation = [ACTIVATIONS]
[[grid]]
optimizer = ['adagrad', 'adamw', { name = 'sgd', momentum = [0.0, 0.9] }, { name = 'rmsprop', centered = true }]
[[grid]]
dataset = ['xor', 'prod']
hidden = [[3], [40, 33]]
optimizer = { name = 'adam', amsgrad = [false, true] }
";

/// A machine as the command line that runs a program on it, and the instruction set asked for.
struct Machine {
    name: String,
    before: Vec<&'static str>,
    isa: &'static str,
    jobs: &'static str,
}

fn machines() -> Vec<Machine> {
    let mut machines: Vec<Machine> = Isa::available()
        .into_iter()
        .map(|isa| Machine { name: isa.name().to_owned(), before: Vec::new(), isa: isa.name(), jobs: "1" })
        .collect();
    machines.push(Machine { name: "two threads".into(), before: Vec::new(), isa: "", jobs: "2" });
    let emulator = vec!["qemu-x86_64", "-cpu", "Nehalem"];
    let has = |program| Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if cfg!(target_arch = "x86_64") && has("qemu-x86_64") {
        machines.push(Machine { name: "emulated Nehalem".into(), before: emulator, isa: "", jobs: "1" });
    } else {
        println!("skipped: no qemu-x86_64 on this machine");
    }
    machines
}

impl Machine {
    fn said(&self, folder: &Path, arguments: &str) -> String {
        ended(0, tallow_under(&self.before, folder, arguments).env("TALLOW_ISA", self.isa))
    }

    /// The digest of the store after the sweep: of every run's identity, weights, histories and metrics.
    fn sweep(&self) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let all: Vec<String> =
            tallow::activation::Activation::all().iter().map(|a| format!("'{}'", a.name())).collect();
        let text = SWEEP.replace("ACTIVATIONS", &all.join(", "));
        std::fs::write(folder.path().join("all.toml"), text).expect("writes");
        self.said(folder.path(), &format!("sweep all.toml --quiet --no-report --jobs {}", self.jobs));
        let told = self.said(folder.path(), "store info");
        let is_kept = |line: &&str| ["runs ", "digest "].iter().any(|word| line.trim_start().starts_with(word));
        told.lines().filter(is_kept).collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn a_sweep_leaves_the_same_store_on_every_machine() {
    let machines = machines();
    let kept = machines[0].sweep();
    assert!(kept.contains("digest"), "{kept}");
    for machine in &machines[1..] {
        let other = machine.sweep();
        println!("{}: {other}", machine.name);
        assert_eq!(other, kept, "the store of {} differs from that of {}", machine.name, machines[0].name);
    }
}
