//! Many trainings of one shape at once, each a team of warps on a GPU, with the bits that each has alone on a CPU.
//!
//! The host lays out the memory and computes in f64 what depends on the step alone; the kernel under `../kernel` does the
//! rest, and draws the orders from their keys. It gets some steps at a time, as many as take a moment, so that a stop is
//! noticed: whole epochs where one takes less. The accelerator behind [`Accelerator`] is a GPU, or in tests the same kernel
//! compiled for a host.

mod ahead;
mod layout;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use super::regular::Regular;
use super::{History, Layer, Outcome, Status, Training, network, outcome, padded_len, unpacked};
use crate::activation::Activation;
use crate::engine::{DeviceError, Failure};
use crate::numerics::{self, LANES};
use crate::optim::{self, Optimizer, Rule, Scalars, Start, Whole, Wrappers};
use crate::schedule::Schedule;
pub use ahead::BESIDE;
use ahead::{Ahead, Ready};
pub use layout::{Beside, Layout, Like, Member, NONE, Place, Shape, UNKNOWN, keeps_inputs};

/// A launch should take about so long.
pub const MOMENT: Duration = Duration::from_millis(150);

/// What a launch needs beside the cohort.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Keys of the streams that the orders are drawn from, eight words each: epoch by epoch, order by order.
    pub keys: &'a [u32],
    /// Scalars, step by step, table by table.
    pub scalars: &'a [f32],
    /// Of each run what [`Progress::ended`] said last.
    pub ended: &'a [u32],
}

/// What a launch yields, for each run and each epoch that it had a part in.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Losses of the epochs' last batches.
    pub last: Vec<f32>,
    /// Mean losses of the epochs.
    pub mean: Vec<f32>,
    /// Of each run, the epoch that was its last, from 1; 0: it goes on; [`UNKNOWN`]: it cannot be trained.
    pub ended: Vec<u32>,
    /// How long the device was at it.
    pub took: Duration,
}

/// What runs the kernel.
pub trait Accelerator {
    /// Takes what does not change between launches.
    ///
    /// # Errors
    /// If there is no room for it, or the device fails.
    fn begin(&mut self, cohort: &Cohort) -> Result<(), Failure>;

    /// Trains all runs that have not ended for the steps of `shape`, and calls `meanwhile` while it does.
    ///
    /// # Errors
    /// If the device fails, or has no room for what the launch needs: it is not begun then.
    fn advance(&mut self, shape: &Shape, inputs: Inputs, meanwhile: &mut dyn FnMut()) -> Result<Progress, Failure>;

    /// The parameters of all runs.
    ///
    /// # Errors
    /// If the device fails.
    fn parameters(&mut self) -> Result<Vec<f32>, Failure>;

    /// Gives the cohort's memory back, with nothing more to be asked of it.
    fn leave(&mut self) {}

    /// How long a launch may take.
    fn moment(&self) -> Duration {
        MOMENT
    }

    /// How many of the steps left the next launch is to have, where one takes about so long.
    fn pace(&self, left: usize, step: Duration) -> usize {
        ((self.moment().as_secs_f64() / step.as_secs_f64()) as usize).clamp(1, left)
    }

    /// Waits until no other cohort has memory on the device. False where this one has it alone already, so that waiting
    /// would give it none.
    fn wait_alone(&mut self) -> bool {
        false
    }
}

/// What does not change between launches.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// The memory of each network.
    pub layout: Layout,
    /// The runs.
    pub members: Vec<Member>,
    /// Inputs of all data sets, one after the other.
    pub x: Vec<f32>,
    /// Their targets.
    pub y: Vec<f32>,
    /// All weights of samples, one set after the other.
    pub weights: Vec<f32>,
    /// What runs do beside plain training.
    pub regular: Vec<Beside>,
    /// Of each of these: of each hidden layer the rate of its dropout, and what is made of the units that stay.
    pub dropout: Vec<f32>,
    /// First parameters of each run, `tiles × 32`.
    pub parameters: Vec<f32>,
    /// First state of its optimizer, `slots` times as many.
    pub state: Vec<f32>,
}

impl Cohort {
    /// Whether no run does anything beside plain training, and all samples count the same: the kernel has less to do then.
    pub fn is_plain(&self) -> bool {
        self.members.iter().all(|member| (member.regular, member.weights) == (NONE, NONE))
    }
}

/// What one network of a kind needs on a device.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// As if it were trained alone.
    pub shape: Shape,
    /// Of the device's memory, with data of its own.
    pub bytes: u64,
}

