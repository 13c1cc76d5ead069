//! Losses, one per task: mean squared error, binary cross-entropy on logits, softmax cross-entropy.

use candle_core::{CpuStorage, CustomOp2, D, DType, Device, Layout, Result, Shape, Tensor};

use crate::dataset::Task;
use crate::numerics::{self, Isa, Kernel, LANES, Lanes, Simd};

/// The loss of a sample with outputs `z` and target `y` (a value, or a class index), and in `d` its derivatives by the outputs:
/// in f64, with all digits however sure the outputs are. All classes share the target's probability by `smoothing`.
pub fn exact(task: Task, smoothing: f64, z: &[f64], y: f64, d: &mut [f64]) -> f64 {
    match task {
        Task::Regression => {
            let error = z[0] - y;
            d[0] = 2.0 * error;
            error * error
        }
        Task::Binary => {
            let (z, y) = (z[0], y * (1.0 - smoothing) + 0.5 * smoothing);
            let e = libm::exp(-z.abs());
            let least = e / (1.0 + e);
            d[0] = if z < 0.0 { least - y } else { (1.0 - y) - least };
            (if z < 0.0 { -z * y } else { z * (1.0 - y) }) + libm::log1p(e)
        }
        Task::Multiclass { classes } => {
            let largest = z.iter().enumerate().fold(0, |best, (k, &z_k)| if z_k > z[best] { k } else { best });
            let above = |k: usize| z[k] - z[largest];
            // Of all but the largest and but the target's, whose differences from 1 would lose the tails.
            let sum = |but: usize| (0..classes).filter(|&k| k != but).map(|k| libm::exp(above(k))).sum::<f64>();
            let (own, rest, spread) = (y as usize, sum(largest), smoothing / classes as f64);
            let others = sum(own);
            for (k, d) in d.iter_mut().enumerate() {
                *d = match k == own {
                    true => smoothing - spread - others / (1.0 + rest),
                    false => libm::exp(above(k)) / (1.0 + rest) - spread,
                };
            }
            let all = if spread > 0.0 { spread * (0..classes).map(above).sum::<f64>() } else { 0.0 };
            libm::log1p(rest) - (1.0 - smoothing) * above(own) - all
        }
    }
}

/// The mean loss of a batch on tensors of f32 or f64, weighted if its samples (`batch`) have weights: outputs `z`
/// (`batch × outputs`) and targets `y` (`batch`, values or class indices), whose probability all classes share by `smoothing`.
/// Each sample's loss and gradient are [`exact`], computed by the CPU and rounded once.
///
/// # Errors
/// Of candle, for tensors of other types.
pub fn tensor(task: Task, z: &Tensor, y: &Tensor, weights: Option<&Tensor>, smoothing: f64) -> Result<Tensor> {
    let y = y.to_dtype(z.dtype())?.to_device(&Device::Cpu)?.contiguous()?;
    let here = z.to_device(&Device::Cpu)?.contiguous()?;
    let losses = here.apply_op2(&y, OnTensors { task, smoothing, of: Part::Losses })?.to_device(z.device())?;
    match weights {
        Some(weights) => weighted_mean(&losses, weights),
        None => losses.mean_all(),
    }
}

/// The losses of the samples of a batch, or their gradients, as an operation of candle's: composed of its own, both would lose
/// the tails.
#[derive(Clone, Copy)]
struct OnTensors {
    task: Task,
    smoothing: f64,
    of: Part,
}

#[derive(Clone, Copy)]
enum Part {
    Losses,
    Gradients,
}

impl OnTensors {
    fn each<T: Copy>(self, z: &[T], y: &[T], wide: impl Fn(T) -> f64, narrow: impl Fn(f64) -> T) -> Vec<T> {
        let outputs = self.task.outputs();
        let (mut of_sample, mut d, mut all) = (vec![0.0; outputs], vec![0.0; outputs], Vec::new());
        for (z, &y) in z.chunks_exact(outputs).zip(y) {
            of_sample.iter_mut().zip(z).for_each(|(to, &z)| *to = wide(z));
            let loss = exact(self.task, self.smoothing, &of_sample, wide(y), &mut d);
            match self.of {
                Part::Losses => all.push(narrow(loss)),
                Part::Gradients => all.extend(d.iter().map(|&d| narrow(d))),
            }
        }
        all
    }
}

