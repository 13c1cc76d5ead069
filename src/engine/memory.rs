//! How much memory a training takes, and who may take how much: a process that asks for more than there is gets killed,
//! with every run in flight.

use std::fs;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use super::{Device, Failure, Outcome};
use crate::protocol::Keep;
use crate::spec::{Lib, RunConfig};

/// What a process takes before it trains anything.
pub const BASE: u64 = 16 << 20;

/// Most numbers of batches that the fused engine packs at once.
const PACKED: u64 = 4 << 20;

/// Bytes that the training of a run takes on a CPU. Measured from 1 to 4 million parameters, batches to 8,192 and data to a
/// million rows: within a quarter of what the process then took.
pub fn needed(run: &RunConfig) -> u64 {
    let units = run.units();
    let parameters = units.windows(2).fold(0, |sum: u64, ends| {
        let layer = (ends[0] as u64 + 1).saturating_mul(ends[1] as u64);
        sum.saturating_add(layer)
    });
    let neurons: u64 = units.iter().map(|&width| width as u64).sum();
    let (kept, slots) = (run.optimizer.kept(&units) as u64, run.wrappers().slots() as u64);
    let points = run.dataset.len() as u64;
    let batch = (run.batch_size as u64).min(points);
    // Weights, gradients and the outcome, or the best weights so far; what a step keeps of each sample's passage; the data, and what a batch is of them.
    let (copies, passages) = match run.lib {
        Lib::Fused => (3, 1),
        Lib::CandleNn => (7, 11),
    };
    let best = u64::from(run.keep == Keep::Best);
    let weights = parameters.saturating_mul(copies + slots + best).saturating_add(kept);
    let passage = batch.saturating_mul(neurons).saturating_mul(passages);
    let data = points.saturating_mul(units[0] as u64 + 2);
    // Of large data the fused engine packs a stretch at a time.
    let packed = match run.lib {
        Lib::Fused => data.min(PACKED),
        Lib::CandleNn => data,
    };
    weights.saturating_add(passage).saturating_add(data).saturating_add(packed).saturating_mul(4)
}

/// The memory of this process, of which trainings take their parts.
#[derive(Debug)]
pub struct Memory {
    /// None where the system does not tell.
    total: Option<u64>,
    taken: Mutex<u64>,
    freed: Condvar,
}

impl Memory {
    /// What is available now to trainings on this device. A GPU counts its own memory, and none is counted here.
    pub fn of(device: &Device) -> Self {
        // Other processes grow too.
        let here = || available(Path::new("/")).map(|bytes| bytes / 10 * 9);
        let total = if device.is_cpu() { here() } else { None };
        Self { total, taken: Mutex::default(), freed: Condvar::new() }
    }

    /// Trains a run once there is memory for it; a run that needs more than there is fails before it starts. What is
    /// trained together is trained by a GPU.
    pub fn train(
        &self,
        cohort: &[RunConfig],
        train: impl FnOnce() -> Vec<Result<Outcome, Failure>>,
    ) -> Vec<Result<Outcome, Failure>> {
        let [run] = cohort else { return train() };
        match self.hold(run) {
            Ok(_held) => train(),
            Err(failure) => vec![Err(failure)],
        }
    }

    /// Takes what a run needs, waiting until others have given back enough.
    ///
    /// # Errors
    /// If the run needs more than there is.
    fn hold(&self, run: &RunConfig) -> Result<Held<'_>, Failure> {
        let needed = needed(run);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(available) = self.total {
            if needed > available {
                return Err(Failure::TooLarge { needed, available });
            }
            while *taken > available - needed {
                taken = self.freed.wait(taken).unwrap_or_else(PoisonError::into_inner);
            }
        }
        *taken = taken.saturating_add(needed);
        Ok(Held { memory: self, bytes: needed })
    }
}

/// A part of the memory, until dropped.
#[derive(Debug)]
struct Held<'a> {
    memory: &'a Memory,
    bytes: u64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *self.memory.taken.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.memory.freed.notify_all();
    }
}

