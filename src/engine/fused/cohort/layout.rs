//! The memory of a network in training on a GPU, and what the kernel is told of it: the twins of `kernel/train.cuh`.

use std::ops::Range;
use std::time::Duration;

use crate::activation::{self, Activation, Pointwise};
use crate::dataset::{Batching, Task};
use crate::engine::DeviceError;
use crate::engine::fused::regular::Regular;
use crate::loss;
use crate::numerics::LANES;
use crate::optim::Optimizer;

/// What a step of a warp may take for each 32 parameters and 32 samples that it has.
const STEP: Duration = Duration::from_micros(20);

/// What all networks of a launch share. Offsets and lengths count f32.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Shape {
    /// Layers of weights.
    pub layers: u32,
    /// Inputs of a sample.
    pub features: u32,
    /// The task's code.
    pub task: u32,
    /// Outputs of the network.
    pub outputs: u32,
    /// Samples of a data set.
    pub samples: u32,
    /// Those of them that take part in an epoch.
    pub trained: u32,
    /// Samples of a full batch.
    pub batch: u32,
    /// Groups of 32 samples in it.
    pub groups: u32,
    /// From one unit's values to the next one's.
    pub row: u32,
    /// Batches of an epoch.
    pub steps: u32,
    /// Epochs that this launch has a part in.
    pub epochs: u32,
    /// Epochs trained before it.
    pub before: u32,
    /// Batches of the first of these epochs that are trained already.
    pub from: u32,
    /// Batches of the last of these epochs that are trained when the launch is over.
    pub until: u32,
    /// Orders of each epoch.
    pub orders: u32,
    /// Tables of scalars.
    pub tables: u32,
    /// Parameters, in tiles of 32.
    pub tiles: u32,
    /// Slots of optimizer state, of the optimizer that has most.
    pub slots: u32,
    /// Where the optimizer's state begins; the parameters come first.
    pub state: u32,
    /// Where room begins for as much again, if biases of some have an optimizer of their own.
    pub spare: u32,
    /// Where gradients begin that wait for their length to be known, if some do.
    pub gradients: u32,
    /// Where the targets of a batch begin.
    pub targets: u32,
    /// Where the losses of its samples begin.
    pub losses: u32,
    /// Where the weights of its samples begin, if there are any.
    pub weights: u32,
    /// Where a row of ones begins.
    pub ones: u32,
    /// The memory of a network.
    pub memory: u32,
    /// The task's [`numerator`](loss::numerator).
    pub numerator: f32,
    /// Networks.
    pub runs: u32,
}

impl Shape {
    /// Warps that are worth their barriers: one for each thousand products of a step's gradients.
    pub fn warps(&self) -> u32 {
        (self.blocks() / 32).next_power_of_two().clamp(1, 16)
    }

    /// Warps that have work: one for each four blocks.
    pub fn most_warps(&self) -> u32 {
        (self.blocks() / 4).clamp(self.warps(), 16)
    }

    /// How long a step may take on a GPU that has much to do, where none has been measured. Too long rather than too
    /// short: a first launch can be cut no more.
    pub fn guess(&self) -> Duration {
        STEP * self.blocks().div_ceil(self.warps())
    }

    /// That of a launch of these steps, counted over all epochs.
    pub fn of(self, steps: &Range<usize>) -> Self {
        // Counts of steps and epochs are the kernel's, of 32 bits.
        let (per_epoch, n) = (self.steps as usize, |count: usize| count as u32);
        let (before, last) = (steps.start / per_epoch, (steps.end - 1) / per_epoch);
        Self {
            epochs: n(last + 1 - before),
            before: n(before),
            from: n(steps.start - before * per_epoch),
            until: n(steps.end - last * per_epoch),
            ..self
        }
    }

    /// Of 32 parameters by 32 samples.
    fn blocks(&self) -> u32 {
        self.tiles.saturating_mul(self.groups)
    }
}

/// A layer's place in the memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Place {
    /// Units before.
    pub inputs: u32,
    /// Units.
    pub outputs: u32,
    /// Its weights, row-major `outputs × inputs`.
    pub weight: u32,
    /// Its biases.
    pub bias: u32,
    /// Rows of its inputs.
    pub x: u32,
    /// Rows of its pre-activations, where an activation's slope needs them.
    pub z: u32,
    /// Rows of its values.
    pub y: u32,
    /// Rows of the derivatives by the pre-activations of the layer before.
    pub d_inputs: u32,
    /// Rows of the derivatives by its own pre-activations.
    pub d: u32,
}

