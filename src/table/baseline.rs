//! The constant predictor: what knows the training targets and no inputs.

use super::target::Task;

/// The prediction that fits the training rows best, whatever the inputs: the mean, or the shares of the classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    task: Task,
    /// The mean, or each class's share.
    shares: Vec<f64>,
}

/// How well it does on some rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Mean squared error in the target's own units, or the mean cross-entropy in nats; infinite where a class occurs
    /// that the training rows lack.
    pub loss: f64,
    /// The share of rows of the class that is most frequent in training; `None` for a regression.
    pub accuracy: Option<f64>,
}

impl Baseline {
    /// Fitted to rows: `targets` are numbers, or the places of `classes` classes; `weights` one a row.
    pub fn of(task: Task, classes: usize, targets: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut sums = vec![0.0; if task == Task::Regression { 1 } else { classes }];
        let mut total = 0.0;
        for (y, weight) in targets {
            total += weight;
            match task {
                Task::Regression => sums[0] += weight * y,
                _ => sums[y as usize] += weight,
            }
        }
        Self { task, shares: sums.into_iter().map(|sum| sum / total).collect() }
    }

    /// How well it does on rows, pairs of target and weight; `None` of no rows.
    pub fn score(&self, targets: impl Iterator<Item = (f64, f64)>) -> Option<Score> {
        let most = self.shares.iter().fold(f64::NEG_INFINITY, |most, &share| most.max(share));
        // Among equals the first.
        let guess = self.shares.iter().position(|&share| share == most).unwrap_or(0) as f64;
        let (mut loss, mut right, mut total) = (0.0, 0.0, 0.0);
        for (y, weight) in targets {
            total += weight;
            if weight == 0.0 {
                continue;
            }
            match self.task {
                Task::Regression => loss += weight * (y - self.shares[0]).powi(2),
                _ => {
                    loss -= weight * libm::log(self.shares[y as usize]);
                    right += if y == guess { weight } else { 0.0 };
                }
            }
        }
        let accuracy = (self.task != Task::Regression).then_some(right / total);
        (total > 0.0).then_some(Score { loss: loss / total, accuracy })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(targets: &[f64]) -> impl Iterator<Item = (f64, f64)> {
        targets.iter().map(|&y| (y, 1.0))
    }

    #[test]
    fn a_number_is_predicted_by_the_mean() {
        let baseline = Baseline::of(Task::Regression, 0, rows(&[1.0, 2.0, 6.0]));
        assert_eq!(baseline.score(rows(&[3.0, 5.0])), Some(Score { loss: 2.0, accuracy: None }));
        assert_eq!(baseline.score(rows(&[])), None);
    }

    #[test]
    fn classes_are_predicted_by_their_shares() {
        let baseline = Baseline::of(Task::Binary, 2, rows(&[0.0, 0.0, 0.0, 1.0]));
        let score = baseline.score(rows(&[0.0, 1.0])).expect("rows");
        assert!((score.loss - -(0.75_f64.ln() + 0.25_f64.ln()) / 2.0).abs() < 1e-15);
        assert_eq!(score.accuracy, Some(0.5));
        let lacking = Baseline::of(Task::Multiclass, 3, rows(&[0.0, 1.0]));
        assert_eq!(lacking.score(rows(&[2.0])).map(|score| score.loss), Some(f64::INFINITY));
    }

    #[test]
    fn a_weight_counts_as_so_many_rows() {
        let weighted = [(1.0, 2.0), (4.0, 1.0)];
        let baseline = Baseline::of(Task::Regression, 0, weighted.into_iter());
        assert_eq!(baseline, Baseline::of(Task::Regression, 0, rows(&[1.0, 1.0, 4.0])));
        assert_eq!(baseline.score(weighted.into_iter()), baseline.score(rows(&[1.0, 1.0, 4.0])));
    }
}