impl CustomOp2 for OnTensors {
    fn name(&self) -> &'static str {
        "loss"
    }

    fn cpu_fwd(
        &self,
        z: &CpuStorage,
        z_layout: &Layout,
        y: &CpuStorage,
        y_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (Some(of_z), Some(of_y)) = (z_layout.contiguous_offsets(), y_layout.contiguous_offsets()) else {
            candle_core::bail!("loss: not contiguous")
        };
        let (of_z, of_y) = (of_z.0..of_z.1, of_y.0..of_y.1);
        let storage = match (z, y) {
            (CpuStorage::F32(z), CpuStorage::F32(y)) => {
                CpuStorage::F32(self.each(&z[of_z], &y[of_y], f64::from, |x| x as f32))
            }
            (CpuStorage::F64(z), CpuStorage::F64(y)) => CpuStorage::F64(self.each(&z[of_z], &y[of_y], |x| x, |x| x)),
            _ => candle_core::bail!("loss: neither f32 nor f64"),
        };
        let shape = match self.of {
            Part::Losses => y_layout.shape(),
            Part::Gradients => z_layout.shape(),
        };
        Ok((storage, shape.clone()))
    }

    fn bwd(&self, z: &Tensor, y: &Tensor, _: &Tensor, gradient: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let slopes = z.apply_op2_no_bwd(y, &Self { of: Part::Gradients, ..*self })?;
        Ok((Some(slopes.broadcast_mul(&gradient.unsqueeze(D::Minus1)?)?), None))
    }
}

/// Σ wᵢ lᵢ / Σ wᵢ. A sample without weight counts for nothing, whatever its loss; without any weight the mean is 0.
fn weighted_mean(losses: &Tensor, weights: &Tensor) -> Result<Tensor> {
    let total = weights.sum_all()?.to_dtype(DType::F64)?.to_scalar::<f64>()?;
    let sum = weights.ne(0.0)?.where_cond(&(losses * weights)?, &losses.zeros_like()?)?.sum_all()?;
    sum / if total == 0.0 { 1.0 } else { total }
}

/// What the derivative of a sample's loss is a multiple of: 2 for a squared error, otherwise 1.
pub fn numerator(task: Task) -> f32 {
    if task == Task::Regression { 2.0 } else { 1.0 }
}

/// What each sample of a batch counts, in the lanes of its groups.
#[derive(Clone, Debug, Default)]
pub struct Shares {
    /// Of 32 samples each.
    pub groups: Vec<Share>,
    /// The number of samples, those without weight too.
    pub samples: usize,
    /// Σ wᵢ.
    pub weight: f32,
}

/// What each of 32 samples counts; +0 for those that are not there.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Bits all one where there is weight, all zero elsewhere.
    pub mask: Lanes,
    /// wᵢ.
    pub weight: Lanes,
    /// wᵢ · (k / Σ w), with the task's [`numerator`] k.
    pub scale: Lanes,
}

impl Shares {
    /// Of samples with these weights.
    pub fn new(task: Task, weights: impl ExactSizeIterator<Item = f32>) -> Self {
        let samples = weights.len();
        let mut groups = vec![Lanes::ZERO; samples.div_ceil(LANES)];
        for (k, weight) in weights.enumerate() {
            groups[k / LANES].0[k % LANES] = weight;
        }
        let weight = numerics::total(groups.iter());
        let scale = numerator(task) / or_one(weight);
        let share = |weight: Lanes| Share {
            mask: Lanes(weight.0.map(|w| f32::from_bits(if w > 0.0 { u32::MAX } else { 0 }))),
            weight,
            scale: Lanes(weight.0.map(|w| w * scale)),
        };
        Self { groups: groups.into_iter().map(share).collect(), samples, weight }
    }

    /// Of that many samples that all count the same.
    pub fn even(task: Task, samples: usize) -> Self {
        Self::new(task, std::iter::repeat_n(1.0, samples))
    }

    /// The mean of losses that sum up to this: 0 where nothing has weight.
    #[inline(always)]
    pub fn mean(&self, sum: f32) -> f32 {
        sum / or_one(self.weight)
    }
}

