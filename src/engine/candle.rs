//! `lib = "candle-nn"`: the reference, op by op with candle's autograd. It defines what a training means.
//!
//! candle spreads its operations over rayon's pool even for tiny tensors, which costs ten times the work; every training
//! therefore runs inside a pool of one thread, and parallelism is across runs.

mod wrapped;

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{Linear, Module, Optimizer as _};

use super::{Dropout, EpochMean, Failure, History, Layer, Outcome, Status, Training, Verdict, View};
use crate::activation::Activation;
use crate::dataset::{Data, Table};
use crate::loss;
use crate::measure::{Evaluation, Outputs};
use crate::model::Rows;
use crate::numerics;
use crate::optim::{self, OnNetwork, OnTensors, Optimizer, Rule, Whole};
pub use wrapped::wrapped;

/// Samples evaluated together.
const CHUNK: usize = 4096;

/// A fully connected network of candle-nn's layers: hidden layers with one activation, then a linear layer of outputs.
pub struct Fcnn {
    layers: Vec<Linear>,
    vars: Vec<Var>,
    activation: Activation,
}

impl Fcnn {
    /// A network of these weights (`outputs × inputs`) and biases (`outputs`), of any float type, on any device.
    pub fn new(layers: Vec<(Tensor, Tensor)>, activation: Activation) -> candle_core::Result<Self> {
        let mut vars = Vec::new();
        let mut linear = Vec::new();
        for (weight, bias) in layers {
            let (weight, bias) = (Var::from_tensor(&weight)?, Var::from_tensor(&bias)?);
            linear.push(Linear::new(weight.as_tensor().clone(), Some(bias.as_tensor().clone())));
            vars.extend([weight, bias]);
        }
        Ok(Self { layers: linear, vars, activation })
    }

    /// Weights and biases, layer by layer.
    pub fn vars(&self) -> &[Var] {
        &self.vars
    }

    /// Outputs (`batch × outputs`) before any last activation, for inputs `batch × features`.
    pub fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        self.forward_with(x, &[])
    }

    /// With the values of hidden layers multiplied by factors (`batch × units`), where there are some.
    pub fn forward_with(&self, x: &Tensor, factors: &[Option<Tensor>]) -> candle_core::Result<Tensor> {
        let Some((last, hidden)) = self.layers.split_last() else { return Ok(x.clone()) };
        let mut x = x.clone();
        for (l, layer) in hidden.iter().enumerate() {
            x = self.activation.tensor(&layer.forward(&x)?)?;
            if let Some(Some(factors)) = factors.get(l) {
                x = (x * factors)?;
            }
        }
        last.forward(&x)
    }

    fn weights(&self) -> candle_core::Result<Vec<Layer>> {
        let plain = |tensor: &Tensor| -> candle_core::Result<Vec<f32>> {
            Ok(tensor.flatten_all()?.to_vec1::<f32>()?.into_iter().map(numerics::canonical).collect())
        };
        let layer = |pair: &[Var]| Ok(Layer { weight: plain(&pair[0])?, bias: plain(&pair[1])? });
        self.vars.chunks_exact(2).map(layer).collect()
    }
}

/// Any optimizer in its candle form.
pub trait Descend {
    /// Moves the variables along these gradients at this learning rate.
    fn follow(&mut self, gradients: &GradStore, learning_rate: f64) -> candle_core::Result<()>;

    /// Moves them along the gradients of `loss`.
    ///
    /// # Errors
    /// If candle cannot.
    fn descend(&mut self, loss: &Tensor, learning_rate: f64) -> candle_core::Result<()> {
        self.follow(&loss.backward()?, learning_rate)
    }

    /// Exchanges the variables with what is to be evaluated in their place, where that is not the same: once before they are
    /// read, and once more before the training goes on.
    fn exchange(&mut self) -> candle_core::Result<()>;
}

impl<R: Rule> Descend for OnTensors<R> {
    fn follow(&mut self, gradients: &GradStore, learning_rate: f64) -> candle_core::Result<()> {
        self.set_learning_rate(learning_rate);
        self.step(gradients)
    }

    fn exchange(&mut self) -> candle_core::Result<()> {
        OnTensors::exchange(self)
    }
}

impl<W: Whole> Descend for OnNetwork<W> {
    fn follow(&mut self, gradients: &GradStore, learning_rate: f64) -> candle_core::Result<()> {
        self.step(gradients, learning_rate)
    }

