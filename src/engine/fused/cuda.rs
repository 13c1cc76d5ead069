//! The kernel on a GPU: what a cohort needs is uploaded once; the parameters are a candle tensor, trained in place.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use candle_core::cuda_backend::cudarc::driver::sys::{CUdevice_attribute, CUevent_flags, CUfunction_attribute_enum};
use candle_core::cuda_backend::cudarc::driver::{
    CudaFunction, CudaSlice, CudaStream, DeviceRepr, DriverError, LaunchConfig, PushKernelArg,
};
use candle_core::cuda_backend::cudarc::nvrtc::Ptx;
use candle_core::cuda_backend::{CudaStorage, CudaStorageSlice, WrapErr};
use candle_core::{CpuStorage, CudaDevice, InplaceOp1, Layout, Tensor};

use super::cohort::{Accelerator, Beside, Cohort, Member, Place, Progress, Shape};
use crate::engine::Failure;

/// The kernels for the common architectures, and PTX for the others.
const KERNELS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/train.fatbin"));

/// Networks of one warp in a block.
const IN_A_BLOCK: u32 = 4;

/// An event that tells the time, and for which a thread sleeps.
const TIMED: Option<CUevent_flags> = Some(CUevent_flags::CU_EVENT_BLOCKING_SYNC);

// SAFETY: plain numbers in the order that the kernel's struct of the same fields has them.
unsafe impl DeviceRepr for Shape {}
// SAFETY: as above.
unsafe impl DeviceRepr for Place {}
// SAFETY: as above.
unsafe impl DeviceRepr for Member {}
// SAFETY: as above.
unsafe impl DeviceRepr for Beside {}

/// The kernels, loaded on a GPU.
#[derive(Debug)]
pub struct Kernels {
    shared: CudaFunction,
    global: CudaFunction,
    /// Bytes of shared memory that a block can have.
    shared_memory: u32,
    multiprocessors: u32,
}

/// How networks of a shape are put on a GPU.
struct Blocks<'a> {
    kernel: &'a CudaFunction,
    /// Of a network.
    warps: u32,
    /// In a block.
    networks: u32,
    /// Bytes of a block; none where the networks are in global memory.
    shared: u32,
}

impl Blocks<'_> {
    fn config(&self, runs: u32) -> LaunchConfig {
        LaunchConfig {
            grid_dim: (runs.div_ceil(self.networks), 1, 1),
            block_dim: (32, self.warps, self.networks),
            shared_mem_bytes: self.shared,
        }
    }
}

impl Kernels {
    /// Loads them.
    ///
    /// # Errors
    /// If the driver refuses.
    pub fn load(device: &CudaDevice) -> Result<Self, DriverError> {
        let stream = device.cuda_stream();
        let context = stream.context();
        let module = context.load_module(Ptx::from_binary(KERNELS.to_vec()))?;
        let most = CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN;
        let shared_memory = context.attribute(most)?;
        let shared = module.load_function("train_shared")?;
        let allow = CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        shared.set_attribute(allow, shared_memory)?;
        let global = module.load_function("train_global")?;
        let multiprocessors = context.attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?;
        let (shared_memory, multiprocessors) = (shared_memory.unsigned_abs(), multiprocessors.unsigned_abs());
        Ok(Self { shared, global, shared_memory, multiprocessors })
    }

    fn blocks(&self, shape: &Shape) -> Blocks<'_> {
        let (warps, bytes) = (shape.warps(), bytes(shape));
        if bytes > u64::from(self.shared_memory) {
            return Blocks { kernel: &self.global, warps, networks: 1, shared: 0 };
        }
        // It fits, so its bytes are few.
        let bytes = bytes as u32;
        let networks = if warps == 1 { IN_A_BLOCK.min(self.shared_memory / bytes).max(1) } else { 1 };
        Blocks { kernel: &self.shared, warps, networks, shared: networks * bytes }
    }

    /// Networks of this shape that the GPU trains at the same time.
    pub fn at_once(&self, device: &CudaDevice, shape: &Shape) -> u32 {
        let blocks = self.blocks(shape);
        let (threads, shared) = (32 * blocks.warps * blocks.networks, blocks.shared as usize);
        let bound = device.cuda_stream().context().bind_to_thread();
        let resident = bound
            .and_then(|()| blocks.kernel.occupancy_max_active_blocks_per_multiprocessor(threads, shared, None))
            // A driver that does not answer will say why at the launch.
            .unwrap_or(1);
        resident * self.multiprocessors * blocks.networks
    }
}