/// What a sum over samples of this total weight is divided by.
#[inline(always)]
fn or_one(weight: f32) -> f32 {
    if weight == 0.0 { 1.0 } else { weight }
}

/// How targets are mixed with the even distribution over the classes: t = [y = k]·keep + spread.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smoothing {
    /// 1 − ε.
    pub keep: f32,
    /// ε over the number of classes.
    pub spread: f32,
}

impl Smoothing {
    /// With a share ε for all classes; `None` where there are none or ε is 0.
    pub fn new(task: Task, share: f64) -> Option<Self> {
        let classes = task.classes().filter(|_| share > 0.0)?;
        Some(Self { keep: (1.0 - share) as f32, spread: (share / classes as f64) as f32 })
    }
}

/// What a sample's loss is.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    /// What is predicted.
    pub task: Task,
    /// How targets are smoothed, if they are.
    pub smoothing: Option<Smoothing>,
}

/// `before` and the losses of 32 samples with outputs `z` and targets `y`, times their weights, by fused multiply-add; in `d`
/// their gradients times their scales. Samples without weight have +0.
///
/// - regression: e = z − y; loss e · e; gradient e · scale;
/// - binary: loss fma(−z, y, max(z, 0)) + ln(1 + e to the −|z|); gradient, with q = sigmoid −|z|, (q − y) · scale left of 0, else
///   ((1 − y) − q) · scale;
/// - multi-class: m = max z, eₖ = exp(zₖ − m), σ = Σ eₖ, and ρ = Σ eₖ without the target's, in index order; loss ln σ − (z_y − m),
///   or ln(1 + ρ) where z_y = m and ρ < 1; gradient (eₖ / σ) · scale, the target's ((1 − 1) − ρ / σ) · scale.
///
/// So nothing is the difference from 1 of a number near it.
///
/// Smoothed, fma(y, keep, spread) is in place of y, and of the second 1 likewise, and `spread` is taken from eₖ / σ; the
/// multi-class loss is ln σ − fma(keep, z_y − m, spread · Σ (zₖ − m)), the sum in index order.
#[inline(always)]
pub fn gradient<S: Simd>(
    s: S,
    Objective { task, smoothing }: Objective,
    z: &[Lanes],
    y: &Lanes,
    share: &Share,
    d: &mut [Lanes],
    before: S::V,
) -> S::V {
    let (y, mask, scale, zero) = (s.load(&y.0), s.load(&share.mask.0), s.load(&share.scale.0), s.splat(0.0));
    let loss = match task {
        Task::Regression => {
            let error = s.sub(s.load(&z[0].0), y);
            s.store(&mut d[0].0, s.keep(mask, s.mul(error, scale)));
            s.mul(error, error)
        }
        Task::Binary => {
            let (z, y) = (s.load(&z[0].0), smoothed(s, smoothing, y));
            let (least, rest) = numerics::sigmoid_and_log1p(s, z);
            let error = s.select(s.lt(z, zero), s.sub(least, y), s.sub(s.sub(s.splat(1.0), y), least));
            s.store(&mut d[0].0, s.keep(mask, s.mul(error, scale)));
            s.add(s.fma(s.neg(z), y, s.max(zero, z)), rest)
        }
        Task::Multiclass { .. } => {
            let (most, one) = (largest(s, z), s.splat(1.0));
            let (mut sum, mut others, mut own, mut all) = (zero, zero, zero, zero);
            for (k, (z, d)) in z.iter().zip(d.iter_mut()).enumerate() {
                let above = s.sub(s.load(&z.0), most);
                let power = numerics::exp_negative(s, above);
                s.store(&mut d.0, power);
                let is_own = s.eq(y, s.splat(k as f32));
                sum = s.add(sum, power);
                others = s.add(others, s.select(is_own, zero, power));
                own = s.select(is_own, above, own);
                all = s.add(all, above);
            }
            for (k, d) in d.iter_mut().enumerate() {
                let is_own = s.eq(y, s.splat(k as f32));
                let target = smoothed(s, smoothing, s.select(is_own, one, zero));
                let share = s.div(s.select(is_own, others, s.load(&d.0)), sum);
                let error = s.select(is_own, s.sub(s.sub(one, target), share), s.sub(share, target));
                s.store(&mut d.0, s.keep(mask, s.mul(error, scale)));
            }
            let few = s.both(s.eq(own, zero), s.lt(others, one));
            let log_sum = s.select(few, numerics::log1p(s, others), numerics::log(s, sum));
            if let Some(Smoothing { keep, spread }) = smoothing {
                own = s.fma(s.splat(keep), own, s.mul(s.splat(spread), all));
            }
            s.sub(log_sum, own)
        }
    };
    s.fma(s.load(&share.weight.0), s.keep(mask, loss), before)
}

