//! Following a training by the protocol of its run: what is evaluated as it goes, which epoch's weights are kept, when it ends.

use std::sync::{Mutex, PoisonError};

use super::watch::{Best, Epoch, Patience, Verdict, View, Watch};
use super::{Failure, Outcome, Status};
use crate::measure::series::{LOSS_LAST, LOSS_MEAN};
use crate::measure::{Better, Histories, KEPT_EPOCH, Measure, STOPPED_EPOCH, Series, Split};
use crate::model::Rows;
use crate::protocol::{EarlyStopping, Keep};
use crate::spec::RunConfig;

/// Looks at a training as its run asks for.
#[derive(Debug)]
pub struct Follower<'a> {
    every: usize,
    keeps_best: bool,
    rows: Vec<(Split, Rows<'a>)>,
    series: Vec<&'static Series>,
    measures: Vec<Measure>,
    watched: Option<&'static Series>,
    course: Mutex<Course>,
}

/// What has been seen so far, and what follows from it.
#[derive(Debug)]
struct Course {
    series: Histories,
    best: Best,
    patience: Option<Patience>,
    stopped: Option<usize>,
}

impl<'a> Follower<'a> {
    /// Of a run, whose rows `pack` gives and whose losses are those of the target's own unit over `loss_unit`; `None` where it
    /// asks for nothing.
    pub fn of(run: &RunConfig, loss_unit: f64, pack: impl FnMut(Split) -> Rows<'a>) -> Option<Self> {
        let (series, watched): (Vec<_>, _) = (run.evaluated().collect(), run.watched());
        if series.is_empty() && watched.is_none() {
            return None;
        }
        let mut splits: Vec<Split> = series.iter().map(|series| series.split).collect();
        splits.sort_unstable();
        splits.dedup();
        let better = watched.map_or(Better::Lower, |series| series.better);
        let unit = watched.and_then(|series| series.unit.factor(loss_unit)).unwrap_or(1.0);
        let patience = |rule: &EarlyStopping| Patience::new(better, rule.min_delta / unit, rule.patience);
        let patience = run.early_stopping.as_ref().map(patience);
        let course = Course {
            series: series.iter().map(|series| (series.name.into(), Vec::new())).collect(),
            best: Best::new(better, 0.0),
            patience,
            stopped: None,
        };
        Some(Self {
            every: run.evaluate.every,
            keeps_best: run.keep == Keep::Best,
            rows: splits.iter().copied().zip(splits.iter().copied().map(pack)).collect(),
            series,
            measures: run.measures().collect(),
            watched,
            course: Mutex::new(course),
        })
    }

    /// The outcome of the training followed, with what was seen.
    pub fn complete(self, mut outcome: Outcome) -> Outcome {
        let epochs = outcome.epochs();
        let Course { series, best, stopped, .. } = self.course.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (name, mut values) in series {
            values.resize(epochs, f32::NAN);
            outcome.series.insert(name, values);
        }
        let kept = best.epoch().filter(|_| self.keeps_best);
        let stopped = stopped.filter(|_| outcome.status == Status::Done);
        for (name, epoch) in [(KEPT_EPOCH, kept), (STOPPED_EPOCH, stopped)] {
            outcome.measures.extend(epoch.map(|epoch| (name.into(), epoch as f32)));
        }
        outcome
    }
}

impl Watch for Follower<'_> {
    fn wants(&self, epoch: usize) -> bool {
        epoch.is_multiple_of(self.every)
    }

    fn see(&self, epoch: &Epoch, network: &dyn View) -> Result<Verdict, Failure> {
        let mut seen = vec![(LOSS_LAST.name.into(), epoch.last), (LOSS_MEAN.name.into(), epoch.mean)];
        let outputs = super::needs_outputs(&self.measures);
        for (split, rows) in &self.rows {
            seen.extend(network.evaluate(rows, outputs)?.measures(*split, &self.measures));
        }
        let value = |series: &Series| {
            let value = seen.iter().find(|(name, _)| name == series.name).map_or(f32::NAN, |(_, value)| *value);
            // What is not a number is as bad as can be: NaN stands for an epoch that was not looked at.
            match series.metric {
                Some(metric) if value.is_nan() => metric.measure.worst as f32,
                _ => value,
            }
        };
        let mut course = self.course.lock().unwrap_or_else(PoisonError::into_inner);
        for series in &self.series {
            let values = course.series.entry(series.name.into()).or_default();
            values.resize(epoch.number - 1, f32::NAN);
            values.push(value(series));
        }
        let Some(value) = self.watched.map(value) else { return Ok(Verdict::default()) };
        let keep = course.best.is_new(epoch.number, value) && self.keeps_best;
        let stop = course.patience.as_mut().is_some_and(|patience| patience.is_over(epoch.number, value));
        if stop {
            course.stopped = Some(epoch.number);
        }
        Ok(Verdict { keep, stop })
    }
}