    fn exchange(&mut self) -> candle_core::Result<()> {
        Ok(())
    }
}

struct Over {
    vars: Vec<Var>,
    decay_biases: bool,
}

impl optim::Visitor for Over {
    type Output = candle_core::Result<Box<dyn Descend>>;

    fn elementwise<R: Rule>(self, rule: &R) -> Self::Output {
        // The learning rate is set before every step.
        Ok(Box::new(OnTensors::new(self.vars, (rule.clone(), 0.0))?))
    }

    fn whole<W: Whole>(self, rule: &W) -> Self::Output {
        Ok(Box::new(OnNetwork::new(rule.clone(), self.vars, self.decay_biases)))
    }
}

/// The optimizer over these variables. One that moves a network as a whole takes weights and biases in turn, and spares the
/// latter its decay if told to; any other knows no difference.
pub fn descend(optimizer: &Optimizer, vars: Vec<Var>, decay_biases: bool) -> candle_core::Result<Box<dyn Descend>> {
    optimizer.visit(Over { vars, decay_biases })
}

/// Has candle use one thread: it asks how many to use at every matrix product, and unless the environment says so reads all
/// of `/proc/cpuinfo` for the answer, which takes ten times as long as the product of a small layer.
///
/// # Safety
///
/// No other thread may run yet: another might be reading the environment.
#[allow(unsafe_code)]
pub unsafe fn keep_to_one_thread() {
    // SAFETY: the caller runs alone.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", "1") }
}

/// Room for the calls within calls by which candle orders the operations of a network, the deepest that a file may ask for:
/// only what they reach is taken.
const STACK: usize = 256 << 20;

/// Trains layers that start with these weights on the device. A pure function, up to the device's arithmetic.
pub fn train(training: &Training, layers: &[Layer], device: &Device) -> Result<Outcome, Failure> {
    thread_local! {
        static ALONE: Option<rayon::ThreadPool> =
            rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(STACK).build().ok();
    }
    ALONE.with(|pool| match pool {
        Some(pool) => pool.install(|| train_here(training, layers, device)),
        None => train_here(training, layers, device),
    })
}

fn train_here(training: &Training, layers: &[Layer], device: &Device) -> Result<Outcome, Failure> {
    let Training { units, data, learning_rate, schedule, epochs, batching, .. } = *training;
    let tensors = |(layer, ends): (&Layer, &[usize])| -> candle_core::Result<(Tensor, Tensor)> {
        let weight = Tensor::from_slice(&layer.weight, (ends[1], ends[0]), device)?;
        Ok((weight, Tensor::new(&layer.bias[..], device)?))
    };
    let layers = layers.iter().zip(units.windows(2)).map(tensors).collect::<Result<_, _>>()?;
    let network = Fcnn::new(layers, training.activation.clone())?;
    let mut course = Regular::new(training, &network)?;
    let division = batching.divide(data.train.len());
    let per_epoch = division.steps();
    let x = Tensor::from_slice(&data.train.x, (data.train.len(), data.features), device)?;
    let y = Tensor::new(&data.train.y[..], device)?;
    let weights = training.weights().map(|weights| Tensor::new(&*weights, device)).transpose()?;
    let (mut history, mut status, mut kept) = (History::default(), Status::Done, None);
    for epoch in 0..epochs {
        let places = training.order_of(epoch).map(|order| Tensor::new(order, device)).transpose()?;
        let ordered = |all: &Tensor| places.as_ref().map_or(Ok(all.clone()), |places| all.index_select(places, 0));
        let (x, y, weights) = (ordered(&x)?, ordered(&y)?, weights.as_ref().map(ordered).transpose()?);
        let (mut last, mut mean) = (0.0, EpochMean::default());
        for step in 0..per_epoch {
            if training.stop.is_set() {
                return Err(Failure::Stopped);
            }
            let places = division.places(step);
            let batch = |all: &Tensor| all.narrow(0, places.start, places.len());
            let weights = weights.as_ref().map(batch).transpose()?;
            let z = course.forward(&network, &batch(&x)?, epoch * per_epoch + step)?;
            let smoothing = training.regularization.label_smoothing;
            let loss = loss::tensor(data.task, &z, &batch(&y)?, weights.as_ref(), smoothing)?;
            last = loss.to_scalar::<f32>()?;
            let weight = match &weights {
                Some(weights) => f64::from(weights.sum_all()?.to_scalar::<f32>()?),
                // Batches of the same size count the same.
                None => places.len() as f64 / division.size as f64,
            };
            mean.add(f64::from(last) * weight, weight);
            if let Some(trace) = training.trace {
                trace(numerics::canonical(last));
            }
            if !last.is_finite() {
                break;
            }
            let factor = schedule.factor(epoch * per_epoch + step, per_epoch, epochs * per_epoch);
            course.descend(&network, &loss, learning_rate * factor)?;
        }
        history.last.push(numerics::canonical(last));
        history.mean.push(mean.value());
        let here = On { network: &network, data, device };
        let mut verdict = Verdict::default();
        if let Some(watch) = training.watcher(epoch + 1) {
            course.exchange()?;
            verdict = watch.see(&history.epoch(), &here)?;
            if verdict.keep {
                kept = Some(wrapped::copies(network.vars())?);
            }
            course.exchange()?;
        }
        if !last.is_finite() {
            status = Status::Diverged { epoch: epoch + 1 };
        }
        if !last.is_finite() || verdict.stop {
            break;
        }
    }
    match kept {
        Some(kept) => network.vars().iter().zip(&kept).try_for_each(|(var, kept)| var.set(kept))?,
        None => course.exchange()?,
    }
    let at_end = On { network: &network, data, device };
    let measures = super::measured(training, |table, outputs| at_end.over(table, outputs))?;
    Ok(Outcome { status, series: history.into(), measures, layers: network.weights()? })
}