/// Whether the kernel trains with this optimizer.
///
/// # Errors
/// If it does not, by the name of what it has not.
pub fn check(optimizer: &Optimizer, wrappers: &Wrappers) -> Result<(), DeviceError> {
    let unknown = layout::optimizer_code(optimizer).is_none().then(|| optimizer.name());
    unknown.or(wrappers.key()).map_or(Ok(()), |name| Err(DeviceError::OnlyCpu(name)))
}

/// What one network of this kind needs.
///
/// # Errors
/// If it is beyond what the kernel can address.
pub fn need(like: Like, activation: &Activation, optimizer: &Optimizer) -> Result<Need, DeviceError> {
    let layout = Layout::new(like, 1, slots(optimizer), keeps_inputs(activation))?;
    let Shape { memory, tiles, slots, samples, features, steps, .. } = layout.shape;
    let network = memory + tiles * LANES as u32 * (1 + slots);
    // Inputs, targets, an order and weights; scalars of an epoch; and of each parameter the rows of its gradient.
    let samples = u64::from(samples) * u64::from(features + 2 + u32::from(like.weighted));
    let others = steps as usize * size_of::<Scalars>() + size_of_val(&layout.left[..]) * 2;
    Ok(Need { shape: layout.shape, bytes: 4 * (u64::from(network) + samples) + others as u64 })
}

/// What the slots of state that an optimizer keeps for each parameter start from.
fn starts(optimizer: &Optimizer) -> Vec<Start> {
    struct Starts;
    impl optim::Visitor for Starts {
        type Output = Vec<Start>;
        fn elementwise<R: Rule>(self, rule: &R) -> Vec<Start> {
            rule.slots()
        }
        fn whole<W: Whole>(self, _: &W) -> Vec<Start> {
            Vec::new()
        }
    }
    optimizer.visit(Starts)
}

/// Slots of state that an optimizer keeps for each parameter, of those that the kernel has.
pub fn slots(optimizer: &Optimizer) -> usize {
    starts(optimizer).len()
}

/// The slot that is evaluated in place of the parameters, or [`NONE`].
fn averaged(optimizer: &Optimizer) -> u32 {
    struct Averaged;
    impl optim::Visitor for Averaged {
        type Output = u32;
        fn elementwise<R: Rule>(self, rule: &R) -> u32 {
            rule.averaged().map_or(NONE, |slot| slot as u32)
        }
        fn whole<W: Whole>(self, _: &W) -> u32 {
            NONE
        }
    }
    optimizer.visit(Averaged)
}

/// Numbers things by their first occurrence.
fn number<K: Ord>(seen: &mut BTreeMap<K, u32>, key: K) -> (u32, bool) {
    let next = seen.len() as u32;
    let number = *seen.entry(key).or_insert(next);
    (number, number == next)
}

/// The trainings of a cohort, prepared.
struct Prepared<'a> {
    cohort: Cohort,
    ahead: Ahead<'a>,
}

