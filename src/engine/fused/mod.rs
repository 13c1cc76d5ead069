//! `lib = "fused"`: a whole training as one in-place operation on the storage of candle-nn's layers.
//!
//! The arithmetic is the numerics' contract; everything is specialised by activation or optimizer and chosen before the
//! loop, in which there is no allocation or lock, and of dispatch two calls a step, to the optimizer.

mod batches;
pub mod cohort;
#[cfg(feature = "cuda")]
pub(super) mod cuda;
mod descent;
mod regular;
mod step;
mod wrapped;

use std::cell::RefCell;
use std::convert::Infallible;
use std::ops::Range;

use candle_core::{CpuStorage, Device, InplaceOp1, Layout, Tensor, Var};
use candle_nn::Linear;

use super::{Epoch, EpochMean, Failure, History, Layer, Outcome, Status, Training};
use crate::activation::{self, Pointwise};
use crate::model::Network;
use crate::numerics::{self, Kernel, LANES, Simd};
use batches::{Batch, Batches};
use regular::{Any, During, Extras, Plain, Regular};
use step::{Step, Workspace};

/// candle-nn's layers on one flat storage: weights and biases, layer by layer.
pub struct Model {
    parameters: Var,
    layers: Vec<Linear>,
}

impl Model {
    /// Layers with these weights.
    pub fn new(units: &[usize], layers: &[Layer]) -> Result<Self, Failure> {
        let mut flat: Vec<f32> =
            layers.iter().flat_map(|layer| layer.weight.iter().chain(&layer.bias)).copied().collect();
        flat.resize(padded_len(units), 0.0);
        let parameters = Var::from_vec(flat, padded_len(units), &Device::Cpu)?;
        let (mut at, mut linear) = (0, Vec::new());
        for w in units.windows(2) {
            let (inputs, outputs) = (w[0], w[1]);
            let weight = parameters.narrow(0, at, inputs * outputs)?.reshape((outputs, inputs))?;
            let bias = parameters.narrow(0, at + inputs * outputs, outputs)?;
            linear.push(Linear::new(weight, Some(bias)));
            at += (inputs + 1) * outputs;
        }
        Ok(Self { parameters, layers: linear })
    }

    /// The layers: views of the parameters, which follow the training.
    pub fn layers(&self) -> &[Linear] {
        &self.layers
    }

    /// The weights as they are, NaN in its canonical form.
    pub fn weights(&self) -> Result<Vec<Layer>, Failure> {
        let plain = |tensor: &Tensor| -> Result<Vec<f32>, Failure> {
            let values = tensor.flatten_all()?.to_vec1::<f32>()?;
            Ok(values.into_iter().map(numerics::canonical).collect())
        };
        let layer = |linear: &Linear| {
            let bias = linear.bias().map(plain).transpose()?.unwrap_or_default();
            Ok(Layer { weight: plain(linear.weight())?, bias })
        };
        self.layers.iter().map(layer).collect()
    }
}

/// Trains layers that start with these weights.
pub fn train(training: &Training, layers: &[Layer]) -> Result<Outcome, Failure> {
    let model = Model::new(training.units, layers)?;
    let operation = Operation { training, result: RefCell::new(Err(Failure::Stopped)) };
    model.parameters.inplace_op1(&operation)?;
    let (status, history) = operation.result.into_inner()?;
    Ok(outcome(training, model.weights()?, status, history))
}

/// What a training yields that ended with these weights.
fn outcome(training: &Training, layers: Vec<Layer>, status: Status, history: History) -> Outcome {
    let network = network(training, layers);
    let Ok(measures) =
        super::measured(training, |table, outputs| Ok::<_, Infallible>(network.evaluate(table, outputs)));
    Outcome { status, series: history.into(), measures, layers: network.layers }
}

/// The network of these layers.
fn network(training: &Training, layers: Vec<Layer>) -> Network {
    let Training { units, activation, data, .. } = *training;
    Network { units: units.to_vec(), activation: activation.clone(), task: data.task, layers }
}

/// Shows the network to the training's watcher at the end of an epoch, and keeps a copy of its parameters where
/// that is the answer. Whether the epoch was the last.
#[inline(never)]
fn show(training: &Training, epoch: Epoch, parameters: &[f32], kept: &mut Option<Vec<f32>>) -> Result<bool, Failure> {
    let Some(watch) = training.watcher(epoch.number) else { return Ok(false) };
    let verdict = watch.see(&epoch, &network(training, unpacked(training.units, parameters)))?;
    if verdict.keep {
        *kept = Some(parameters.to_vec());
    }
    Ok(verdict.stop)
}

/// Flat parameters as layers, NaN in its canonical form.
fn unpacked(units: &[usize], mut parameters: &[f32]) -> Vec<Layer> {
    let mut take = |count: usize| {
        let (taken, rest) = parameters.split_at(count);
        parameters = rest;
        taken.iter().copied().map(numerics::canonical).collect()
    };
    units.windows(2).map(|w| Layer { weight: take(w[0] * w[1]), bias: take(w[1]) }).collect()
}