/// What one network has of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Member {
    /// Number of its data set.
    pub data: u32,
    /// Number of its order of samples, or [`NONE`].
    pub order: u32,
    /// Number of its samples' weights, or [`NONE`].
    pub weights: u32,
    /// Number of its table of scalars.
    pub table: u32,
    /// Number of what it does beside plain training, or [`NONE`].
    pub regular: u32,
    /// Its activation's code.
    pub activation: u32,
    /// Its optimizer's code.
    pub optimizer: u32,
    /// What changes the optimizer's formula.
    pub variant: u32,
    /// The slot of its state that is evaluated in place of the parameters, or [`NONE`].
    pub averaged: u32,
    /// The activation's settings, in order.
    pub settings: [f32; SETTINGS],
}

/// What a network does beside plain training.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Beside {
    /// Philox's key.
    pub key: [u32; 2],
    /// Standard deviation of the inputs' noise.
    pub noise: f32,
    /// What targets are multiplied by.
    pub keep: f32,
    /// And what is added to them then; 0: they are not smoothed.
    pub spread: f32,
    /// The penalty on magnitudes.
    pub l1: f32,
    /// The largest magnitude of a gradient.
    pub clip_value: f32,
    /// The largest length of the gradient.
    pub clip_norm: f32,
    /// What of it is done: bits as in `kernel/regular.cuh`.
    pub flags: u32,
    /// Number of the table of scalars of the optimizer of biases, where that is another one, or [`NONE`].
    pub table_of_biases: u32,
    /// And its variant.
    pub variant_of_biases: u32,
}

impl Beside {
    pub(super) fn new(regular: &Regular) -> Self {
        let Regular { chance, noise, smoothing, l1, clip_value, clip_norm, decay_biases, .. } = *regular;
        let flags = [clip_value.is_some(), clip_norm.is_some(), decay_biases];
        Self {
            key: chance.key,
            noise,
            keep: smoothing.map_or(1.0, |smoothing| smoothing.keep),
            spread: smoothing.map_or(0.0, |smoothing| smoothing.spread),
            l1,
            clip_value: clip_value.unwrap_or_default(),
            clip_norm: clip_norm.unwrap_or_default(),
            flags: flags.into_iter().enumerate().map(|(bit, set)| u32::from(set) << bit).sum(),
            table_of_biases: NONE,
            variant_of_biases: NONE,
        }
    }
}

/// Between rows, so that neighbouring lanes that read neighbouring rows, four numbers at once, do so from different banks
/// of shared memory.
const PADDING: usize = 4;

/// The samples' own order, no weights, or no slot.
pub const NONE: u32 = u32::MAX;

/// In place of the epoch in which a run diverged: the kernel does not know the code of its task, activation or optimizer.
pub const UNKNOWN: u32 = u32::MAX;

/// What decides how a network is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Like<'a> {
    /// Layer widths from input to output.
    pub units: &'a [usize],
    /// What is predicted.
    pub task: Task,
    /// Samples to train on.
    pub samples: usize,
    /// How they are divided into batches.
    pub batching: Batching,
    /// Whether they count differently.
    pub weighted: bool,
    /// Whether gradients are no longer than they may be.
    pub clipped: bool,
    /// Whether biases have an optimizer of their own.
    pub apart: bool,
}

/// A network's memory, laid out.
#[derive(Clone, Debug)]
pub struct Layout {
    /// What the launch shares.
    pub shape: Shape,
    /// The layers.
    pub places: Vec<Place>,
    /// Of each parameter, and of what fills the last tile, the row of derivatives; its products with the row in `right`,
    /// summed over the batch, are the gradient.
    pub left: Vec<u32>,
    /// The row of inputs, or of ones.
    pub right: Vec<u32>,
}