impl<'a> Prepared<'a> {
    fn new(trainings: &'a [Training<'a>], layers: &[Vec<Layer>]) -> Result<Self, DeviceError> {
        trainings.iter().try_for_each(|training| check(training.optimizer, &training.wrappers))?;
        let kept = trainings.iter().any(|training| keeps_inputs(training.activation));
        let regular: Vec<_> = trainings.iter().map(Regular::new).collect();
        let slots = trainings.iter().map(|training| slots(training.optimizer)).max().unwrap_or_default();
        let Training { units, data, batching, .. } = trainings[0];
        let weighted = trainings.iter().any(|training| training.weights().is_some());
        let clipped = regular.iter().flatten().any(|regular| regular.clip_norm.is_some());
        let apart = trainings.iter().any(|training| training.optimizer_of_biases().is_some());
        let like = Like { units, task: data.task, samples: data.train.len(), batching, weighted, clipped, apart };
        let layout = Layout::new(like, trainings.len(), slots, kept)?;
        let padded = padded_len(trainings[0].units);
        let (mut data_seen, mut order_seen, mut weights_seen) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut tables_seen: Vec<(Optimizer, u64, &Schedule)> = Vec::new();
        let mut cohort = Cohort {
            layout,
            members: Vec::with_capacity(trainings.len()),
            x: Vec::new(),
            y: Vec::new(),
            weights: Vec::new(),
            regular: Vec::new(),
            dropout: Vec::new(),
            parameters: Vec::with_capacity(trainings.len() * padded),
            state: Vec::with_capacity(trainings.len() * padded * slots),
        };
        let mut ahead = Ahead::new(cohort.layout.shape.steps as usize);
        for ((training, layers), regular) in trainings.iter().zip(layers).zip(regular) {
            // Data sets and orders are shared by those who share the very same one.
            let (data, new) = number(&mut data_seen, std::ptr::from_ref(training.data));
            if new {
                cohort.x.extend(&training.data.train.x);
                cohort.y.extend(&training.data.train.y);
            }
            let weights = training.weights().map(|weights: Cow<[f32]>| {
                let classes = training.regularization.class_weights.iter().map(|weight| weight.to_bits());
                let key = (std::ptr::from_ref(training.data), classes.collect::<Vec<u32>>());
                let (weights_number, new) = number(&mut weights_seen, key);
                if new {
                    cohort.weights.extend_from_slice(&weights);
                }
                weights_number
            });
            let order = training.order.map(|order| {
                let (order_number, new) = number(&mut order_seen, std::ptr::from_ref(order).cast::<()>());
                if new {
                    ahead.add_order(order);
                }
                order_number
            });
            let mut table_of = |optimizer: Optimizer| {
                let key = (optimizer, training.learning_rate.to_bits(), training.schedule);
                tables_seen.iter().position(|seen| *seen == key).map_or_else(
                    || {
                        let table = ahead.add_table(training, &key.0);
                        tables_seen.push(key);
                        table
                    },
                    |seen| seen as u32,
                )
            };
            let table = table_of(training.optimizer.clone());
            let starts = starts(training.optimizer);
            let (activation, settings) = layout::activation_code(training.activation);
            let code = |optimizer: &Optimizer| {
                layout::optimizer_code(optimizer).expect("`check` refuses what the kernel has not")
            };
            let (optimizer, variant) = code(training.optimizer);
            let (order, weights) = (order.unwrap_or(NONE), weights.unwrap_or(NONE));
            let averaged = averaged(training.optimizer);
            let regular = regular.map_or(NONE, |regular| {
                let hidden = training.units.len() - 2;
                let dropout = (0..hidden).map(|l| regular.dropout.get(l).copied().flatten());
                cohort.dropout.extend(dropout.flat_map(|drop| drop.map_or([0.0, 1.0], |drop| [drop.rate, drop.scale])));
                let mut beside = Beside::new(&regular);
                if let Some(of_biases) = training.optimizer_of_biases() {
                    beside.variant_of_biases = code(&of_biases).1;
                    beside.table_of_biases = table_of(of_biases);
                }
                cohort.regular.push(beside);
                cohort.regular.len() as u32 - 1
            });
            let member =
                Member { data, order, weights, table, regular, activation, optimizer, variant, averaged, settings };
            cohort.members.push(member);
            let from = cohort.parameters.len();
            let end = from + padded;
            cohort.parameters.extend(layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias)));
            cohort.parameters.resize(end, 0.0);
            for k in 0..slots {
                match starts.get(k).copied().unwrap_or(Start::At(0.0)) {
                    Start::At(number) => cohort.state.extend(std::iter::repeat_n(number, padded)),
                    Start::Parameter => cohort.state.extend(&cohort.parameters[from..end]),
                }
            }
        }
        let shape = &mut cohort.layout.shape;
        (shape.tables, shape.orders) = ahead.counts();
        Ok(Self { cohort, ahead })
    }
}

/// How far a run has come.
#[derive(Clone, Debug, Default)]
struct Course {
    history: History,
    /// The epoch in which it diverged, from 1.
    diverged: Option<usize>,
    /// Parameters that a watcher had it keep.
    kept: Option<Vec<f32>>,
}

