//! Losses, one per task: mean squared error, binary cross-entropy on logits, softmax cross-entropy.

use candle_core::{D, DType, Result, Tensor};

use crate::dataset::Task;
use crate::numerics::{self, Lanes, Simd};

/// The mean loss of a batch on tensors: outputs `z` (`batch × outputs`) and targets `y` (`batch`, values or class indices).
///
/// Binary: max(z, 0) − z y + ln(1 + e to the −|z|), whose derivative by candle would be wrong where z = 0 and lose digits
/// elsewhere; so the value is taken as it is and the exact gradient, sigmoid z − y, is attached to it.
pub fn tensor(task: Task, z: &Tensor, y: &Tensor) -> Result<Tensor> {
    match task {
        Task::Regression => (z.squeeze(D::Minus1)? - y)?.sqr()?.mean_all(),
        Task::Binary => {
            let z = z.squeeze(D::Minus1)?;
            let fixed = z.detach();
            let rest = (fixed.abs()?.neg()?.exp()? + 1.0)?.log()?;
            let value = ((fixed.relu()? - (&fixed * y)?)? + rest)?.mean_all()?;
            let slope = (candle_nn::ops::sigmoid(&fixed)? - y)?.detach();
            let carrier = (z * slope)?.mean_all()?;
            (&carrier - carrier.detach())? + value
        }
        Task::Multiclass { .. } => {
            let log = candle_nn::ops::log_softmax(z, D::Minus1)?;
            let own = log.gather(&y.to_dtype(DType::U32)?.unsqueeze(D::Minus1)?, D::Minus1)?;
            own.mean_all()?.neg()
        }
    }
}

/// The factor of every gradient: the derivative of a mean over `batch` samples.
pub fn gradient_scale(task: Task, batch: usize) -> f32 {
    let numerator = if task == Task::Regression { 2.0 } else { 1.0 };
    (numerator / batch as f64) as f32
}

/// The losses of 32 samples with outputs `z` and targets `y`, and in `d` their gradients times `scale`; +0 in the lanes
/// that `mask` leaves out.
///
/// - regression: e = z − y; loss e · e; gradient e · scale;
/// - binary: loss fma(−z, y, max(z, 0)) + ln(1 + e to the −|z|); gradient (sigmoid z − y) · scale;
/// - multi-class: m = max z, eₖ = exp(zₖ − m), σ = Σ eₖ in index order; loss ln σ − (z_y − m); gradient
///   (eₖ / σ − [y = k]) · scale.
#[inline(always)]
pub fn gradient<S: Simd>(s: S, task: Task, scale: f32, z: &[Lanes], y: &Lanes, mask: &Lanes, d: &mut [Lanes]) -> S::V {
    let (y, mask, scale, zero) = (s.load(&y.0), s.load(&mask.0), s.splat(scale), s.splat(0.0));
    let loss = match task {
        Task::Regression => {
            let error = s.sub(s.load(&z[0].0), y);
            s.store(&mut d[0].0, s.keep(mask, s.mul(error, scale)));
            s.mul(error, error)
        }
        Task::Binary => {
            let z = s.load(&z[0].0);
            let (probability, rest) = numerics::sigmoid_and_log1p(s, z);
            s.store(&mut d[0].0, s.keep(mask, s.mul(s.sub(probability, y), scale)));
            s.add(s.fma(s.neg(z), y, s.max(zero, z)), rest)
        }
        Task::Multiclass { .. } => {
            let most = largest(s, z);
            let (mut sum, mut own) = (zero, zero);
            for (k, (z, d)) in z.iter().zip(d.iter_mut()).enumerate() {
                let above = s.sub(s.load(&z.0), most);
                let power = numerics::exp_negative(s, above);
                s.store(&mut d.0, power);
                sum = s.add(sum, power);
                own = s.select(s.eq(y, s.splat(k as f32)), above, own);
            }
            for (k, d) in d.iter_mut().enumerate() {
                let target = s.select(s.eq(y, s.splat(k as f32)), s.splat(1.0), zero);
                let error = s.sub(s.div(s.load(&d.0), sum), target);
                s.store(&mut d.0, s.keep(mask, s.mul(error, scale)));
            }
            s.sub(numerics::log(s, sum), own)
        }
    };
    s.keep(mask, loss)
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

/// Whether the outputs of one sample name its class: a logit above 0 is class 1, otherwise the first of the largest.
/// NaN names no class.
pub fn is_correct(task: Task, z: &[f32], y: f32) -> bool {
    match task {
        Task::Regression => false,
        Task::Binary => !z[0].is_nan() && (z[0] > 0.0) == (y == 1.0),
        Task::Multiclass { .. } => {
            let first_largest = |best: usize, (k, z_k): (usize, &f32)| if *z_k > z[best] { k } else { best };
            let best = z.iter().enumerate().fold(0, first_largest);
            z.iter().all(|z| !z.is_nan()) && best as f32 == y
        }
    }
}