impl Layout {
    /// The layout of `runs` networks like this one, with room for so many slots of state, and for pre-activations if some
    /// activation's slope needs them.
    ///
    /// # Errors
    /// If the network is beyond what the kernel can address.
    pub fn new(like: Like, runs: usize, slots: usize, kept: bool) -> Result<Self, DeviceError> {
        let Like { units, task, samples, batching, weighted, clipped, apart } = like;
        let division = batching.divide(samples);
        let batch = division.size;
        let groups = batch.div_ceil(LANES);
        let row = groups * LANES + PADDING;
        let mut end = 0;
        let mut take = |length: usize| {
            end += length;
            end - length
        };
        let parameters = super::super::padded_len(units);
        take(parameters);
        let state = take(slots * parameters);
        let spare = take(if apart { slots * parameters } else { 0 });
        let gradients = take(if clipped { parameters } else { 0 });
        let (targets, losses, ones) = (take(row), take(row), take(row));
        let weights = take(if weighted { row } else { 0 });
        let mut x = take(units[0] * row);
        let (mut at, mut d_inputs) = (0, 0);
        let (mut places, mut sums) = (Vec::new(), Vec::new());
        for (l, w) in units.windows(2).enumerate() {
            let (inputs, outputs) = (w[0], w[1]);
            let hidden = l + 2 < units.len();
            let (y, d) = (take(outputs * row), take(outputs * row));
            let z = if hidden && kept { take(outputs * row) } else { y };
            let bias = at + inputs * outputs;
            for left in (0..outputs).map(|o| d + o * row) {
                sums.extend((0..inputs).map(|i| (left, x + i * row)));
            }
            sums.extend((0..outputs).map(|o| (d + o * row, ones)));
            places.push([inputs, outputs, at, bias, x, z, y, d_inputs, d]);
            at = bias + outputs;
            (x, d_inputs) = (y, d);
        }
        // What is summed for no parameter has no meaning.
        sums.resize(parameters, (ones, ones));
        let bytes = end as u64 * 4;
        if i32::try_from(end).is_err() || i32::try_from(samples * units[0]).is_err() {
            return Err(DeviceError::TooLarge { needed: bytes, available: 4 * i32::MAX as u64 });
        }
        // All are places within `end`, or counts of what has one there.
        let n = |count: usize| count as u32;
        let shape = Shape {
            layers: n(places.len()),
            features: n(units[0]),
            task: task_code(task),
            outputs: n(task.outputs()),
            samples: n(samples),
            trained: n(division.trained),
            batch: n(batch),
            groups: n(groups),
            row: n(row),
            steps: n(division.steps()),
            epochs: 0,
            before: 0,
            from: 0,
            until: 0,
            orders: 0,
            tables: 0,
            tiles: n(parameters / LANES),
            slots: n(slots),
            state: n(state),
            spare: n(spare),
            gradients: n(gradients),
            targets: n(targets),
            losses: n(losses),
            weights: n(weights),
            ones: n(ones),
            memory: n(end),
            numerator: loss::numerator(task),
            runs: n(runs),
        };
        let place = |p: [usize; 9]| {
            let [inputs, outputs, weight, bias, x, z, y, d_inputs, d] = p.map(n);
            Place { inputs, outputs, weight, bias, x, z, y, d_inputs, d }
        };
        let (left, right) = sums.into_iter().map(|(left, right)| (n(left), n(right))).unzip();
        Ok(Self { shape, places: places.into_iter().map(place).collect(), left, right })
    }
}

/// As in `kernel/loss.cuh`.
fn task_code(task: Task) -> u32 {
    match task {
        Task::Regression => 0,
        Task::Binary => 1,
        Task::Multiclass { .. } => 2,
    }
}

/// Settings of an activation that the kernel takes, at most; the same in `kernel/activation.cuh`.
pub const SETTINGS: usize = 2;

/// The code in `kernel/activation.cuh`, and the settings in order.
pub(super) fn activation_code(activation: &Activation) -> (u32, [f32; SETTINGS]) {
    let code = match activation {
        Activation::Relu(_) => 0,
        Activation::LeakyRelu(_) => 1,
        Activation::Elu(_) => 2,
        Activation::Selu(_) => 3,
        Activation::Gelu(_) => 4,
        Activation::Silu(_) => 5,
        Activation::Mish(_) => 6,
        Activation::Softplus(_) => 7,
        Activation::Softsign(_) => 8,
        Activation::Tanh(_) => 9,
        Activation::Sigmoid(_) => 10,
        Activation::Linear(_) => 11,
        Activation::GeluTanh(_) => 12,
        Activation::Relu6(_) => 13,
        Activation::Hardtanh(_) => 14,
    };
    let own = activation.settings();
    let mut settings = [0.0; SETTINGS];
    let values = own.params().iter().map(|param| own.get(param.name).and_then(|value| value.as_f64()));
    assert!(own.params().len() <= SETTINGS, "the kernel takes {SETTINGS} settings of an activation");
    for (place, value) in settings.iter_mut().zip(values) {
        *place = value.expect("a setting of an activation is a number") as f32;
    }
    (code, settings)
}

