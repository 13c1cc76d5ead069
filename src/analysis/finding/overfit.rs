//! Networks that went on learning their training samples after they had stopped learning anything else.

use super::{Finding, Kind};
use crate::analysis::series::LOSS_MEAN;
use crate::analysis::{Analysis, Measure, Metric, Reading, Series, Split, Status};
use crate::protocol::Keep;
use crate::stats;
use crate::text;

/// A loss that ends higher than its least by this share has turned.
const TURNED: f64 = 0.1;

/// A training loss of at most this share of the constant predictor's is learned.
const LEARNED: f64 = 0.5;

/// The keys that hold samples out to choose an epoch by, and choose it.
const VALIDATION: &str = "validation = 0.2\n";
const CHOOSE: &str = "keep = \"best\"\nearly_stopping = true";

/// Where the loss of samples that were not trained on turned.
struct Turn {
    split: Split,
    epoch: f64,
    epochs: f64,
    rise: f64,
}

impl Analysis {
    pub(super) fn overfit(&self) -> Option<Finding> {
        self.turned().or_else(|| self.learned_by_heart())
    }

    /// Whether more training is of no use to a run: its loss on held-out samples has turned, or it knows its training samples by
    /// heart.
    pub(super) fn is_overfit(&self, row: usize) -> bool {
        self.turn(row).is_some() || self.is_by_heart(row)
    }

    /// Runs whose loss on held-out samples was followed, and turned while the training loss fell.
    fn turned(&self) -> Option<Finding> {
        let mut split = None;
        let of_value = |value: usize| {
            let met = self.met(value, |row| Some(self.turn(row).is_some()));
            let turns: Vec<Turn> = met.rows().filter_map(|row| self.turn(row)).collect();
            met.is_most().then(|| {
                split = Some(turns[0].split);
                let median = |of: &dyn Fn(&Turn) -> f64| stats::median(&turns.iter().map(of).collect::<Vec<_>>());
                format!(
                    "after epoch {} of {}, to {} times its least{}",
                    text::short(median(&|turn| turn.epoch).round()),
                    text::short(median(&|turn| turn.epochs).round()),
                    text::short(median(&|turn| turn.rise)),
                    self.met_in(&met)
                )
            })
        };
        let found: Vec<String> = (0..self.values.len()).filter_map(of_value).collect();
        let split = split?;
        Some(Finding {
            kind: Kind::Overfit,
            warning: true,
            text: format!(
                "Training went on past its best: while the training loss fell, the {} loss rose {} (medians).",
                split.name(),
                found.join("; "),
            ),
            edit: Some(format!("{}{CHOOSE}", if split == Split::Validation { "" } else { VALIDATION })),
        })
    }

    /// Where the loss of a run turned on the samples that judge it or choose for it; `None` of runs that keep their best epoch.
    fn turn(&self, row: usize) -> Option<Turn> {
        let outcome = self.rows[row].outcome.as_ref().filter(|outcome| outcome.status() == Status::Done)?;
        if self.config(row).keep == Keep::Best {
            return None;
        }
        let trained = outcome.series(&LOSS_MEAN);
        [Split::Validation, Split::Test].into_iter().find_map(|split| {
            let series = Series::from_name(Metric { measure: Measure::Loss, split }.name())?;
            let losses = outcome.series(series);
            let known = || losses.iter().enumerate().filter(|(_, loss)| loss.is_finite());
            let (best, least) = known().reduce(|best, at| if at.1 < best.1 { at } else { best })?;
            let (last, end) = known().next_back()?;
            let rise = f64::from(*end) / f64::from(*least);
            let fell = trained.get(last)? < trained.get(best)?;
            (rise > 1.0 + TURNED && fell).then_some(Turn {
                split,
                epoch: (best + 1) as f64,
                epochs: losses.len() as f64,
                rise,
            })
        })
    }

    /// Runs whose training loss is low and whose judged metric is no better than the constant predictor.
    fn learned_by_heart(&self) -> Option<Finding> {
        let of_value = |value: usize| {
            let met = self.met(value, |row| Some(self.is_by_heart(row)));
            met.is_most().then(|| {
                let median = |metric: Metric| {
                    let losses: Vec<f64> = met.rows().filter_map(|row| self.number(row, metric)).collect();
                    text::short(stats::median(&losses))
                };
                let (trained, judged) = (median(Metric::TRAIN_LOSS), median(self.metric.with(Measure::Loss)));
                format!("{trained} and {judged}{}", self.met_in(&met))
            })
        };
        let found: Vec<String> = (0..self.values.len()).filter_map(of_value).collect();
        let held_out = self.facts.all_validation;
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Overfit,
            warning: true,
            text: format!(
                "Networks know their training samples by heart, and others no better than a constant does. Their median losses on \
                 training and {} samples are {}.",
                self.metric.split.name(),
                found.join("; "),
            ),
            edit: Some(format!("{}{CHOOSE}", if held_out { "" } else { VALIDATION })),
        })
    }

    fn is_by_heart(&self, row: usize) -> bool {
        let (Some(constant), Reading::Value(trained)) = (self.constants[row], self.read(row, Metric::TRAIN_LOSS))
        else {
            return false;
        };
        self.metric.split != Split::Train
            && trained <= LEARNED * constant.train_loss
            && self.is_no_better_than_constant(row)
    }
}