/// A training's steps: the optimizer, and what is done beside it.
struct Regular<'a> {
    training: &'a Training<'a>,
    /// Of all variables, or of weights and of biases where decay is on weights alone.
    optimizers: Vec<Box<dyn Descend>>,
}

impl<'a> Regular<'a> {
    fn new(training: &'a Training<'a>, network: &Fcnn) -> candle_core::Result<Self> {
        let decay_biases = training.regularization.decay_biases;
        let optimizers = match training.optimizer_of_biases() {
            None => vec![wrapped(training.optimizer, training.wrappers, network.vars().to_vec(), decay_biases)?],
            Some(of_biases) => {
                // Weights and biases take turns.
                let every_second = |from: usize| network.vars().iter().skip(from).step_by(2).cloned().collect();
                let wrapped = |optimizer, from| wrapped(optimizer, training.wrappers, every_second(from), decay_biases);
                vec![wrapped(training.optimizer, 0)?, wrapped(&of_biases, 1)?]
            }
        };
        Ok(Self { training, optimizers })
    }

    /// Exchanges the variables as their optimizers do.
    fn exchange(&mut self) -> candle_core::Result<()> {
        self.optimizers.iter_mut().try_for_each(|optimizer| optimizer.exchange())
    }

    /// The outputs in a step (from 0), with noise in the inputs and units left out.
    fn forward(&self, network: &Fcnn, x: &Tensor, step: usize) -> candle_core::Result<Tensor> {
        let Training { units, regularization, chance, .. } = *self.training;
        let (samples, step) = (x.dim(0)?, step as u32);
        let tensor = |numbers, width| Tensor::from_vec(numbers, (samples, width), x.device());
        let factors = |(l, &rate): (usize, &f64)| {
            let numbers = |dropout| chance.factors(step, l, dropout, units[l + 1], samples);
            Dropout::new(rate).map(|dropout| tensor(numbers(dropout), units[l + 1])).transpose()
        };
        let factors: Vec<_> = regularization.dropout.iter().enumerate().map(factors).collect::<Result<_, _>>()?;
        if regularization.input_noise == 0.0 {
            return network.forward_with(x, &factors);
        }
        let noise = chance.noise(step, regularization.input_noise as f32, units[0], samples);
        network.forward_with(&(x + tensor(noise, units[0])?)?, &factors)
    }