/// Trains networks of one shape, each from its layers; the outcomes come in their order.
///
/// # Errors
/// If the device fails or has no room, a watcher fails, or there is a stop; nothing is kept then.
pub fn train(
    trainings: &[Training],
    layers: &[Vec<Layer>],
    accelerator: &mut dyn Accelerator,
) -> Result<Vec<Outcome>, Failure> {
    let Some(first) = trainings.first() else { return Ok(Vec::new()) };
    let Prepared { cohort, mut ahead } = Prepared::new(trainings, layers)?;
    accelerator.begin(&cohort)?;
    let mut shape = cohort.layout.shape;
    let mut courses = vec![Course::default(); trainings.len()];
    let mut ended = vec![0; trainings.len()];
    let per_epoch = shape.steps as usize;
    let all = first.epochs * per_epoch;
    let (mut done, mut step) = (0, shape.guess());
    let limit = ahead.most(trainings.len(), shape.samples as usize);
    let (mut ready, mut most) = (Ready::default(), limit);
    while done < all && ended.contains(&0) {
        if first.stop.is_set() {
            return Err(Failure::Stopped);
        }
        let running: Vec<usize> = (0..trainings.len()).filter(|&run| ended[run] == 0).collect();
        let wanted = |epoch| running.iter().any(|&run| trainings[run].watcher(epoch).is_some());
        let paced = accelerator.pace(all - done, step).min(most);
        let coming = done..end_of_launch(done, paced, per_epoch, wanted);
        shape = shape.of(&coming);
        ahead.prepare(coming.end, &mut ready);
        let inputs = ahead.inputs(&ready, &coming, &ended);
        let mut next = Ready::default();
        // The next launch is likely to have as many steps.
        let after = (coming.end + coming.len()).min(all);
        let progress = accelerator.advance(&shape, inputs, &mut || ahead.prepare(after, &mut next));
        ready.append(next);
        let progress = match progress {
            // What a launch needs shrinks before the cohort does.
            Err(failure) if failure.is_out_of_memory() && coming.len() > per_epoch => {
                most = coming.len() / 2;
                continue;
            }
            progress => progress?,
        };
        step = progress.took / coming.len() as u32;
        ended = progress.ended;
        if ended.contains(&UNKNOWN) {
            return Err(DeviceError::Unknowing.into());
        }
        for &run in &running {
            let Course { history, diverged, .. } = &mut courses[run];
            *diverged = Some(ended[run] as usize).filter(|&epoch| epoch > 0);
            let (before, epochs) = (shape.before as usize, shape.epochs as usize);
            let trained = diverged.unwrap_or(coming.end / per_epoch) - before;
            let place = run * epochs..run * epochs + trained;
            history.last.extend(progress.last[place.clone()].iter().copied().map(numerics::canonical));
            history.mean.extend(progress.mean[place].iter().copied().map(numerics::canonical));
        }
        most = limit.min(2 * most);
        done = coming.end;
        ahead.release(&mut ready, done);
        let over = done.is_multiple_of(per_epoch).then_some(done / per_epoch);
        show(trainings, &running, &mut courses, &mut ended, over, shape, accelerator)?;
    }
    let parameters = accelerator.parameters()?;
    // They are evaluated on the host, while others train.
    accelerator.leave();
    let networks = parameters.chunks_exact(shape.tiles as usize * LANES).zip(trainings);
    let ends = networks.zip(courses).map(|((parameters, training), Course { history, diverged, kept })| {
        if training.stop.is_set() {
            return Err(Failure::Stopped);
        }
        let layers = unpacked(training.units, kept.as_deref().unwrap_or(parameters));
        let status = diverged.map_or(Status::Done, |epoch| Status::Diverged { epoch });
        Ok(outcome(training, layers, status, history))
    });
    ends.collect()
}

/// The step before which a launch from step `done` ends that has `paced` steps at most, one at least: at the end of an epoch that
/// is wanted, or of the last epoch that it has time for, or where there is none.
fn end_of_launch(done: usize, paced: usize, per_epoch: usize, wanted: impl Fn(usize) -> bool) -> usize {
    let (epoch, end) = (done / per_epoch, (done + paced) / per_epoch);
    match (epoch + 1..end).find(|&epoch| wanted(epoch)).unwrap_or(end) {
        end if end > epoch => end * per_epoch,
        _ => done + paced,
    }
}

/// Shows those of the `running` networks that a watcher wants to see at the end of the epoch that is over, if one is, or of the
/// one in which they diverged.
fn show(
    trainings: &[Training],
    running: &[usize],
    courses: &mut [Course],
    ended: &mut [u32],
    over: Option<usize>,
    shape: Shape,
    accelerator: &mut dyn Accelerator,
) -> Result<(), Failure> {
    let due = running.iter().filter_map(|&run| {
        let epoch = courses[run].diverged.or(over)?;
        Some((run, epoch, trainings[run].watcher(epoch)?))
    });
    let due: Vec<_> = due.collect();
    if due.is_empty() {
        return Ok(());
    }
    let parameters = accelerator.parameters()?;
    let length = shape.tiles as usize * LANES;
    for (run, epoch, watch) in due {
        let parameters = &parameters[run * length..(run + 1) * length];
        let layers = unpacked(trainings[run].units, parameters);
        let verdict = watch.see(&courses[run].history.epoch(), &network(&trainings[run], layers))?;
        if verdict.keep {
            courses[run].kept = Some(parameters.to_vec());
        }
        if verdict.stop {
            ended[run] = epoch as u32;
        }
    }
    Ok(())
}
