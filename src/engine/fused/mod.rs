//! `lib = "fused"`: a whole training as one in-place operation on the storage of candle-nn's layers.
//!
//! The arithmetic is the numerics' contract; everything is specialised by activation or optimizer and chosen before the
//! loop, in which there is no allocation or lock, and of dispatch two calls a step, to the optimizer.

mod batches;
pub mod cohort;
#[cfg(feature = "cuda")]
pub(super) mod cuda;
mod descent;
mod step;

use std::cell::RefCell;
use std::convert::Infallible;

use candle_core::{CpuStorage, Device, InplaceOp1, Layout, Tensor, Var};
use candle_nn::Linear;

use super::{EpochMean, Failure, History, Layer, Outcome, Status, Stop};
use crate::activation::{self, Activation, Pointwise};
use crate::dataset::{Batching, Data};
use crate::model::Network;
use crate::numerics::{self, Isa, Kernel, Simd};
use crate::optim::Optimizer;
use crate::schedule::Schedule;
use batches::Batches;
use step::{Step, Workspace, padded_len};

/// A training, apart from where its data, first weights and batch order come from.
pub struct Training<'a> {
    /// Layer widths from input to output.
    pub units: &'a [usize],
    /// Activation of the hidden layers.
    pub activation: &'a Activation,
    /// The optimizer.
    pub optimizer: &'a Optimizer,
    /// The base learning rate.
    pub learning_rate: f64,
    /// Its course.
    pub schedule: &'a Schedule,
    /// Passes over the data.
    pub epochs: usize,
    /// Samples of each step.
    pub batching: Batching,
    /// The samples.
    pub data: &'a Data,
    /// The order of the samples in an epoch (from 0), if not their own.
    pub order: Option<&'a dyn Fn(usize) -> Vec<u32>>,
    /// Told the loss of every batch.
    pub trace: Option<&'a dyn Fn(f32)>,
    /// Looked at before every step.
    pub stop: &'a Stop,
    /// The instructions to use; they do not change the result.
    pub isa: Isa,
}

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
    let Training { units, activation, data, .. } = *training;
    let network = Network { units: units.to_vec(), activation: activation.clone(), task: data.task, layers };
    let Ok(measures) = super::measured(data, |table| Ok::<_, Infallible>(network.evaluate(table)));
    Outcome { status, series: history.into(), measures, layers: network.layers }
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
        let visitor = WithActivation { training: self.training, parameters: &mut values[from..to] };
        *self.result.borrow_mut() = self.training.activation.visit(visitor);
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
        training.isa.run(Loop { training, parameters, activation })
    }
}

/// The loop over epochs and batches, compiled for one activation and instruction set.
struct Loop<'a, A> {
    training: &'a Training<'a>,
    parameters: &'a mut [f32],
    activation: &'a A,
}

impl<A: Pointwise> Kernel for Loop<'_, A> {
    type Output = Result<(Status, History), Failure>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Self::Output {
        let Self { training, parameters, activation } = self;
        let Training { units, data, batching, epochs, .. } = *training;
        let division = batching.divide(data.train.len());
        let mut workspace = Workspace::new::<A>(units, data.task, division.size);
        let mut descent = descent::begin(s, training.optimizer, parameters);
        let mut batches = Batches::new(data, division);
        let (per_epoch, even) = (batches.steps(), batches.even());
        let mut history = History { last: Vec::with_capacity(epochs), mean: Vec::with_capacity(epochs) };
        let mut status = Status::Done;
        for epoch in 0..epochs {
            if epoch == 0 || training.order.is_some() {
                batches.fill(training.order.map(|order| order(epoch)).as_deref());
            }
            let (mut last, mut steps, mut mean) = (0.0, 0, EpochMean::default());
            for batch in batches.iter() {
                if training.stop.is_set() {
                    return Err(Failure::Stopped);
                }
                // Before the gradients, which take longer and hide its latency.
                let factor = training.schedule.factor(epoch * per_epoch + steps, per_epoch, epochs * per_epoch);
                descent.prepare(training.learning_rate * factor);
                let (workspace, descent) = (&mut workspace, &mut *descent);
                let (sum, loss) = Step { workspace, activation, descent, parameters, batch: &batch }.run(s);
                last = loss;
                let (sum, weight) = if even { (last, 1.0) } else { (sum, batch.shares.weight) };
                mean.add(f64::from(sum), f64::from(weight));
                steps += 1;
                if let Some(trace) = training.trace {
                    trace(numerics::canonical(last));
                }
                if !last.is_finite() {
                    break;
                }
            }
            history.last.push(numerics::canonical(last));
            history.mean.push(mean.value());
            if !last.is_finite() {
                status = Status::Diverged { epoch: epoch + 1 };
                break;
            }
        }
        descent.exchange(parameters);
        Ok((status, history))
    }
}
