//! The constant predictor: what a network that ignores its inputs can reach, from the data themselves.

use std::collections::HashMap;

use super::{Analysis, Data, Dataset, Measure, Metric, Reading, Replicate, Split, Table, Task};
use crate::measure::{Evaluation, Outputs};
use crate::param::Kinds as _;
use crate::table::Fold;

/// Losses at least this share of the constant predictor's are no better than it.
const NO_BETTER: f64 = 0.98;

/// What the best constant of the training samples reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constant {
    /// Loss over the training samples.
    pub train_loss: f64,
    /// The metric over the samples of its split.
    pub value: f64,
    /// The accuracy over the same samples; NaN of a regression.
    pub accuracy: f64,
}

impl Analysis {
    /// The constant predictor of each run, in the order of the rows; `None` where the data cannot be had.
    pub(super) fn found_constants(&self) -> Vec<Option<Constant>> {
        let mut datasets: HashMap<String, Vec<(usize, Dataset)>> = HashMap::new();
        let mut known: HashMap<(usize, Option<Fold>, u64), Option<Constant>> = HashMap::new();
        let mut constants = vec![None; self.rows.len()];
        let mut count = 0;
        for cell in &self.cells {
            let mut dataset = self.config(cell.rows[0]).dataset;
            dataset.fold = None;
            // Of the few that go by one name, the one that is equal.
            let alike = datasets.entry(format!("{:?} {:?}", dataset.described(), dataset.sampling)).or_default();
            let at = match alike.iter().find(|(_, known)| *known == dataset) {
                Some((at, _)) => *at,
                None => {
                    alike.push((count, dataset.clone()));
                    count += 1;
                    count - 1
                }
            };
            for &row in &cell.rows {
                let Replicate { seed, fold } = self.rows[row].replicate;
                let data_seed = dataset.sampling.data_seed.unwrap_or(seed);
                let mut found = || {
                    dataset.fold = fold;
                    dataset.generate(seed).ok().and_then(|data| constant(&data, self.metric))
                };
                constants[row] = *known.entry((at, fold, data_seed)).or_insert_with(&mut found);
            }
        }
        constants
    }

    /// Whether a run ended no better than the constant predictor: by its metric, or on the training samples.
    pub fn is_no_better_than_constant(&self, row: usize) -> bool {
        let (Some(constant), Reading::Value(metric)) = (self.constants[row], self.reading(row)) else { return false };
        let judged = match self.metric.higher_is_better() {
            true => metric <= constant.value,
            false => metric >= NO_BETTER * constant.value,
        };
        let trained = self.rows[row].outcome.as_ref().and_then(|outcome| outcome.value(Metric::TRAIN_LOSS));
        judged || trained.is_some_and(|loss| f64::from(loss) >= NO_BETTER * constant.train_loss)
    }

    /// A run's metric between that of the constant predictor (0) and a perfect one (1), so that datasets can be
    /// averaged; diverged runs, and those worse than the constant, are 0. `None` if the run or the data are missing.
    pub fn normalized(&self, row: usize) -> Option<f64> {
        let constant = self.constants[row]?;
        let score = self.score(row)?;
        let share = if self.metric.higher_is_better() {
            (score - constant.value) / (1.0 - constant.value)
        } else {
            1.0 - score / constant.value
        };
        (!share.is_nan()).then(|| share.clamp(0.0, 1.0))
    }
}