/// A target, or 1 or 0 for one class, smoothed.
#[inline(always)]
fn smoothed<S: Simd>(s: S, smoothing: Option<Smoothing>, target: S::V) -> S::V {
    match smoothing {
        Some(Smoothing { keep, spread }) => s.fma(target, s.splat(keep), s.splat(spread)),
        None => target,
    }
}

/// The maximum of the outputs of each sample.
#[inline(always)]
fn largest<S: Simd>(s: S, z: &[Lanes]) -> S::V {
    let mut most = s.load(&z[0].0);
    for z in &z[1..] {
        most = s.max(s.load(&z.0), most);
    }
    most
}

/// Outputs to what a user reads: a value, the probability of class 1, or the probability of each class. In place.
#[inline(always)]
pub fn probabilities<S: Simd>(s: S, task: Task, z: &mut [Lanes]) {
    match task {
        Task::Regression => {}
        Task::Binary => {
            for z in z {
                let probability = numerics::sigmoid(s, s.load(&z.0));
                s.store(&mut z.0, probability);
            }
        }
        Task::Multiclass { classes } => {
            for z in z.chunks_exact_mut(classes) {
                let most = largest(s, z);
                let mut sum = s.splat(0.0);
                for z in z.iter_mut() {
                    let power = numerics::exp_negative(s, s.sub(s.load(&z.0), most));
                    s.store(&mut z.0, power);
                    sum = s.add(sum, power);
                }
                for z in z {
                    let probability = s.div(s.load(&z.0), sum);
                    s.store(&mut z.0, probability);
                }
            }
        }
    }
}

/// The probabilities that outputs stand for, row-major `samples × outputs` like these.
fn probabilities_of(task: Task, outputs: &[f32]) -> Vec<f32> {
    let (width, samples) = (task.outputs(), outputs.len() / task.outputs());
    let mut z = vec![Lanes::ZERO; samples.div_ceil(LANES) * width];
    numerics::pack(outputs, width, 0..samples, &mut z);
    Isa::current().run(Probabilities { task, z: &mut z });
    numerics::unpack(&z, width, samples).collect()
}

/// The probability of each class that outputs stand for, row-major `samples × classes`; none of a regression.
pub fn of_classes(task: Task, outputs: &[f32]) -> Vec<f32> {
    match task {
        Task::Regression => Vec::new(),
        Task::Binary => probabilities_of(task, outputs).into_iter().flat_map(|p| [1.0 - p, p]).collect(),
        Task::Multiclass { .. } => probabilities_of(task, outputs),
    }
}

/// [`probabilities`] on the instructions of this machine.
pub struct Probabilities<'a> {
    /// The task.
    pub task: Task,
    /// Outputs, in place.
    pub z: &'a mut [Lanes],
}

impl Kernel for Probabilities<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        probabilities(s, self.task, self.z);
    }
}

/// The class that the outputs of one sample name: a logit above 0 is class 1, otherwise the first of the largest. NaN names
/// no class, and a regression has none.
pub fn class(task: Task, z: &[f32]) -> Option<usize> {
    if z.iter().any(|z| z.is_nan()) {
        return None;
    }
    match task {
        Task::Regression => None,
        Task::Binary => Some(usize::from(z[0] > 0.0)),
        Task::Multiclass { .. } => {
            let first_largest = |best: usize, (k, z_k): (usize, &f32)| if *z_k > z[best] { k } else { best };
            Some(z.iter().enumerate().fold(0, first_largest))
        }
    }
}

/// Whether the outputs of one sample name its class.
pub fn is_correct(task: Task, z: &[f32], y: f32) -> bool {
    class(task, z).is_some_and(|class| class as f32 == y)
}
