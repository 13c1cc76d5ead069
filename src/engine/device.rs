//! Where tensors live: the CPU, or a GPU in a build with the `cuda` feature.

use std::fmt;

/// A device as asked for, opened.
#[derive(Clone, Debug)]
pub struct Device(candle_core::Device);

/// Why a device cannot be had. Completes “error: …”.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The word is no device.
    #[error("`{0}` is no device: use `cpu`, `cuda` or `cuda:N`")]
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
    /// The fused engine has no kernel for this device.
    #[error("lib `fused` trains on the CPU only; use `--device cpu`, or `--set lib=candle-nn`")]
    FusedOnCpuOnly,
}

impl Device {
    /// The CPU.
    pub const CPU: Self = Self(candle_core::Device::Cpu);

    /// Opens `cpu`, `cuda` or `cuda:N`.
    pub fn open(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(crate::text::plain(text));
        match text.split_once(':') {
            None if text == "cpu" => Ok(Self::CPU),
            None if text == "cuda" => cuda(0),
            Some(("cuda", index)) => cuda(index.parse().map_err(|_| unknown())?),
            _ => Err(unknown()),
        }
    }

    pub(super) fn candle(&self) -> &candle_core::Device {
        &self.0
    }

    pub(super) fn must_be_cpu(&self) -> Result<(), DeviceError> {
        if self.0.is_cpu() { Ok(()) } else { Err(DeviceError::FusedOnCpuOnly) }
    }
}

#[cfg(feature = "cuda")]
fn cuda(index: usize) -> Result<Device, DeviceError> {
    let opened = candle_core::Device::new_cuda(index);
    opened.map(Device).map_err(|error| DeviceError::NoGpu { index, reason: error.to_string() })
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: usize) -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt)
}

/// `cpu` or `cuda:0`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.location() {
            candle_core::DeviceLocation::Cuda { gpu_id } => write!(f, "cuda:{gpu_id}"),
            _ => f.write_str("cpu"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_named_as_pytorch_names_them() {
        assert_eq!(Device::open("cpu").expect("opened").to_string(), "cpu");
        for wrong in ["gpu", "cuda:", "cuda:x", "cpu:0", ""] {
            assert!(matches!(Device::open(wrong), Err(DeviceError::Unknown(_))), "{wrong}");
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn without_the_feature_cuda_is_a_clear_error() {
        assert_eq!(Device::open("cuda:1").expect_err("no CUDA"), DeviceError::NotBuilt);
    }
}
