//! The kernel on a GPU: what a cohort needs is uploaded once; the parameters are a candle tensor, trained in place.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ptr;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use candle_core::cuda_backend::cudarc::driver::sys::{self, CUdevice_attribute, CUfunction_attribute_enum};
use candle_core::cuda_backend::cudarc::driver::{
    CudaContext, CudaFunction, CudaSlice, CudaStream, DeviceRepr, DriverError, LaunchConfig, PushKernelArg,
};
use candle_core::cuda_backend::cudarc::nvrtc::Ptx;
use candle_core::cuda_backend::{CudaStorage, CudaStorageSlice, WrapErr};
use candle_core::{CpuStorage, CudaDevice, InplaceOp1, Layout, Tensor};

use super::cohort::{Accelerator, Beside, Cohort, Inputs, MOMENT, Member, Place, Progress, Shape};
use crate::engine::Failure;

/// The kernels for the common architectures, and PTX for the others.
const KERNELS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/train.fatbin"));

/// Networks of one warp in a block.
const IN_A_BLOCK: u32 = 4;

/// Warps that a multiprocessor should hold, so that one computes while others wait: as many as the registers allow.
const BUSY: u32 = 32;

/// How long a launch may take where the driver ends those of seconds, because the GPU draws a screen too.
const WATCHED_MOMENT: Duration = Duration::from_millis(30);

/// Numbers that `draw_orders` has in shared memory beside the order, as in `kernel/order.cuh`.
const DRAWN: u32 = 8 * 32 + 1;

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
    plain: CudaFunction,
    global: CudaFunction,
    orders: CudaFunction,
    /// Bytes of shared memory that a block can have.
    shared_memory: u32,
    multiprocessors: u32,
    /// How long a launch may take.
    moment: Duration,
}

/// How networks of a shape are put on a GPU.
#[derive(Clone, Copy, Debug)]
struct Blocks {
    /// Of a network.
    warps: u32,
    /// In a block.
    networks: u32,
    /// Bytes of a block; none where the networks are in global memory.
    shared: u32,
}

impl Blocks {
    fn config(self, runs: u32) -> LaunchConfig {
        LaunchConfig {
            grid_dim: (runs.div_ceil(self.networks), 1, 1),
            block_dim: (32, self.warps, self.networks),
            shared_mem_bytes: self.shared,
        }
    }
}

/// The pool that memory of a device comes from; none where the driver has no pools.
fn pool(context: &CudaContext) -> Result<Option<sys::CUmemoryPool>, DriverError> {
    if !context.has_async_alloc() {
        return Ok(None);
    }
    let mut pool = ptr::null_mut();
    // SAFETY: the device is the context's, and the pool is written where there is room for it.
    unsafe { sys::cuDeviceGetDefaultMemPool(&raw mut pool, context.cu_device()) }.result()?;
    Ok(Some(pool))
}

/// Has memory that is freed stay with this process, so that the next cohort need not ask the system for it.
///
/// # Errors
/// If the driver refuses.
pub fn keep_freed_memory(context: &CudaContext) -> Result<(), DriverError> {
    let Some(pool) = pool(context)? else { return Ok(()) };
    let threshold = sys::CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
    let mut all = u64::MAX;
    // SAFETY: the pool is the device's own, which is never destroyed; the attribute is 64 bits.
    unsafe { sys::cuMemPoolSetAttribute(pool, threshold, (&raw mut all).cast()) }.result()
}