/// What trains cohorts on a GPU, one after the other. Its work is queued on the calling thread's own stream, so that cohorts
/// of several threads run at the same time.
pub struct Trainer<'a> {
    device: &'a CudaDevice,
    kernels: &'a Kernels,
    crowd: &'a RwLock<()>,
    place: Option<InCrowd<'a>>,
    uploaded: Option<Uploaded>,
}

/// A place among the cohorts that have memory on a GPU, or its only one.
enum InCrowd<'a> {
    OneOfSome(#[expect(dead_code, reason = "held")] RwLockReadGuard<'a, ()>),
    Alone(#[expect(dead_code, reason = "held")] RwLockWriteGuard<'a, ()>),
}

struct Uploaded {
    places: CudaSlice<Place>,
    left: CudaSlice<u32>,
    right: CudaSlice<u32>,
    members: CudaSlice<Member>,
    x: CudaSlice<f32>,
    y: CudaSlice<f32>,
    weights: CudaSlice<f32>,
    regular: CudaSlice<Beside>,
    dropout: CudaSlice<f32>,
    state: CudaSlice<f32>,
    /// The networks' memory, where it is not shared memory.
    memory: Option<CudaSlice<f32>>,
    parameters: Tensor,
}

impl<'a> Trainer<'a> {
    /// With nothing uploaded yet. Whoever has memory on the GPU holds the lock.
    pub fn new(device: &'a CudaDevice, kernels: &'a Kernels, crowd: &'a RwLock<()>) -> Self {
        Self { device, kernels, crowd, place: None, uploaded: None }
    }

    /// Gives the memory back, and the place among others.
    fn leave(&mut self) {
        self.uploaded = None;
        // Freeing is queued as well. An error is seen by whoever uses the device next.
        _ = self.device.cuda_stream().synchronize();
        if !matches!(self.place, Some(InCrowd::Alone(_))) {
            self.place = None;
        }
    }
}

impl Drop for Trainer<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Uploads; of nothing, one element of no meaning, as the driver has no empty memory.
fn upload<T: DeviceRepr + Clone + Default>(
    stream: &Arc<CudaStream>,
    values: &[T],
) -> Result<CudaSlice<T>, DriverError> {
    if values.is_empty() { stream.clone_htod(&[T::default()]) } else { stream.clone_htod(values) }
}

/// Of a network's memory.
fn bytes(shape: &Shape) -> u64 {
    u64::from(shape.memory) * 4
}

impl Accelerator for Trainer<'_> {
    fn begin(&mut self, cohort: &Cohort) -> Result<(), Failure> {
        // What is left of a cohort before this one makes room first.
        self.leave();
        if self.place.is_none() {
            self.place = Some(InCrowd::OneOfSome(self.crowd.read().unwrap_or_else(PoisonError::into_inner)));
        }
        let shape = cohort.layout.shape;
        let stream = self.device.cuda_stream();
        let in_shared = self.kernels.blocks(&shape).shared > 0;
        let whole = || stream.alloc_zeros::<f32>(shape.runs as usize * shape.memory as usize);
        let parameters = Tensor::from_slice(
            &cohort.parameters,
            cohort.parameters.len(),
            &candle_core::Device::Cuda(self.device.clone()),
        )?;
        let uploaded = || -> Result<Uploaded, DriverError> {
            Ok(Uploaded {
                places: stream.clone_htod(&cohort.layout.places)?,
                left: stream.clone_htod(&cohort.layout.left)?,
                right: stream.clone_htod(&cohort.layout.right)?,
                members: stream.clone_htod(&cohort.members)?,
                x: upload(&stream, &cohort.x)?,
                y: upload(&stream, &cohort.y)?,
                weights: upload(&stream, &cohort.weights)?,
                regular: upload(&stream, &cohort.regular)?,
                dropout: upload(&stream, &cohort.dropout)?,
                state: upload(&stream, &cohort.state)?,
                memory: if in_shared { None } else { Some(whole()?) },
                parameters,
            })
        };
        self.uploaded = Some(uploaded().w()?);
        Ok(())
    }

    fn advance(&mut self, shape: &Shape, order: &[u32], scalars: &[f32], ended: &[u32]) -> Result<Progress, Failure> {
        let Some(uploaded) = &mut self.uploaded else { return Ok(Progress::default()) };
        let (parameters, progress) = (uploaded.parameters.clone(), RefCell::default());
        let uploaded = RefCell::new(uploaded);
        parameters.inplace_op1(&Launch {
            kernels: self.kernels,
            uploaded,
            shape,
            order,
            scalars,
            ended,
            progress: &progress,
        })?;
        Ok(progress.into_inner())
    }

    fn parameters(&mut self) -> Result<Vec<f32>, Failure> {
        let Some(uploaded) = &self.uploaded else { return Ok(Vec::new()) };
        Ok(uploaded.parameters.to_vec1()?)
    }

    fn leave(&mut self) {
        Trainer::leave(self);
    }

    fn wait_alone(&mut self) -> bool {
        if matches!(self.place, Some(InCrowd::Alone(_))) {
            return false;
        }
        self.leave();
        self.place = Some(InCrowd::Alone(self.crowd.write().unwrap_or_else(PoisonError::into_inner)));
        true
    }
}