/// The code and the variant in `kernel/optim.cuh`; none of an optimizer that moves a network as a whole.
pub(super) fn optimizer_code(optimizer: &Optimizer) -> Option<(u32, u32)> {
    let bits = |bits: [bool; 4]| bits.into_iter().enumerate().map(|(k, bit)| u32::from(bit) << k).sum();
    let decoupled = |decoupled: bool| u32::from(decoupled) << 4;
    Some(match optimizer {
        Optimizer::Sgd(sgd) => (0, bits([sgd.momentum != 0.0, sgd.nesterov, false, false])),
        Optimizer::Adam(adam) => (1, bits([false, false, adam.amsgrad, false])),
        Optimizer::AdamW(adam) => (2, bits([false, false, adam.amsgrad, false])),
        Optimizer::RmsProp(rmsprop) => (3, bits([rmsprop.momentum > 0.0, false, false, rmsprop.centered])),
        Optimizer::Adagrad(_) => (4, 0),
        Optimizer::Adadelta(_) => (5, 0),
        Optimizer::Adamax(_) => (6, 0),
        Optimizer::NAdam(nadam) => (7, decoupled(nadam.decoupled_weight_decay)),
        Optimizer::RAdam(radam) => (8, decoupled(radam.decoupled_weight_decay)),
        Optimizer::Rprop(_) => (9, 0),
        Optimizer::Asgd(_) => (10, 0),
        Optimizer::Lion(_) => (11, 0),
        Optimizer::Signum(_) => (12, 0),
        Optimizer::Adan(_) => (13, 0),
        Optimizer::AdEmaMix(_) => (14, 0),
        Optimizer::AdaBelief(_) => (15, 0),
        Optimizer::Yogi(_) => (16, 0),
        Optimizer::Adopt(_) => (17, 0),
        Optimizer::ScheduleFreeAdamW(_) => (18, 0),
        Optimizer::ScheduleFreeSgd(_) => (19, 0),
        Optimizer::Muon(_)
        | Optimizer::Adafactor(_)
        | Optimizer::Prodigy(_)
        | Optimizer::Lbfgs(_)
        | Optimizer::Soap(_) => return None,
    })
}

/// Whether an activation's slope needs the pre-activations.
pub fn keeps_inputs(activation: &Activation) -> bool {
    struct Keeps;
    impl activation::Visitor for Keeps {
        type Output = bool;
        fn visit<A: Pointwise>(self, _: &A) -> bool {
            !A::FROM_VALUE
        }
    }
    activation.visit(Keeps)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes that a source of the kernel's names, in an enum and by their count, are exactly those of `names`.
    fn assert_known(source: &str, kind: &str, count: &str, names: &[(u32, &str)]) {
        let list = source.split_once(&format!("enum {kind} : uint32_t {{")).expect("declared").1;
        let list = list.split_once('}').expect("closed").0;
        let known = (0..).zip(list.split(',').map(|name| name.trim().to_lowercase()));
        let known: Vec<(u32, String)> = known.collect();
        let mut names: Vec<_> = names.iter().map(|&(code, name)| (code, name.to_owned())).collect();
        names.sort();
        assert_eq!(known, names, "`enum {kind}` of the kernel, and what the host sends");
        assert!(source.contains(&format!("constexpr uint32_t {count} = {};", names.len())), "{count} in the kernel");
    }

    #[test]
    fn the_kernel_knows_every_task_activation_and_optimizer_by_its_code() {
        let optimizers = Optimizer::all();
        let optimizers = optimizers.iter().filter_map(|o| Some((optimizer_code(o)?.0, o.name())));
        let optimizers: Vec<_> = optimizers.collect();
        assert_known(include_str!("../kernel/optim.cuh"), "Optimizer", "OPTIMIZERS", &optimizers);
        let activations: Vec<_> = Activation::all().iter().map(|a| (activation_code(a).0, a.name())).collect();
        let source = include_str!("../kernel/activation.cuh");
        assert_known(source, "Activation", "ACTIVATIONS", &activations);
        assert!(source.contains(&format!("constexpr int SETTINGS = {SETTINGS};")));
        let tasks = [Task::Regression, Task::Binary, Task::Multiclass { classes: 3 }].map(task_code);
        let tasks: Vec<_> = tasks.into_iter().zip(["regression", "binary", "multiclass"]).collect();
        assert_known(include_str!("../kernel/loss.cuh"), "Task", "TASKS", &tasks);
    }
}
