//! Where tensors live: the CPU, or one or several GPUs in a build with the `cuda` feature.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(feature = "cuda")]
use candle_core::{backend::BackendDevice, cuda_backend::WrapErr};

#[cfg(feature = "cuda")]
use super::fused::cuda::Kernels;
use super::{Failure, Outcome, Stop};
use crate::dataset::Cache;
use crate::spec::{Lib, RunConfig};

/// Networks trained on a GPU at once, in one launch of each thread: with several threads enough to fill it, and few enough
/// that a launch's data and results pass while others train.
const TOGETHER: usize = 512;

/// A device as asked for, opened. Several GPUs take turns, cohort by cohort; a run sees one of them alone.
#[derive(Clone, Debug)]
pub struct Device {
    members: Vec<Member>,
    turn: Arc<AtomicUsize>,
}

#[derive(Clone, Debug)]
struct Member {
    device: candle_core::Device,
    #[cfg(feature = "cuda")]
    gpu: Option<Arc<Gpu>>,
}

/// What is known of a GPU beside its tensors.
#[cfg(feature = "cuda")]
#[derive(Debug)]
struct Gpu {
    kernels: Kernels,
    memory: u64,
}

/// Why a device cannot be had. Completes “error: …”.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The word is no device.
    #[error("`{0}` is no device: use `cpu`, `cuda`, `cuda:N` or `cuda:N,M`")]
    Unknown(String),
    /// The build has no CUDA.
    #[error("this build has no CUDA: rebuild with `cargo build --release --features cuda`, or use `--device cpu`")]
    NotBuilt,
    /// There is no such GPU, or its driver does not answer.
    #[error("cannot use CUDA device {index}: {reason}; `--device cpu` trains the same runs")]
    NoGpu {
        /// The index asked for.
        index: usize,
        /// The driver's word.
        reason: String,
    },
    /// A network's training has no room there.
    #[error("a network needs {} of the device's memory, which has {}; use `--device cpu`", size(*.needed), size(*.available))]
    TooLarge {
        /// Bytes.
        needed: u64,
        /// Bytes.
        available: u64,
    },
    /// A GPU stopped working.
    #[error("{device} failed: {reason}; finished runs are kept, and `--device cpu` trains the others")]
    Lost {
        /// It, and those that were used with it.
        device: String,
        /// The driver's word.
        reason: String,
    },
}

/// Bytes as a person reads them.
fn size(bytes: u64) -> String {
    let (unit, name) = if bytes < 10 << 20 { (1 << 10, "KiB") } else { (1 << 20, "MiB") };
    format!("{:.0} {name}", bytes as f64 / f64::from(unit))
}

impl Device {
    /// Opens `cpu`, `cuda`, `cuda:1` or `cuda:0,1`.
    pub fn open(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(crate::text::plain(text));
        let members = match text.split_once(':') {
            None if text == "cpu" => vec![Member::cpu()],
            None if text == "cuda" => vec![cuda(0)?],
            Some(("cuda", list)) => {
                let indices: Result<Vec<usize>, _> = list.split(',').map(str::parse).collect();
                let mut indices = indices.map_err(|_| unknown())?;
                indices.sort_unstable();
                indices.dedup();
                indices.into_iter().map(cuda).collect::<Result<_, _>>()?
            }
            _ => return Err(unknown()),
        };
        Ok(Self { members, turn: Arc::default() })
    }

    fn next_member(&self) -> &Member {
        &self.members[self.turn.fetch_add(1, Ordering::Relaxed) % self.members.len()]
    }

    /// Where the next run is trained.
    pub(super) fn next(&self) -> &candle_core::Device {
        &self.next_member().device
    }

    /// Runs to be given to the engine at once: one on a CPU.
    pub fn cohort(&self) -> usize {
        if self.is_cpu() { 1 } else { TOGETHER }
    }

    fn is_cpu(&self) -> bool {
        self.members.iter().all(|member| member.device.is_cpu())
    }

    /// Whether a run can be trained here, as far as can be told before.
    ///
    /// # Errors
    /// If it needs more memory than there is.
    pub fn has_room(&self, run: &RunConfig) -> Result<(), DeviceError> {
        if self.is_cpu() || run.lib != Lib::Fused {
            return Ok(());
        }
        let needed = super::together::memory(run)?;
        match self.memory() {
            Some(available) if needed > available => Err(DeviceError::TooLarge { needed, available }),
            _ => Ok(()),
        }
    }

    /// What went wrong with a run on this device: an error of the driver is the device's, not the run's.
    pub(super) fn blame(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Candle(error) if !self.is_cpu() && is_lost(&error) => {
                DeviceError::Lost { device: self.to_string(), reason: super::reason(&error) }.into()
            }
            other => other,
        }
    }
}

/// Whether the driver reported an error other than having no memory left.
fn is_lost(error: &candle_core::Error) -> bool {
    let text = error.to_string();
    text.contains("CUDA_ERROR") && !text.contains(OUT_OF_MEMORY)
}

/// What the driver says where there is no memory left.
pub(super) const OUT_OF_MEMORY: &str = "CUDA_ERROR_OUT_OF_MEMORY";

#[cfg(feature = "cuda")]
impl Device {
    /// Trains runs of the fused engine, if this is a GPU.
    pub(super) fn train_fused(
        &self,
        runs: &[RunConfig],
        cache: &Cache,
        stop: &Stop,
    ) -> Option<Vec<Result<Outcome, Failure>>> {
        let member = self.next_member();
        let (candle_core::Device::Cuda(device), Some(gpu)) = (&member.device, &member.gpu) else { return None };
        let mut gpu = super::fused::cuda::Gpu::new(device, &gpu.kernels);
        Some(super::train_on(runs, cache, stop, &mut gpu))
    }

    /// Bytes of the smallest GPU.
    fn memory(&self) -> Option<u64> {
        self.members.iter().filter_map(|member| Some(member.gpu.as_ref()?.memory)).min()
    }
}

#[cfg(not(feature = "cuda"))]
impl Device {
    /// Trains runs of the fused engine, if this is a GPU.
    pub(super) fn train_fused(&self, _: &[RunConfig], _: &Cache, _: &Stop) -> Option<Vec<Result<Outcome, Failure>>> {
        None
    }

    fn memory(&self) -> Option<u64> {
        None
    }
}

impl Member {
    fn cpu() -> Self {
        Self {
            device: candle_core::Device::Cpu,
            #[cfg(feature = "cuda")]
            gpu: None,
        }
    }
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> Result<Member, DeviceError> {
    let open = || -> candle_core::Result<Member> {
        let device = candle_core::CudaDevice::new(index)?;
        let kernels = Kernels::load(&device).w()?;
        let memory = device.cuda_stream().context().total_mem().w()? as u64;
        Ok(Member { device: candle_core::Device::Cuda(device), gpu: Some(Arc::new(Gpu { kernels, memory })) })
    };
    open().map_err(|error| DeviceError::NoGpu { index, reason: super::reason(&error) })
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize) -> Result<Member, DeviceError> {
    Err(DeviceError::NotBuilt)
}

/// `cpu`, `cuda:0` or `cuda:0,1`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, member) in self.members.iter().enumerate() {
            match member.device.location() {
                candle_core::DeviceLocation::Cuda { gpu_id } if i == 0 => write!(f, "cuda:{gpu_id}")?,
                candle_core::DeviceLocation::Cuda { gpu_id } => write!(f, ",{gpu_id}")?,
                _ => f.write_str("cpu")?,
            }
        }
        Ok(())
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
