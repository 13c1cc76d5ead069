//! What schedule-free optimizers share (Defazio et al. 2024, arXiv:2405.15682): the weights trained are a point between a base
//! sequence z and its weighted average x, and x is what is evaluated.

use candle_core::{Device, Result, Tensor};

use super::{lerp, mean, moved_mean};
use crate::numerics::{Lanes, Simd};

/// The weights of the average so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Course {
    steps: f64,
    largest_rate: f64,
    sum: f64,
}

impl Course {
    /// What the newest z counts in the average after the next step: its weight, the step (from 1) to the `average_power` times
    /// the largest learning rate so far to the `weight_lr_power`, over the sum of all.
    pub(super) fn share(&mut self, learning_rate: f64, average_power: f64, weight_lr_power: f64) -> f64 {
        self.steps += 1.0;
        self.largest_rate = self.largest_rate.max(learning_rate);
        let weight = libm::pow(self.steps, average_power) * libm::pow(self.largest_rate, weight_lr_power);
        self.sum += weight;
        if self.sum == 0.0 { 0.0 } else { weight / self.sum }
    }

    /// What the candle form keeps among its tensors: nothing before the first step.
    pub(super) fn of_tensor(kept: Option<&Tensor>) -> Result<Self> {
        let kept = kept.map(Tensor::to_vec1::<f64>).transpose()?;
        Ok(match kept.as_deref() {
            Some(&[steps, largest_rate, sum]) => Self { steps, largest_rate, sum },
            _ => Self::default(),
        })
    }

    /// The same as a tensor.
    pub(super) fn tensor(self) -> Result<Tensor> {
        Tensor::new(&[self.steps, self.largest_rate, self.sum], &Device::Cpu)
    }
}

/// x ← fma(c, z − x, x); y = fma(1 − β, z − x, x), the weights to be trained on.
#[inline(always)]
pub(super) fn between<S: Simd>(s: S, share: f32, take: f32, x_slot: &mut Lanes, z: S::V) -> S::V {
    let x = moved_mean(s, share, x_slot, z);
    mean(s, take, x, z)
}

/// The same on tensors: x and y.
pub(super) fn between_tensors(share: f64, take: f64, x: &Tensor, z: &Tensor) -> Result<(Tensor, Tensor)> {
    let x = lerp(x, z, share)?;
    let y = lerp(&x, z, take)?;
    Ok((x, y))
}