/// The length of the flat parameters: whole vectors, so that the optimizer needs no special case at the end.
fn padded_len(units: &[usize]) -> usize {
    units.windows(2).map(|w| (w[0] + 1) * w[1]).sum::<usize>().next_multiple_of(LANES)
}

/// The places of weights and biases among the flat parameters, layer by layer.
fn tensors(units: &[usize]) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut next = |length: usize| {
        at += length;
        at - length..at
    };
    units.windows(2).flat_map(|w| [next(w[0] * w[1]), next(w[1])]).collect()
}

/// The training as candle's user-defined in-place operation on the flat parameters.
struct Operation<'a> {
    training: &'a Training<'a>,
    result: RefCell<Result<(Status, History), Failure>>,
}

impl InplaceOp1 for Operation<'_> {
    fn name(&self) -> &'static str {
        "train"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let (CpuStorage::F32(values), Some((from, to))) = (storage, layout.contiguous_offsets()) else {
            candle_core::bail!("{}: parameters must be contiguous f32", self.name())
        };
        let (training, parameters) = (self.training, &mut values[from..to]);
        *self.result.borrow_mut() = match Regular::new(training) {
            None => training.activation.visit(WithActivation { training, parameters }),
            Some(regular) => {
                let (activation, roles) = (&Any(training.activation), regular::roles(training.units));
                let extras = During::new(&regular, &roles);
                training.isa.run(Loop { training, parameters, activation, extras })
            }
        };
        Ok(())
    }
}

struct WithActivation<'a> {
    training: &'a Training<'a>,
    parameters: &'a mut [f32],
}

impl activation::Visitor for WithActivation<'_> {
    type Output = Result<(Status, History), Failure>;
    fn visit<A: Pointwise>(self, activation: &A) -> Self::Output {
        let Self { training, parameters } = self;
        training.isa.run(Loop { training, parameters, activation, extras: Plain })
    }
}

/// The loop over epochs and batches, compiled for one activation and instruction set.
struct Loop<'a, A, X> {
    training: &'a Training<'a>,
    parameters: &'a mut [f32],
    activation: &'a A,
    extras: X,
}

impl<A: Pointwise, X: Extras> Kernel for Loop<'_, A, X> {
    type Output = Result<(Status, History), Failure>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let Self { training, parameters, activation, extras } = self;
        let Training { units, data, batching, epochs, .. } = *training;
        let division = batching.divide(data.train.len());
        let mut workspace = Workspace::new::<A>(units, data.task, division.size);
        let mut descent = wrapped::begin(s, training, parameters);
        let (mut batches, mut noisy) = (Batches::new(training, division), Vec::new());
        let (per_epoch, even) = (batches.steps(), batches.even());
        let mut history = History { last: Vec::with_capacity(epochs), mean: Vec::with_capacity(epochs) };
        let (mut status, mut kept) = (Status::Done, None);
        for epoch in 0..epochs {
            let order = training.order_of(epoch);
            let (mut last, mut steps, mut mean) = (0.0, 0, EpochMean::default());
            let stretches = batches.stretches();
            let stays = epoch > 0 && order.is_none() && stretches.len() == 1;
            'steps: for stretch in stretches {
                if !stays {
                    batches.fill(stretch.clone(), order.as_deref());
                }
                for batch in batches.iter(stretch) {
                    if training.stop.is_set() {
                        return Err(Failure::Stopped);
                    }
                    // Before the gradients, which take longer and hide its latency.
                    let step = epoch * per_epoch + steps;
                    let factor = training.schedule.factor(step, per_epoch, epochs * per_epoch);
                    descent.prepare(training.learning_rate * factor);
                    let extras = extras.at(step);
                    let other;
                    let batch = match extras.inputs(s, &batch, &mut noisy) {
                        None => &batch,
                        Some(x) => {
                            other = Batch { x, ..batch };
                            &other
                        }
                    };
                    let (workspace, descent) = (&mut workspace, &mut *descent);
                    let (sum, loss) = Step { workspace, activation, descent, extras, parameters, batch }.run(s);
                    last = loss;
                    let (sum, weight) = if even { (last, 1.0) } else { (sum, batch.shares.weight) };
                    mean.add(f64::from(sum), f64::from(weight));
                    steps += 1;
                    if let Some(trace) = training.trace {
                        trace(numerics::canonical(last));
                    }
                    if !last.is_finite() {
                        break 'steps;
                    }
                }
            }
            history.last.push(numerics::canonical(last));
            history.mean.push(mean.value());
            let mut stopped = false;
            if training.watcher(epoch + 1).is_some() {
                descent.exchange(parameters);
                stopped = show(training, history.epoch(), parameters, &mut kept)?;
                descent.exchange(parameters);
            }
            if !last.is_finite() {
                status = Status::Diverged { epoch: epoch + 1 };
            }
            if stopped || !last.is_finite() {
                break;
            }
        }
        match kept {
            Some(kept) => parameters.copy_from_slice(&kept),
            None => descent.exchange(parameters),
        }
        Ok((status, history))
    }
}