/// Gives back what is free of it.
fn give_freed_memory_back(context: &CudaContext) -> Result<(), DriverError> {
    let Some(pool) = pool(context)? else { return Ok(()) };
    // SAFETY: the pool is the device's own, which is never destroyed.
    unsafe { sys::cuMemPoolTrimTo(pool, 0) }.result()
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
        let allow = CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        let carve_out = CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT;
        let load = |name: &str| -> Result<CudaFunction, DriverError> {
            let function = module.load_function(name)?;
            // As much of it as the kernel itself leaves: 1 KiB, or less, is its own.
            let own = function.shared_size_bytes()?;
            function.set_attribute(allow, shared_memory - own)?;
            // All of the memory that is shared memory or cache, in percent.
            function.set_attribute(carve_out, 100)?;
            Ok(function)
        };
        let (shared, plain, orders) = (load("train_shared")?, load("train_plain")?, load("draw_orders")?);
        let global = module.load_function("train_global")?;
        let multiprocessors = context.attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?;
        let is_watched = context.attribute(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT)? != 0;
        let moment = if is_watched { WATCHED_MOMENT } else { MOMENT };
        let (shared_memory, multiprocessors) = (shared_memory.unsigned_abs(), multiprocessors.unsigned_abs());
        Ok(Self { shared, plain, global, orders, shared_memory, multiprocessors, moment })
    }

    /// Blocks of these networks that a multiprocessor trains at once.
    fn resident(&self, blocks: Blocks) -> u32 {
        let kernel = if blocks.shared > 0 { &self.shared } else { &self.global };
        let (threads, shared) = (32 * blocks.warps * blocks.networks, blocks.shared as usize);
        // A driver that does not answer will say why at the launch.
        kernel.occupancy_max_active_blocks_per_multiprocessor(threads, shared, None).unwrap_or(1)
    }

    /// How networks of this shape are put on the GPU. Of networks whose shared memory leaves room for few of them, each has more
    /// warps: the fewest that keep a multiprocessor busy, as far as there is work for them.
    fn blocks(&self, shape: &Shape) -> Blocks {
        let (least, bytes) = (shape.warps(), bytes(shape));
        if bytes > u64::from(self.shared_memory) {
            return Blocks { warps: least, networks: 1, shared: 0 };
        }
        // It fits, so its bytes are few.
        let bytes = bytes as u32;
        let of_one_warp = [IN_A_BLOCK, 2, 1].map(|networks| (1, networks));
        let of_several = [1, 2, 4, 8, 16].map(|warps| (warps, 1));
        let ways = of_one_warp.into_iter().chain(of_several.into_iter().skip(1));
        let ways = ways.filter(|(warps, networks)| {
            (least..=shape.most_warps()).contains(warps) && networks * bytes <= self.shared_memory
        });
        let (mut best, mut most) = (Blocks { warps: least, networks: 1, shared: bytes }, 0);
        for (warps, networks) in ways {
            let blocks = Blocks { warps, networks, shared: networks * bytes };
            let busy = self.resident(blocks) * networks * warps;
            if busy > most {
                (best, most) = (blocks, busy);
            }
            if busy >= BUSY {
                break;
            }
        }
        best
    }

    /// Networks of this shape that the GPU trains at the same time.
    pub fn at_once(&self, device: &CudaDevice, shape: &Shape) -> u32 {
        // A driver that refuses will say why at the launch.
        _ = device.cuda_stream().context().bind_to_thread();
        let blocks = self.blocks(shape);
        self.resident(blocks) * self.multiprocessors * blocks.networks
    }

    /// The orders of so many samples that the streams of these keys give.
    fn draw(&self, stream: &Arc<CudaStream>, keys: &[u32], samples: u32) -> Result<CudaSlice<u32>, DriverError> {
        let orders = keys.len() / 8;
        if orders == 0 {
            return upload(stream, &[]);
        }
        let keys = stream.clone_htod(keys)?;
        // SAFETY: the kernel writes each of them.
        let mut drawn = unsafe { stream.alloc::<u32>(orders * samples as usize) }?;
        let fits = u64::from(samples + DRAWN) * 4 <= u64::from(self.shared_memory);
        let config = LaunchConfig {
            // Few enough to be prepared at once.
            grid_dim: (orders as u32, 1, 1),
            block_dim: (32, 1, 1),
            shared_mem_bytes: if fits { samples * 4 } else { 0 },
        };
        let in_shared = u32::from(fits);
        let mut arguments = stream.launch_builder(&self.orders);
        arguments.arg(&keys).arg(&samples).arg(&in_shared).arg(&mut drawn);
        // SAFETY: the arguments are the kernel's, in its order; it reads eight words for each block, and writes `samples`.
        unsafe { arguments.launch(config) }?;
        Ok(drawn)
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
    /// Of each run, the sum and the count of an epoch that goes on.
    sums: CudaSlice<f64>,
    blocks: Blocks,
    /// Whether all trainings are plain.
    plain: bool,
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
        let blocks = self.kernels.blocks(&shape);
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
                sums: stream.alloc_zeros(2 * shape.runs as usize)?,
                blocks,
                plain: cohort.is_plain(),
                memory: if blocks.shared > 0 { None } else { Some(whole()?) },
                parameters,
            })
        };
        self.uploaded = Some(uploaded().w()?);
        Ok(())
    }

    fn advance(&mut self, shape: &Shape, inputs: Inputs, meanwhile: &mut dyn FnMut()) -> Result<Progress, Failure> {
        let Some(uploaded) = &mut self.uploaded else { return Ok(Progress::default()) };
        let parameters = uploaded.parameters.clone();
        let launched = RefCell::default();
        let uploaded = RefCell::new(uploaded);
        parameters.inplace_op1(&Launch { kernels: self.kernels, uploaded, shape, inputs, launched: &launched })?;
        meanwhile();
        let Some(launched) = launched.into_inner() else { return Ok(Progress::default()) };
        Ok(launched.wait(&self.device.cuda_stream()).w()?)
    }

    fn moment(&self) -> Duration {
        self.kernels.moment
    }

    fn parameters(&mut self) -> Result<Vec<f32>, Failure> {
        let Some(uploaded) = &self.uploaded else { return Ok(Vec::new()) };
        let parameters = uploaded.parameters.to_vec1()?;
        // Whether a copy to pageable memory is over when the driver says so is left to the driver.
        self.device.cuda_stream().synchronize().w()?;
        Ok(parameters)
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
        // An error is seen by whoever uses the device next.
        _ = give_freed_memory_back(self.device.cuda_stream().context());
        true
    }
}