fn constant(data: &Data, metric: Metric) -> Option<Constant> {
    let judged = match metric.split {
        Split::Train => &data.train,
        Split::Validation => &data.validation,
        Split::Test => &data.test,
    };
    if data.train.is_empty() || judged.is_empty() {
        return None;
    }
    let mean = |table: &Table, of: &dyn Fn(f32) -> f64| match &table.weights {
        None => crate::stats::mean(&table.y.iter().map(|&y| of(y)).collect::<Vec<_>>()),
        Some(weights) => {
            // A row without weight counts for nothing, whatever its loss.
            let rows = table.y.iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
            let sum: f64 = rows.map(|(&y, &weight)| f64::from(weight) * of(y)).sum();
            sum / crate::numerics::sum(weights)
        }
    };
    let classes = match data.task {
        Task::Regression => {
            let centre = mean(&data.train, &|y| f64::from(y));
            let square = |y: f32| (f64::from(y) - centre) * (f64::from(y) - centre);
            let unit = data.loss_unit();
            let value = match metric.measure {
                Measure::Loss => unit * mean(judged, &square),
                measure => of_outputs(data, judged, measure, &[centre as f32]),
            };
            return Some(Constant { train_loss: unit * mean(&data.train, &square), value, accuracy: f64::NAN });
        }
        Task::Binary => 2,
        Task::Multiclass { classes } => classes,
    };
    let mut shares = vec![0.0f64; classes];
    let total = data.train.weights.as_ref().map_or(data.train.len() as f64, |weights| crate::numerics::sum(weights));
    for (row, &y) in data.train.y.iter().enumerate() {
        shares[y as usize] += data.train.weights.as_ref().map_or(1.0, |weights| f64::from(weights[row])) / total;
    }
    let likeliest = (0..classes).fold(0, |best, class| if shares[class] > shares[best] { class } else { best });
    let surprise = |y: f32| -libm::log(shares[y as usize]);
    let logits: Vec<f32> = match classes {
        2 => vec![libm::log(shares[1] / shares[0]) as f32],
        _ => shares.iter().map(|&share| libm::log(share) as f32).collect(),
    };
    let accuracy = mean(judged, &|y| f64::from(u8::from(y as usize == likeliest)));
    let value = match metric.measure {
        Measure::Loss | Measure::LogLoss => mean(judged, &surprise),
        Measure::Accuracy => accuracy,
        measure => of_outputs(data, judged, measure, &logits),
    };
    Some(Constant { train_loss: mean(&data.train, &surprise), value, accuracy })
}

/// A measure of these outputs for every row, in the target's unit.
fn of_outputs(data: &Data, table: &Table, measure: Measure, outputs: &[f32]) -> f64 {
    let all = outputs.repeat(table.len());
    let weight = |row: usize| table.weights.as_ref().map_or(1.0, |weights| f64::from(weights[row]));
    let square = |(row, &y): (usize, &f32)| weight(row) * (f64::from(y) - f64::from(outputs[0])).powi(2);
    let seen = Evaluation {
        task: data.task,
        weight: (0..table.len()).map(weight).sum(),
        loss: table.y.iter().enumerate().map(square).sum(),
        correct: 0.0,
        table,
        outputs: Some(Outputs::new(data.task, table, all)),
    };
    let value = (measure.of)(&seen).map_or(f64::NAN, f64::from);
    value * measure.unit.factor(data.loss_unit()).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(task: Task, y: &[f32]) -> Data {
        let train = Table::new(vec![0.0; y.len()], y.to_vec());
        Data::new(1, task, [train, Table::default(), Table::default()])
    }

    #[test]
    fn the_best_constant_is_the_mean_or_the_class_shares() {
        let train = |measure| Metric { measure, split: Split::Train };
        let of = |task, y: &[f32], measure| constant(&data(task, y), train(measure)).expect("data").value;
        assert_eq!(of(Task::Regression, &[0.0, 2.0], Measure::Loss), 1.0);
        assert_eq!(of(Task::Regression, &[0.0, 4.0], Measure::Mae), 2.0);
        assert_eq!(of(Task::Regression, &[0.0, 4.0], Measure::R2), 0.0);
        let y = [0.0, 1.0, 1.0, 1.0];
        assert!(
            (of(Task::Binary, &y, Measure::Loss) - 0.5623351446188083).abs() < 1e-12,
            "the entropy of a quarter in nats"
        );
        assert_eq!(of(Task::Binary, &y, Measure::Accuracy), 0.75);
        assert_eq!(of(Task::Binary, &y, Measure::RocAuc), 0.5);
        assert_eq!(of(Task::Binary, &y, Measure::AveragePrecision), 0.75);
        assert_eq!(of(Task::Binary, &y, Measure::BalancedAccuracy), 0.5);
        assert!((of(Task::Binary, &y, Measure::Brier) - 0.1875).abs() < 1e-7);
        assert_eq!(constant(&data(Task::Binary, &[1.0]), Metric::TEST_LOSS), None, "no test split");
    }
}
