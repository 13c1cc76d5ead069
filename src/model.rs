//! A trained network apart from its training: plain layers, evaluated with the numerics that every CPU agrees on.

use std::ops::Range;
use std::sync::Arc;

use crate::activation::{Activation, Pointwise, Visitor};
use crate::dataset::{Table, Task};
use crate::loss::{self, Objective, Shares};
use crate::measure::{Evaluation, Outputs};
use crate::numerics::{self, Isa, Kernel, LANES, Lanes, Simd};

/// Samples evaluated together.
const CHUNK: usize = 1024;

/// One fully connected layer, PyTorch's layout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// Row-major `outputs × inputs`.
    pub weight: Vec<f32>,
    /// `outputs`.
    pub bias: Vec<f32>,
}

/// A fully connected network: hidden layers with one activation, then a linear layer of outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Widths from input to output.
    pub units: Vec<usize>,
    /// Activation of the hidden layers.
    pub activation: Activation,
    /// What is predicted.
    pub task: Task,
    /// `units.len() - 1` layers.
    pub layers: Vec<Layer>,
}

impl Network {
    /// The outputs before any last activation, row-major `samples × outputs`; `x` is row-major `samples × features`.
    pub fn predict(&self, x: &[f32]) -> Vec<f32> {
        self.values(x, false).pop().unwrap_or_default()
    }

    /// The value of a regression, the probability of class 1, or the probability of each class; shaped as `predict`.
    pub fn probabilities(&self, x: &[f32]) -> Vec<f32> {
        self.values(x, true).pop().unwrap_or_default()
    }

    /// The values of each hidden layer's units, row-major `samples × units` each.
    pub fn hidden(&self, x: &[f32]) -> Vec<Vec<f32>> {
        let mut values = self.values(x, false);
        values.pop();
        values
    }

    /// What a pass over a table tells, with the outputs for each row if asked to, weighted if its samples are. The losses of every 1,024 samples are summed over
    /// virtual lanes in f32, these sums in f64, as are the weights.
    pub fn evaluate<'t>(&self, table: &'t Table, outputs: bool) -> Evaluation<'t> {
        let (mut tally, mut chunk) = (Tally::new(self, table, outputs), Chunk::default());
        for places in chunks(table.len()) {
            chunk.pack(self.task, self.units[0], table, places);
            tally.take(&chunk);
        }
        tally.evaluation()
    }

    /// What [`Network::evaluate`] tells of the table of these rows.
    pub fn evaluate_packed<'t>(&self, rows: &Rows<'t>, outputs: bool) -> Evaluation<'t> {
        let mut tally = Tally::new(self, rows.table, outputs);
        rows.chunks.iter().for_each(|chunk| tally.take(chunk));
        tally.evaluation()
    }

    /// The values of every layer, the last turned into probabilities if asked to.
    fn values(&self, x: &[f32], probabilities: bool) -> Vec<Vec<f32>> {
        let features = self.units[0];
        let (mut inputs, mut values) = (Vec::new(), Vec::new());
        let mut all = vec![Vec::new(); self.layers.len()];
        for places in chunks(x.len() / features) {
            inputs.resize(places.len().div_ceil(LANES) * features, Lanes::ZERO);
            numerics::pack(x, features, places.clone(), &mut inputs);
            self.forward(places.len(), &inputs, &mut values);
            if let (true, Some(z)) = (probabilities, values.last_mut()) {
                Isa::current().run(loss::Probabilities { task: self.task, z });
            }
            for ((all, values), &units) in all.iter_mut().zip(&values).zip(&self.units[1..]) {
                all.extend(numerics::unpack(values, units, places.len()));
            }
        }
        all
    }

    /// The values of all layers for so many samples.
    fn forward(&self, samples: usize, x: &[Lanes], values: &mut Vec<Vec<Lanes>>) {
        values.resize_with(self.layers.len(), Vec::new);
        for (values, units) in values.iter_mut().zip(&self.units[1..]) {
            values.resize(samples.div_ceil(LANES) * units, Lanes::ZERO);
        }
        self.activation.visit(Forward { network: self, samples, x, values });
    }
}

/// Samples evaluated together, so many of them.
fn chunks(samples: usize) -> impl Iterator<Item = Range<usize>> {
    (0..samples).step_by(CHUNK).map(move |first| first..samples.min(first + CHUNK))
}

/// Samples that are evaluated together, packed for the lanes.
#[derive(Clone, Debug, Default)]
struct Chunk {
    places: Range<usize>,
    x: Vec<Lanes>,
    y: Vec<Lanes>,
    shares: Shares,
}

impl Chunk {
    fn pack(&mut self, task: Task, features: usize, table: &Table, places: Range<usize>) {
        let groups = places.len().div_ceil(LANES);
        self.x.resize(groups * features, Lanes::ZERO);
        self.y.resize(groups, Lanes::ZERO);
        numerics::pack(&table.x, features, places.clone(), &mut self.x);
        numerics::pack(&table.y, 1, places.clone(), &mut self.y);
        match &table.weights {
            Some(weights) => self.shares = Shares::new(task, weights[places.clone()].iter().copied()),
            None if places.len() == self.shares.samples => {}
            None => self.shares = Shares::even(task, places.len()),
        }
        self.places = places;
    }
}

