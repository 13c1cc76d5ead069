//! Where tensors live: the CPU, or one or several GPUs in a build with the `cuda` feature.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A device as asked for, opened. Several GPUs take turns, run by run; a run sees one of them alone.
#[derive(Clone, Debug)]
pub struct Device {
    members: Vec<candle_core::Device>,
    turn: Arc<AtomicUsize>,
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
    #[error("a network needs {} of the device's memory, of which {} can be had; use `--device cpu`", size(*.needed), size(*.available))]
    TooLarge {
        /// Bytes.
        needed: u64,
        /// Bytes.
        available: u64,
    },
    /// The fused engine has no kernel for this device.
    #[error("lib `fused` trains on the CPU only; use `--device cpu`, or `--set lib=candle-nn`")]
    FusedOnCpuOnly,
}

/// Bytes as a person reads them.
fn size(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

impl Device {
    /// Opens `cpu`, `cuda`, `cuda:1` or `cuda:0,1`.
    pub fn open(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(crate::text::plain(text));
        let members = match text.split_once(':') {
            None if text == "cpu" => vec![candle_core::Device::Cpu],
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

    /// Where the next run is trained.
    pub(super) fn next(&self) -> &candle_core::Device {
        &self.members[self.turn.fetch_add(1, Ordering::Relaxed) % self.members.len()]
    }

    pub(super) fn must_be_cpu(&self) -> Result<(), DeviceError> {
        if self.members.iter().all(candle_core::Device::is_cpu) { Ok(()) } else { Err(DeviceError::FusedOnCpuOnly) }
    }
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> Result<candle_core::Device, DeviceError> {
    let opened = candle_core::Device::new_cuda(index);
    opened.map_err(|error| DeviceError::NoGpu { index, reason: super::reason(&error) })
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize) -> Result<candle_core::Device, DeviceError> {
    Err(DeviceError::NotBuilt)
}

/// `cpu`, `cuda:0` or `cuda:0,1`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, member) in self.members.iter().enumerate() {
            match member.location() {
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