/// Some steps of a cohort as candle's user-defined in-place operation on the parameters of all its networks.
struct Launch<'a> {
    kernels: &'a Kernels,
    uploaded: RefCell<&'a mut Uploaded>,
    shape: &'a Shape,
    inputs: Inputs<'a>,
    launched: &'a RefCell<Option<Launched>>,
}

/// What a launch under way works with.
struct Launched {
    /// Held until it is over.
    _inputs: (CudaSlice<u32>, CudaSlice<f32>),
    last: CudaSlice<f32>,
    mean: CudaSlice<f32>,
    ended: CudaSlice<u32>,
    times: CudaSlice<u64>,
}

impl Launched {
    /// Waits for its end.
    fn wait(self, stream: &Arc<CudaStream>) -> Result<Progress, DriverError> {
        let (last, mean) = (stream.clone_dtoh(&self.last)?, stream.clone_dtoh(&self.mean)?);
        let (ended, times) = (stream.clone_dtoh(&self.ended)?, stream.clone_dtoh(&self.times)?);
        stream.synchronize()?;
        let took = Duration::from_nanos(times[1].saturating_sub(times[0])).max(Duration::from_micros(1));
        Ok(Progress { last, mean, ended, took })
    }
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
        *self.launched.borrow_mut() = Some(self.launch(&stream, parameters).w()?);
        Ok(())
    }
}

impl Launch<'_> {
    fn launch(&self, stream: &Arc<CudaStream>, parameters: &mut CudaSlice<f32>) -> Result<Launched, DriverError> {
        let (shape, uploaded) = (self.shape, &mut *self.uploaded.borrow_mut());
        let entries = shape.runs as usize * shape.epochs as usize;
        let scalars = upload(stream, self.inputs.scalars)?;
        let mut ended = stream.clone_htod(self.inputs.ended)?;
        let (mut last, mut mean) = (stream.alloc_zeros::<f32>(entries)?, stream.alloc_zeros::<f32>(entries)?);
        // When it began and ended, on the device's clock.
        let mut times = stream.clone_htod(&[u64::MAX, 0])?;
        let order = self.kernels.draw(stream, self.inputs.keys, shape.samples)?;
        let kernel = match (&uploaded.memory, uploaded.plain) {
            (Some(_), _) => &self.kernels.global,
            (None, true) => &self.kernels.plain,
            (None, false) => &self.kernels.shared,
        };
        let mut arguments = stream.launch_builder(kernel);
        arguments.arg(shape).arg(&uploaded.places).arg(&uploaded.left).arg(&uploaded.right);
        arguments.arg(&uploaded.members);
        arguments.arg(&uploaded.x).arg(&uploaded.y).arg(&uploaded.weights).arg(&order).arg(&scalars);
        arguments.arg(&uploaded.regular).arg(&uploaded.dropout);
        arguments.arg(parameters).arg(&mut uploaded.state).arg(&mut last).arg(&mut mean).arg(&mut uploaded.sums);
        arguments.arg(&mut ended).arg(&mut times);
        if let Some(memory) = &mut uploaded.memory {
            arguments.arg(memory);
        }
        // SAFETY: the arguments are the kernel's, in its order; it reads and writes within what `Layout` laid out for
        // `shape.runs` networks, and the buffers live until `Launched::wait` has waited for it.
        unsafe { arguments.launch(uploaded.blocks.config(shape.runs)) }?;
        Ok(Launched { _inputs: (order, scalars), last, mean, ended, times })
    }
}