/// Some epochs of a cohort as candle's user-defined in-place operation on the parameters of all its networks.
struct Launch<'a> {
    kernels: &'a Kernels,
    uploaded: RefCell<&'a mut Uploaded>,
    shape: &'a Shape,
    order: &'a [u32],
    scalars: &'a [f32],
    ended: &'a [u32],
    progress: &'a RefCell<Progress>,
}

impl InplaceOp1 for Launch<'_> {
    fn name(&self) -> &'static str {
        "train"
    }

    fn cpu_fwd(&self, _: &mut CpuStorage, _: &Layout) -> candle_core::Result<()> {
        candle_core::bail!("{}: the parameters of a cohort are on a GPU", self.name())
    }

    fn cuda_fwd(&self, storage: &mut CudaStorage, layout: &Layout) -> candle_core::Result<()> {
        let stream = storage.device.cuda_stream();
        let whole = layout.contiguous_offsets().is_some_and(|(from, _)| from == 0);
        let (CudaStorageSlice::F32(parameters), true) = (&mut storage.slice, whole) else {
            candle_core::bail!("{}: parameters must be contiguous f32", self.name())
        };
        *self.progress.borrow_mut() = self.launch(&stream, parameters).w()?;
        Ok(())
    }
}

impl Launch<'_> {
    fn launch(&self, stream: &Arc<CudaStream>, parameters: &mut CudaSlice<f32>) -> Result<Progress, DriverError> {
        let (shape, uploaded) = (self.shape, &mut *self.uploaded.borrow_mut());
        let entries = shape.runs as usize * shape.epochs as usize;
        let (order, scalars) = (upload(stream, self.order)?, upload(stream, self.scalars)?);
        let mut ended = stream.clone_htod(self.ended)?;
        let (mut last, mut mean) = (stream.alloc_zeros::<f32>(entries)?, stream.alloc_zeros::<f32>(entries)?);
        let blocks = self.kernels.blocks(shape);
        let mut arguments = stream.launch_builder(blocks.kernel);
        arguments.arg(shape).arg(&uploaded.places).arg(&uploaded.left).arg(&uploaded.right);
        arguments.arg(&uploaded.members);
        arguments.arg(&uploaded.x).arg(&uploaded.y).arg(&uploaded.weights).arg(&order).arg(&scalars);
        arguments.arg(&uploaded.regular).arg(&uploaded.dropout);
        arguments.arg(parameters).arg(&mut uploaded.state).arg(&mut last).arg(&mut mean).arg(&mut ended);
        if let Some(memory) = &mut uploaded.memory {
            arguments.arg(memory);
        }
        // Timed where it runs: what the host does meanwhile, and what waits before it, says nothing of an epoch.
        let began = stream.record_event(TIMED)?;
        // SAFETY: the arguments are the kernel's, in its order; it reads and writes within what `Layout` laid out for
        // `shape.runs` networks, and the buffers live until the copies below have waited for it.
        unsafe { arguments.launch(blocks.config(shape.runs)) }?;
        let over = stream.record_event(TIMED)?;
        let progress = Progress {
            last: stream.clone_dtoh(&last)?,
            mean: stream.clone_dtoh(&mean)?,
            ended: stream.clone_dtoh(&ended)?,
            took: Duration::from_secs_f32(began.elapsed_ms(&over)?.max(0.001) / 1e3),
        };
        stream.synchronize()?;
        Ok(progress)
    }
}
