//! Why a device cannot be had, or not for a run.

use crate::text::size;

/// Why a device cannot be had. Completes “error: …”.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The word is no device.
    #[error("`{0}` is not a device: use `cpu`, `cuda`, `cuda:N` or `cuda:N,M`")]
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
    #[error("a network needs {} of the device's memory, which has {} free; use `--device cpu`", size(*.needed), size(*.available))]
    TooLarge {
        /// Bytes.
        needed: u64,
        /// Bytes.
        available: u64,
    },
    /// The GPU's kernels have no such training.
    #[error("`{0}` is not trained on a GPU: use `--device cpu`, or `lib = \"candle-nn\"`")]
    OnlyCpu(&'static str),
    /// A GPU stopped working.
    #[error("{device} failed: {reason}; finished runs are kept, and `--device cpu` trains the others")]
    Lost {
        /// Its name.
        device: String,
        /// The driver's word.
        reason: String,
    },
    /// The kernels do not know a code of this program's.
    #[error(
        "the GPU's kernels know no such task, activation or optimizer: they are not those of this program; `--device cpu` trains the same runs"
    )]
    Unknowing,
}