/// Bytes that this process may still take, by what Linux says below `root`: the least of what the machine has, what the
/// control groups leave, and what a limit on its addresses leaves. `None` elsewhere.
fn available(root: &Path) -> Option<u64> {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let field = |text: &str, name: &str| -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
    };
    let machine = field(&read("proc/meminfo")?, "MemAvailable:")? * 1024;
    let addresses = || {
        let limit = field(&read("proc/self/limits")?, "Max address space")?;
        let used = field(&read("proc/self/status")?, "VmSize:")? * 1024;
        Some(limit.saturating_sub(used))
    };
    Some(machine.min(addresses().unwrap_or(u64::MAX)).min(of_groups(root).unwrap_or(u64::MAX)))
}

/// What the control groups of this process, each within the one above, leave it.
fn of_groups(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let number = |path: &Path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let left = |folder: &Path, limit: &str, used: &str| {
        let (limit, used) = (number(&folder.join(limit))?, number(&folder.join(used))?);
        // Pages of files that nobody uses at the moment are given up when memory is short.
        let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let cached = |name: &str| stat.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        let cached = cached("total_inactive_file ").or_else(|| cached("inactive_file ")).unwrap_or(0);
        Some(limit.saturating_sub(used.saturating_sub(cached)))
    };
    let group = |line: &str| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (kinds, path) = (fields.next()?, fields.next()?.trim_start_matches('/'));
        let (top, limit, used) = match kinds {
            "" => ("sys/fs/cgroup", "memory.max", "memory.current"),
            "memory" => ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
            _ => return None,
        };
        let top = root.join(top);
        let folders = Path::new(path).ancestors().map(|inner| top.join(inner));
        folders.filter_map(|folder| left(&folder, limit, used)).min()
    };
    groups.lines().filter_map(group).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system that says this in these files.
    fn system(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        root
    }

    #[test]
    fn the_least_of_machine_groups_and_limits_is_available() {
        let machine = ("proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:  8000 kB\n");
        assert_eq!(available(system(&[machine]).path()), Some(8_192_000));
        assert_eq!(available(system(&[]).path()), None);
        let limits = [
            (
                "proc/self/limits",
                "Max cpu time   unlimited unlimited seconds\nMax address space  5000000  6000000  bytes\n",
            ),
            ("proc/self/status", "Name:\ttallow\nVmSize:\t    1000 kB\n"),
        ];
        assert_eq!(available(system(&[machine, limits[0], limits[1]]).path()), Some(5_000_000 - 1_024_000));
        let groups = [
            ("proc/self/cgroup", "0::/jobs/one\n"),
            ("sys/fs/cgroup/jobs/memory.max", "3000000\n"),
            ("sys/fs/cgroup/jobs/memory.current", "1000000\n"),
            ("sys/fs/cgroup/jobs/memory.stat", "anon 900000\ninactive_file 100000\n"),
            ("sys/fs/cgroup/jobs/one/memory.max", "max\n"),
            ("sys/fs/cgroup/jobs/one/memory.current", "1000\n"),
        ];
        let all: Vec<_> = [machine].into_iter().chain(groups).collect();
        assert_eq!(available(system(&all).path()), Some(2_100_000));
        let older = [
            ("proc/self/cgroup", "5:cpu:/x\n4:memory:/job\n"),
            ("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "700000"),
            ("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "200000"),
        ];
        let all: Vec<_> = [machine].into_iter().chain(older).collect();
        assert_eq!(available(system(&all).path()), Some(500_000));
    }

    #[test]
    fn what_one_holds_another_waits_for_and_what_never_fits_is_refused() {
        let mut run = RunConfig { hidden: vec![100, 100], ..RunConfig::default() };
        let bytes = needed(&run);
        let memory = Memory { total: Some(bytes + bytes / 2), taken: Mutex::default(), freed: Condvar::new() };
        let first = memory.hold(&run).expect("room");
        std::thread::scope(|scope| {
            let second = scope.spawn(|| memory.hold(&run).map(drop));
            std::thread::sleep(std::time::Duration::from_millis(50));
            assert!(!second.is_finished(), "it waits");
            drop(first);
            second.join().expect("ends").expect("room");
        });
        assert_eq!(*memory.taken.lock().expect("free"), 0);
        run.hidden = vec![1000, 1000];
        assert!(matches!(memory.hold(&run), Err(Failure::TooLarge { .. })));
    }
}