/// Samples packed for evaluation, once for any number of networks; a copy shares them.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    table: &'a Table,
    chunks: Arc<[Chunk]>,
}

impl<'a> Rows<'a> {
    /// Those of a table with so many features.
    pub fn new(task: Task, features: usize, table: &'a Table) -> Self {
        let chunk = |places| {
            let mut chunk = Chunk::default();
            chunk.pack(task, features, table, places);
            chunk
        };
        Self { table, chunks: chunks(table.len()).map(chunk).collect() }
    }

    /// The rows looked at.
    pub fn table(&self) -> &'a Table {
        self.table
    }
}

/// An evaluation in the making.
struct Tally<'a, 't> {
    network: &'a Network,
    table: &'t Table,
    values: Vec<Vec<Lanes>>,
    /// Of the samples taken last, or of all where they are kept.
    outputs: Vec<f32>,
    keeps_outputs: bool,
    loss: f64,
    correct: f64,
}

impl<'a, 't> Tally<'a, 't> {
    fn new(network: &'a Network, table: &'t Table, keeps_outputs: bool) -> Self {
        Self { network, table, values: Vec::new(), outputs: Vec::new(), keeps_outputs, loss: 0.0, correct: 0.0 }
    }

    /// Takes samples of the table.
    fn take(&mut self, chunk: &Chunk) {
        let Network { task, .. } = *self.network;
        let Chunk { places, x, y, shares } = chunk;
        self.network.forward(places.len(), x, &mut self.values);
        if !self.keeps_outputs {
            self.outputs.clear();
        }
        let before = self.outputs.len();
        let Some(z) = self.values.last() else { return };
        self.loss += f64::from(Isa::current().run(Losses { task, z, y, shares }));
        self.outputs.extend(numerics::unpack(z, task.outputs(), places.len()));
        let right = self.outputs[before..].chunks_exact(task.outputs()).zip(&self.table.y[places.clone()]);
        let right = right.map(|(z, &y)| loss::is_correct(task, z, y));
        self.correct = match &self.table.weights {
            Some(weights) => {
                let weights = right.zip(&weights[places.clone()]).filter(|(right, _)| *right);
                weights.fold(self.correct, |sum, (_, &weight)| sum + f64::from(weight))
            }
            None => self.correct + right.filter(|&right| right).count() as f64,
        };
    }

    fn evaluation(self) -> Evaluation<'t> {
        let task = self.network.task;
        let outputs = self.keeps_outputs.then(|| Outputs::new(task, self.table, self.outputs));
        let weight = self.table.weights.as_ref().map_or(self.table.len() as f64, |weights| numerics::sum(weights));
        Evaluation { task, weight, loss: self.loss, correct: self.correct, table: self.table, outputs }
    }
}

struct Forward<'a> {
    network: &'a Network,
    samples: usize,
    x: &'a [Lanes],
    values: &'a mut [Vec<Lanes>],
}

impl Visitor for Forward<'_> {
    type Output = ();
    fn visit<A: Pointwise>(self, activation: &A) {
        Isa::current().run(ForwardWith { forward: self, activation });
    }
}

struct ForwardWith<'a, A> {
    forward: Forward<'a>,
    activation: &'a A,
}

impl<A: Pointwise> Kernel for ForwardWith<'_, A> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Forward { network, samples, x, values, .. } = self.forward;
        for (l, layer) in network.layers.iter().enumerate() {
            let (before, after) = values.split_at_mut(l);
            let x = before.last().map_or(x, Vec::as_slice);
            let inputs = network.units[l];
            numerics::affine(s, samples, x, &layer.weight, &layer.bias, inputs, &mut after[0], numerics::Plain);
            if l + 1 < network.layers.len() {
                for v in &mut after[0] {
                    let y = self.activation.value(s, s.load(&v.0));
                    s.store(&mut v.0, y);
                }
            }
        }
    }
}

struct Losses<'a> {
    task: Task,
    z: &'a [Lanes],
    y: &'a [Lanes],
    shares: &'a Shares,
}

