//! Looking at a network while it is trained: what it gives at the end of an epoch decides which epoch's weights are kept and
//! whether it is trained further. What is looked for, and what it is called, is the watcher's business.

use super::Failure;
use crate::measure::{Better, Evaluation};
use crate::model::{Network, Rows};

/// An epoch that has been trained.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    /// Its number, from 1.
    pub number: usize,
    /// The loss of its last batch, before that update.
    pub last: f32,
    /// The mean over the losses of its batches.
    pub mean: f32,
}

/// What looks at a network while it is trained.
pub trait Watch: Sync {
    /// Whether it wants to be shown the network at the end of an epoch (from 1).
    fn wants(&self, epoch: usize) -> bool;

    /// Shows the network at the end of an epoch that it wants. In one whose loss became NaN or infinite these are the weights
    /// that gave it, and training ends there whatever the answer.
    ///
    /// # Errors
    /// If the network cannot be evaluated; that ends the training.
    fn see(&self, epoch: &Epoch, network: &dyn View) -> Result<Verdict, Failure>;
}

/// A network in training.
pub trait View {
    /// What a pass over these rows tells.
    ///
    /// # Errors
    /// If the device fails.
    fn evaluate(&self, rows: &Rows) -> Result<Evaluation, Failure>;
}

impl View for Network {
    fn evaluate(&self, rows: &Rows) -> Result<Evaluation, Failure> {
        Ok(self.evaluate_packed(rows))
    }
}

/// What is to become of a training after an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Its weights are the run's, unless later ones are kept: not those of the last epoch.
    pub keep: bool,
    /// It was the last.
    pub stop: bool,
}

/// The best of the values seen, the first of equal ones.
#[derive(Clone, Copy, Debug)]
pub struct Best {
    better: Better,
    min_delta: f64,
    value: f64,
    epoch: Option<usize>,
}

impl Best {
    /// Where a value must be better than the best before it by more than `min_delta` to take its place.
    pub fn new(better: Better, min_delta: f64) -> Self {
        let worst = match better {
            Better::Lower => f64::INFINITY,
            Better::Higher => f64::NEG_INFINITY,
        };
        Self { better, min_delta, value: worst, epoch: None }
    }

    /// Whether the value of an epoch is the best so far. NaN is not, nor is an infinite loss.
    pub fn is_new(&mut self, epoch: usize, value: f32) -> bool {
        let value = f64::from(value);
        let is_new = match self.better {
            Better::Lower => value + self.min_delta < self.value,
            Better::Higher => value - self.min_delta > self.value,
        };
        if is_new {
            (self.value, self.epoch) = (value, Some(epoch));
        }
        is_new
    }

    /// Its epoch.
    pub fn epoch(&self) -> Option<usize> {
        self.epoch
    }
}

/// Early stopping: after so many epochs without a new best. The rule of Keras' `EarlyStopping` with the same `patience` and
/// `min_delta`.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    best: Best,
    epochs: usize,
}

impl Patience {
    /// Stops when the best value is `epochs` epochs old.
    pub fn new(better: Better, min_delta: f64, epochs: usize) -> Self {
        Self { best: Best::new(better, min_delta), epochs }
    }

    /// Whether it is at an end after an epoch (from 1) of this value.
    pub fn is_over(&mut self, epoch: usize, value: f32) -> bool {
        !self.best.is_new(epoch, value) && epoch - self.best.epoch().unwrap_or(0) >= self.epochs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The epochs of new bests, and the one that is the last.
    fn course(better: Better, min_delta: f64, patience: usize, values: &[f32]) -> (Vec<usize>, Option<usize>) {
        let (mut best, mut rule) = (Best::new(better, 0.0), Patience::new(better, min_delta, patience));
        let mut kept = Vec::new();
        for (epoch, &value) in (1..).zip(values) {
            if best.is_new(epoch, value) {
                kept.push(epoch);
            }
            if rule.is_over(epoch, value) {
                return (kept, Some(epoch));
            }
        }
        (kept, None)
    }

    #[test]
    fn it_stops_when_the_best_value_is_as_old_as_patience_says() {
        let losses = [5.0, 4.0, 4.5, 4.0, 3.9, 4.1, 4.2, 4.3, 1.0];
        assert_eq!(course(Better::Lower, 0.0, 3, &losses), (vec![1, 2, 5], Some(8)));
        assert_eq!(course(Better::Lower, 0.0, 4, &losses), (vec![1, 2, 5, 9], None));
        assert_eq!(course(Better::Lower, 0.0, 1, &losses), (vec![1, 2], Some(3)));
        let shares = losses.map(|loss| -loss);
        assert_eq!(course(Better::Higher, 0.0, 3, &shares), (vec![1, 2, 5], Some(8)));
    }

    #[test]
    fn a_gain_that_is_too_small_is_kept_but_buys_no_time() {
        let losses = [5.0, 4.95, 4.9, 4.85, 4.8];
        assert_eq!(course(Better::Lower, 0.15, 2, &losses), (vec![1, 2, 3], Some(3)));
        assert_eq!(course(Better::Lower, 0.15, 3, &losses), (vec![1, 2, 3, 4, 5], None));
    }

    #[test]
    fn a_value_that_is_not_a_number_is_never_the_best() {
        let nan = f32::NAN;
        assert_eq!(course(Better::Lower, 0.0, 3, &[nan, nan, nan]), (vec![], Some(3)));
        assert_eq!(course(Better::Lower, 0.0, 3, &[nan, 2.0, nan, f32::INFINITY, nan]), (vec![2], Some(5)));
    }
}
