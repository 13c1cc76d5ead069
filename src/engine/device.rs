//! Where tensors live: the CPU, or one or several GPUs in a build with the `cuda` feature.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(feature = "cuda")]
use super::gpu::Gpu;
#[cfg(not(feature = "cuda"))]
use super::no_gpu::Gpu;
use super::refusal::DeviceError;
use super::together::{self, alike};
use crate::spec::{Lib, RunConfig};
use crate::text;

/// A device as asked for, opened. Several GPUs take turns, cohort by cohort; a run sees one of them alone.
#[derive(Clone, Debug)]
pub struct Device {
    /// None: the CPU.
    gpus: Vec<&'static Gpu>,
    turn: Arc<AtomicUsize>,
}

impl Device {
    /// Opens `cpu`, `cuda`, `cuda:1` or `cuda:0,1`.
    pub fn open(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(text::plain(text));
        let gpus = match text.split_once(':') {
            None if text == "cpu" => Vec::new(),
            None if text == "cuda" => vec![Gpu::open(0)?],
            Some(("cuda", list)) => {
                let indices: Result<Vec<usize>, _> = list.split(',').map(str::parse).collect();
                let mut indices = indices.map_err(|_| unknown())?;
                indices.sort_unstable();
                indices.dedup();
                indices.into_iter().map(Gpu::open).collect::<Result<_, _>>()?
            }
            _ => return Err(unknown()),
        };
        Ok(Self { gpus, turn: Arc::default() })
    }

    /// Whether the CPU trains.
    pub(super) fn is_cpu(&self) -> bool {
        self.gpus.is_empty()
    }

    /// The GPU for the next cohort; none where the CPU trains.
    pub(super) fn next(&self) -> Option<&'static Gpu> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.gpus.get(turn.checked_rem(self.gpus.len())?).copied()
    }

    /// Runs like this one to be given to the engine at once by each of so many workers: one on a CPU, on a GPU as many as
    /// fill it.
    pub fn cohort(&self, run: &RunConfig, workers: usize) -> usize {
        let (Lib::Fused, false) = (run.lib, self.is_cpu()) else { return 1 };
        // What cannot be laid out fails alone.
        let Ok(need) = together::need(run) else { return 1 };
        let workers = workers.div_ceil(self.gpus.len()).max(1);
        self.gpus.iter().map(|gpu| gpu.share(&need, workers)).min().unwrap_or(1)
    }

    fn has_room(&self, run: &RunConfig) -> Result<(), DeviceError> {
        let (Lib::Fused, Some(available)) = (run.lib, self.gpus.iter().map(|gpu| gpu.free()).min()) else {
            return Ok(());
        };
        match together::need(run)?.bytes {
            needed if needed > available => Err(DeviceError::TooLarge { needed, available }),
            _ => Ok(()),
        }
    }
}

/// Refuses runs that a device has no room for. Of runs that are alike, one is looked at.
#[derive(Debug)]
pub struct Room<'a> {
    device: &'a Device,
    seen: Vec<RunConfig>,
}

/// Kinds of runs remembered: so many lie between one and the next of its kind in a plan, if not more.
const REMEMBERED: usize = 64;

impl<'a> Room<'a> {
    /// On this device.
    pub fn on(device: &'a Device) -> Self {
        Self { device, seen: Vec::new() }
    }

    /// Whether there are runs that it may refuse; a CPU takes them all.
    pub fn is_limited(&self) -> bool {
        !self.device.is_cpu()
    }

    /// Whether a run can be trained, as far as can be told before.
    ///
    /// # Errors
    /// If it needs more memory than is free.
    pub fn check(&mut self, run: &RunConfig) -> Result<(), DeviceError> {
        if !self.is_limited() || self.seen.iter().any(|seen| alike(seen, run)) {
            return Ok(());
        }
        self.device.has_room(run)?;
        if self.seen.len() == REMEMBERED {
            self.seen.clear();
        }
        self.seen.push(run.clone());
        Ok(())
    }
}

/// `cpu`, `cuda:0` or `cuda:0,1`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, others)) = self.gpus.split_first() else { return f.write_str("cpu") };
        write!(f, "cuda:{}", first.index())?;
        others.iter().try_for_each(|gpu| write!(f, ",{}", gpu.index()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_as_pytorch_names_them() {
        assert_eq!(Device::open("cpu").expect("opened").to_string(), "cpu");
        for wrong in ["gpu", "cuda:", "cuda:x", "cuda:0,", "cuda:-1", "cpu:0", "CPU", ""] {
            assert!(matches!(Device::open(wrong), Err(DeviceError::Unknown(_))), "{wrong}");
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn without_the_feature_cuda_is_a_clear_error() {
        for asked in ["cuda", "cuda:1", "cuda:0,1"] {
            assert_eq!(Device::open(asked).expect_err("no CUDA"), DeviceError::NotBuilt);
        }
    }
}