impl Kernel for Losses<'_> {
    type Output = f32;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        let outputs = self.task.outputs();
        let objective = Objective { task: self.task, smoothing: None };
        let (mut d, mut sum) = (vec![Lanes::ZERO; outputs], s.splat(0.0));
        for ((z, y), share) in self.z.chunks_exact(outputs).zip(self.y).zip(&self.shares.groups) {
            sum = loss::gradient(s, objective, z, y, share, &mut d, sum);
        }
        let mut parts = [numerics::Half([0.0; 16]); 16];
        s.fold(&mut parts[0], sum);
        s.sums(&parts)[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Purpose, Stream};

    fn network(units: &[usize], task: Task) -> Network {
        let mut stream = Stream::new(Purpose::Weights, "model", 1);
        let mut draw = |n: usize| (0..n).map(|_| stream.normal() as f32).collect();
        let layers = units.windows(2).map(|w| Layer { weight: draw(w[0] * w[1]), bias: draw(w[1]) }).collect();
        let activation = Activation::from_name("tanh").expect("a known name");
        Network { units: units.to_vec(), activation, task, layers }
    }

    fn exact(network: &Network, x: &[f32]) -> Vec<Vec<f64>> {
        let mut values: Vec<Vec<f64>> = vec![x.iter().map(|&x| f64::from(x)).collect()];
        for (l, layer) in network.layers.iter().enumerate() {
            let x = &values[l];
            let rows = layer.weight.chunks_exact(x.len()).zip(&layer.bias);
            let z = rows.map(|(w, &b)| f64::from(b) + w.iter().zip(x).map(|(&w, x)| f64::from(w) * x).sum::<f64>());
            let hidden = l + 1 < network.layers.len();
            values.push(z.map(|z| if hidden { libm::tanh(z) } else { z }).collect());
        }
        values.split_off(1)
    }

    #[test]
    fn every_layer_is_what_its_formula_says_for_any_number_of_samples() {
        let network = network(&[3, 7, 5, 4], Task::Multiclass { classes: 4 });
        let mut stream = Stream::new(Purpose::Data, "model", 1);
        for samples in [0, 1, 33, 1100] {
            let x: Vec<f32> = (0..samples * 3).map(|_| stream.normal() as f32).collect();
            let (hidden, logits) = (network.hidden(&x), network.predict(&x));
            let probabilities = network.probabilities(&x);
            assert_eq!((hidden[0].len(), hidden[1].len(), logits.len()), (samples * 7, samples * 5, samples * 4));
            for (k, x) in x.chunks_exact(3).enumerate() {
                let exact = exact(&network, x);
                let near =
                    |ours: &[f32], exact: &[f64]| ours.iter().zip(exact).all(|(&a, b)| (f64::from(a) - b).abs() < 1e-5);
                assert!(near(&hidden[0][7 * k..], &exact[0]) && near(&hidden[1][5 * k..], &exact[1]));
                assert!(near(&logits[4 * k..], &exact[2]));
                let sum: f64 = exact[2].iter().map(|&z| libm::exp(z)).sum();
                let expected: Vec<f64> = exact[2].iter().map(|&z| libm::exp(z) / sum).collect();
                assert!(near(&probabilities[4 * k..], &expected));
            }
        }
    }

    /// A network whose outputs are its inputs.
    fn identity(outputs: usize, task: Task) -> Network {
        let weight = (0..outputs * outputs).map(|k| if k % (outputs + 1) == 0 { 1.0 } else { 0.0 }).collect();
        let layers = vec![Layer { weight, bias: vec![0.0; outputs] }];
        Network { units: vec![outputs; 2], layers, ..network(&[1, 1], task) }
    }

    #[test]
    fn losses_are_exact_for_certain_and_for_undecided_predictions() {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs();
        let binary = |z: f32, y: f32| identity(1, Task::Binary).evaluate(&Table::new(vec![z], vec![y]), false).loss;
        assert_eq!((binary(1e4, 1.0), binary(1e4, 0.0), binary(-1e4, 0.0), binary(-1e4, 1.0)), (0.0, 1e4, 0.0, 1e4));
        assert!(close(binary(20.0, 1.0), libm::log1p(libm::exp(-20.0))) && close(binary(0.0, 1.0), libm::log(2.0)));
        let softmax = |z: [f32; 3], y: f32| {
            identity(3, Task::Multiclass { classes: 3 }).evaluate(&Table::new(z.to_vec(), vec![y]), false).loss
        };
        assert_eq!((softmax([1e4, 0.0, -1e4], 0.0), softmax([1e4, 0.0, -1e4], 2.0)), (0.0, 2e4));
        assert!(close(softmax([1.0, 1.0, 1.0], 1.0), libm::log(3.0)));
    }

    #[test]
    fn accuracy_counts_the_first_of_the_largest_and_never_nan() {
        let table = Table::new(vec![0.0, 1.0, -1.0, f32::NAN], vec![0.0, 1.0, 1.0, 0.0]);
        let metrics = identity(1, Task::Binary).evaluate(&table, false);
        assert_eq!((metrics.correct, metrics.weight), (2.0, 4.0));
        assert!(metrics.loss.is_nan());
        let table = Table::new(vec![1.0, 1.0, 0.0, 1.0, 2.0, f32::NAN], vec![0.0, 1.0]);
        let metrics = identity(3, Task::Multiclass { classes: 3 }).evaluate(&table, false);
        assert_eq!((metrics.correct, metrics.weight), (1.0, 2.0));
        assert_eq!(identity(1, Task::Regression).evaluate(&Table::new(vec![1.0], vec![3.0]), false).loss, 4.0);
    }
}