    /// Moves the network along the gradients of `loss`, with penalties and within bounds.
    fn descend(&mut self, network: &Fcnn, loss: &Tensor, learning_rate: f64) -> candle_core::Result<()> {
        let given = self.training.regularization;
        let mut gradients = loss.backward()?;
        let mut square = 0.0;
        // Weights and biases take turns.
        let vars = network.vars().iter().zip([true, false].into_iter().cycle());
        for (var, is_weight) in vars.clone() {
            let Some(mut g) = gradients.remove(var) else { continue };
            if given.l1 != 0.0 && (is_weight || given.decay_biases) {
                g = (g + (var.as_detached_tensor().sign()? * given.l1)?)?;
            }
            if let Some(most) = given.clip_value {
                g = g.clamp(-most, most)?;
            }
            if given.clip_norm.is_some() {
                square += g.sqr()?.sum_all()?.to_dtype(DType::F64)?.to_scalar::<f64>()?;
            }
            gradients.insert(var, g);
        }
        let factor = given.clip_norm.map(|most| most / (square.sqrt() + 1e-6)).filter(|&factor| factor < 1.0);
        if let Some(factor) = factor {
            for (var, _) in vars {
                let Some(g) = gradients.remove(var) else { continue };
                gradients.insert(var, (g * factor)?);
            }
        }
        self.optimizers.iter_mut().try_for_each(|optimizer| optimizer.follow(&gradients, learning_rate))
    }
}

/// A network where it is trained.
struct On<'a> {
    network: &'a Fcnn,
    data: &'a Data,
    device: &'a Device,
}

impl On<'_> {
    /// A pass over all samples of a table, with the outputs for each if asked to.
    fn over<'t>(&self, table: &'t Table, outputs: bool) -> candle_core::Result<Evaluation<'t>> {
        let Data { task, features, .. } = *self.data;
        let (mut loss, mut correct, mut weight, mut first, mut all) = (0.0, 0.0, 0.0, 0, Vec::new());
        for (x, y) in table.x.chunks(CHUNK * features).zip(table.y.chunks(CHUNK)) {
            let z = self.network.forward(&Tensor::from_slice(x, (y.len(), features), self.device)?)?;
            let weights = table.weights.as_ref().map(|weights| &weights[first..first + y.len()]);
            let tensor = weights.map(|weights| Tensor::new(weights, self.device)).transpose()?;
            let mean =
                loss::tensor(task, &z, &Tensor::new(y, self.device)?, tensor.as_ref(), 0.0)?.to_scalar::<f32>()?;
            let own = weights.map_or(y.len() as f64, numerics::sum);
            loss += f64::from(mean) * own;
            weight += own;
            let z = z.flatten_all()?.to_vec1::<f32>()?;
            let right = z.chunks_exact(task.outputs()).zip(y).map(|(z, &y)| loss::is_correct(task, z, y));
            let right = (0..).zip(right).filter(|(_, right)| *right);
            correct +=
                right.map(|(k, _): (usize, _)| weights.map_or(1.0, |weights| f64::from(weights[k]))).sum::<f64>();
            first += y.len();
            if outputs {
                all.extend(z);
            }
        }
        let outputs = outputs.then(|| Outputs::new(task, table, all));
        Ok(Evaluation { task, weight, loss, correct, table, outputs })
    }
}

impl View for On<'_> {
    fn evaluate<'r>(&self, rows: &Rows<'r>, outputs: bool) -> Result<Evaluation<'r>, Failure> {
        Ok(self.over(rows.table(), outputs)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Task;

    #[test]
    fn losses_and_gradients_stay_finite_and_right_where_logits_saturate() {
        let check = |task: Task, z: &[f32], y: f32, loss: f32, slope: &[f32]| {
            let z = Var::from_slice(z, (1, z.len()), &Device::Cpu).expect("made");
            let y = Tensor::new(&[y], &Device::Cpu).expect("made");
            let value = loss::tensor(task, &z, &y, None, 0.0).expect("computed");
            assert_eq!(value.to_scalar::<f32>().expect("a number"), loss, "{task:?} {z} {y}");
            let grads = value.backward().expect("derived");
            let seen = grads.get(&z).expect("an input").flatten_all().and_then(|g| g.to_vec1::<f32>()).expect("a row");
            assert_eq!(seen, slope, "{task:?} {z} {y}");
        };
        check(Task::Binary, &[1e4], 1.0, 0.0, &[0.0]);
        check(Task::Binary, &[1e4], 0.0, 1e4, &[1.0]);
        check(Task::Binary, &[-1e4], 1.0, 1e4, &[-1.0]);
        check(Task::Binary, &[0.0], 1.0, std::f32::consts::LN_2, &[-0.5]);
        let three = Task::Multiclass { classes: 3 };
        check(three, &[1e4, 0.0, -1e4], 0.0, 0.0, &[0.0, 0.0, 0.0]);
        check(three, &[1e4, 0.0, -1e4], 2.0, 2e4, &[1.0, 0.0, -1.0]);
        check(Task::Regression, &[1e4], -1e4, 4e8, &[4e4]);
    }
}
