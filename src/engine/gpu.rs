//! An NVIDIA GPU, opened, in a build with the feature `cuda`.

use std::sync::{Mutex, PoisonError, RwLock};

use candle_core::CudaDevice;
use candle_core::backend::BackendDevice;
use candle_core::cuda_backend::WrapErr;

use super::fused::cohort::{BESIDE, Need};
use super::fused::cuda::{self, Kernels, Trainer};
use super::{DeviceError, Failure, Outcome, Stop, candle, train_on};
use crate::dataset::Cache;
use crate::spec::{Lib, RunConfig};

/// Networks in flight on a GPU for each that it trains at once, so that it does not wait while data and results are transferred.
const IN_FLIGHT: f64 = 1.5;

/// Has the driver open all 32 of a GPU's queues instead of 8, unless the environment says otherwise: every worker has a
/// stream of its own, and those that share a queue wait for each other.
///
/// # Safety
///
/// No other thread may run yet: another might be reading the environment.
#[allow(unsafe_code)]
pub unsafe fn open_all_queues() {
    const QUEUES: &str = "CUDA_DEVICE_MAX_CONNECTIONS";
    if std::env::var_os(QUEUES).is_none() {
        // SAFETY: the caller runs alone.
        unsafe { std::env::set_var(QUEUES, "32") }
    }
}

/// A GPU with what is loaded on it.
#[derive(Debug)]
pub(super) struct Gpu {
    index: usize,
    device: CudaDevice,
    kernels: Kernels,
    /// Bytes that were free when it was opened.
    free: u64,
    /// Held by everyone whose networks have memory here; by one alone who needs all.
    crowd: RwLock<()>,
    /// Held by the one run that candle's own kernels train: they share a cuBLAS handle, which is one thread's at a time.
    handle: Mutex<()>,
}

impl Gpu {
    /// Opens a GPU, for as long as the process lives.
    pub fn open(index: usize) -> Result<&'static Self, DeviceError> {
        let open = || -> candle_core::Result<&'static Self> {
            let device = CudaDevice::new(index)?;
            // Never dropped: the handles of a device that is lost cannot be destroyed, and cudarc panics where that fails.
            // Nor is there a use in taking down by hand what ends with the process.
            std::mem::forget(device.clone());
            let stream = device.cuda_stream();
            let context = stream.context();
            // A thread that waits leaves its core to those that draw data and evaluate.
            context.set_blocking_synchronize().w()?;
            cuda::keep_freed_memory(context).w()?;
            let kernels = Kernels::load(&device).w()?;
            let free = context.mem_get_info().w()?.0 as u64;
            let (crowd, handle) = (RwLock::default(), Mutex::default());
            Ok(Box::leak(Box::new(Self { index, device, kernels, free, crowd, handle })))
        };
        open().map_err(|error| DeviceError::NoGpu { index, reason: super::reason(&error) })
    }

    /// Its number.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Bytes that were free when it was opened.
    pub fn free(&self) -> u64 {
        self.free
    }

    /// Networks for each of so many workers to train at once: together they fill it, and have room. One that has more than
    /// fill it has that once, as what is left over would leave most of it idle at the end.
    pub fn share(&self, need: &Need, workers: usize) -> usize {
        let at_once = self.kernels.at_once(&self.device, &need.shape) as usize;
        let filled = (at_once as f64 * IN_FLIGHT / workers as f64).ceil() as usize;
        let free = self.free / workers as u64;
        // A launch needs something too. Where that is not enough, it is shortened.
        let room = (free - (free / 4).min(BESIDE as u64)) / need.bytes.max(1);
        filled.min(at_once).min(usize::try_from(room).unwrap_or(usize::MAX)).max(1)
    }

    /// Trains runs of one lib.
    pub fn train(&self, runs: &[RunConfig], cache: &Cache, stop: &Stop) -> Vec<Result<Outcome, Failure>> {
        let outcomes = match runs.first().map(|run| run.lib) {
            Some(Lib::CandleNn) => runs.iter().map(|run| self.train_by_candle(run, cache, stop)).collect(),
            _ => train_on(runs, cache, stop, &mut Trainer::new(&self.device, &self.kernels, &self.crowd)),
        };
        outcomes.into_iter().map(|outcome| outcome.map_err(|failure| self.blame(failure))).collect()
    }

    fn train_by_candle(&self, run: &RunConfig, cache: &Cache, stop: &Stop) -> Result<Outcome, Failure> {
        let data = cache.get(&run.dataset, run.seed)?;
        let device = candle_core::Device::Cuda(self.device.clone());
        let train =
            || super::train_alone(run, &data, stop, |training, layers| candle::train(training, layers, &device));
        let _handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        let beside_others = {
            let _place = self.crowd.read().unwrap_or_else(PoisonError::into_inner);
            train()
        };
        match beside_others {
            Err(failure) if failure.is_out_of_memory() => {
                let _alone = self.crowd.write().unwrap_or_else(PoisonError::into_inner);
                train()
            }
            ended => ended,
        }
    }

    /// What went wrong: an error of the driver is the device's, not the run's, unless it had no memory left.
    fn blame(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Candle(ref error) if failure.is_of_device() && !failure.is_out_of_memory() => {
                DeviceError::Lost { device: format!("cuda:{}", self.index), reason: super::reason(error) }.into()
            }
            other => other,
        }
    }
}
