//! What a command trains on: threads and a device.

use super::exit::Result;
use crate::engine::Device;
use crate::parallel::cores;

#[derive(clap::Args, Clone, Debug)]
pub(super) struct Machine {
    /// The number of threads that train [default: all cores]
    #[arg(long, short, value_name = "N")]
    jobs: Option<std::num::NonZeroUsize>,

    /// The device that trains: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: String,
}

impl Machine {
    /// Threads that train.
    pub fn threads(&self) -> usize {
        self.jobs.map_or_else(cores, usize::from)
    }

    /// The device as it was asked for.
    pub fn device_name(&self) -> &str {
        &self.device
    }

    /// The device, opened.
    pub fn device(&self) -> Result<Device> {
        Ok(Device::open(&self.device)?)
    }
}
