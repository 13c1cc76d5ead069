//! The runs as costs by facet, value, setting and seed, and what comparing them comes to.

use super::cell::widened;
use super::{Analysis, Metric, Reading, Split, Status};
use crate::measure::Unit;
use crate::stats::{self, By, Case, Comparisons, Estimate, Rules, Scale};

/// The margin where a file gives none: a tenth of a loss, half a percentage point of a share.
const MARGINS: (f64, f64) = (0.1, 0.005);

/// What choosing the best of all values and settings can be expected to give on a new seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    /// The metric over all seeds, each at the value and setting that are best on the others.
    pub metric: Estimate,
    /// How many seeds.
    pub n: usize,
}

impl Analysis {
    /// On what scale values of the metric differ: losses by their ratio, shares by their difference.
    pub fn scale(&self) -> Scale {
        scale_of(self.metric)
    }

    /// The margin that was given, else that of the metric's unit.
    pub(super) fn found_margin(&self, given: Option<f64>) -> f64 {
        given.unwrap_or(match self.scale() {
            Scale::Ratio => MARGINS.0,
            Scale::Difference => MARGINS.1,
        })
    }

    /// What a metric is multiplied by where people read it, and the sign behind it: shares are told in percent.
    pub(super) fn spoken(&self) -> (f64, &'static str) {
        if self.metric.measure.unit == Unit::Share { (100.0, " %") } else { (1.0, "") }
    }

    /// `10 %` of a loss, `0.5 percentage points` of a share.
    pub fn margin_words(&self) -> String {
        let percent = crate::text::short(100.0 * self.margin);
        match self.scale() {
            Scale::Ratio => format!("{percent} %"),
            Scale::Difference if self.metric.measure.unit == Unit::Plain => crate::text::short(self.margin),
            Scale::Difference if percent == "1" => "1 percentage point".into(),
            Scale::Difference => format!("{percent} percentage points"),
        }
    }

    pub(super) fn compared(&self) -> Comparisons {
        let mut cases: Vec<Case> = (0..self.facets.len())
            .map(|facet| {
                let none = || vec![Vec::new(); self.values.len()];
                let by = match self.chooser.is_some() {
                    true if self.is_resplit(facet) => By::Own(none()),
                    true => By::All(none()),
                    false => By::Judged,
                };
                Case { values: none(), by, inflation: self.inflation(facet) }
            })
            .collect();
        for (facet, value, cells) in self.members() {
            let costs = |metric| cells.iter().map(|&cell| self.costs(cell, metric)).collect();
            let case = &mut cases[facet];
            if let (By::All(by) | By::Own(by), Some(chooser)) = (&mut case.by, self.chooser) {
                by[value] = costs(chooser);
            }
            case.values[value] = costs(self.metric);
        }
        let margin = match self.scale() {
            Scale::Ratio => libm::log1p(self.margin),
            Scale::Difference => self.margin,
        };
        stats::compare(&cases, Rules { scale: self.scale(), margin, seeds: self.seeds.len() })
    }

    /// The same measure on validation samples, if anything is tuned and all runs hold samples out to choose by.
    pub(super) fn found_chooser(&self) -> Option<Metric> {
        let chooser = Metric { split: Split::Validation, ..self.metric };
        let lacks = |outcome: &super::Numbers| outcome.status() == Status::Done && outcome.value(chooser).is_none();
        let chooses = self.metric.split == Split::Test && self.settings.len() > 1 && self.facts.all_validation;
        (chooses && !self.rows.iter().any(|row| row.outcome.as_ref().is_some_and(lacks))).then_some(chooser)
    }

    /// Whether rows of a file that judge a setting also chose it: where none are held out to choose by, all do but the folds of
    /// one seed.
    pub fn is_judged_by_what_chose(&self) -> bool {
        let one_seed = self.rows.iter().all(|row| row.replicate.seed == self.rows[0].replicate.seed);
        self.settings.len() > 1
            && self.chooser.is_none()
            && self.metric.split != Split::Train
            && (0..self.facets.len()).all(|facet| self.is_file(facet))
            && !(one_seed && self.folds().is_some())
    }

    /// The costs of a cell by seed, NaN where a run is missing.
    fn costs(&self, cell: usize, metric: Metric) -> Vec<f64> {
        let mut costs = vec![f64::NAN; self.seeds.len()];
        for &row in &self.cells[cell].rows {
            costs[self.replicate(row)] = match self.read(row, metric) {
                Reading::Missing => f64::NAN,
                Reading::Diverged => self.cost(super::worst(metric)),
                Reading::Value(x) => self.cost(x),
            };
        }
        costs
    }

    /// Whether the replicates of a facet are re-splits of one file's rows: each is judged by other rows of it, so that they share
    /// most of what they train on.
    pub fn is_resplit(&self, facet: usize) -> bool {
        let Some(row) = self.row_in(facet) else { return false };
        let dataset = self.config(row).dataset;
        let sampling = &dataset.sampling;
        let held_out = match self.metric.split {
            Split::Test => sampling.test,
            Split::Validation => sampling.validation,
            Split::Train => sampling.test.max(sampling.validation),
        };
        dataset.fold.is_some() || (held_out > 0.0 && dataset.is_drawn_anew())
    }

    /// Whether the runs of a facet are all on one file.
    pub fn is_file(&self, facet: usize) -> bool {
        self.row_in(facet).is_some_and(|row| self.config(row).dataset.is_file())
    }

    fn row_in(&self, facet: usize) -> Option<usize> {
        self.cells.iter().find(|cell| cell.facet == facet)?.rows.first().copied()
    }

    /// The factor on variances of a facet: re-splits share rows. Of the training rows even more are shared, so that their
    /// metrics are corrected alike.
    pub(super) fn inflation(&self, facet: usize) -> f64 {
        let Some(row) = self.row_in(facet).filter(|_| self.is_resplit(facet)) else { return 1.0 };
        let config = self.config(row);
        let held_out = match self.metric.split {
            Split::Train => [Split::Test, Split::Validation].map(|split| config.rows(split)).into_iter().max(),
            judged => Some(config.rows(judged)),
        };
        stats::resplit_inflation(self.seeds.len(), held_out.unwrap_or(0), config.rows(Split::Train))
    }

    /// What choosing the best in a facet gives on what had no say in the choice; `None` without two seeds.
    pub fn expected(&self, facet: usize) -> Option<Expected> {
        let members: Vec<(usize, Vec<usize>)> =
            self.groups.iter().filter(|group| group.facet == facet).map(|g| (g.value, g.cells.clone())).collect();
        let at = |(seed, place): (usize, &Option<(usize, usize)>)| {
            let (value, setting) = (*place)?;
            let (_, cells) = members.iter().find(|member| member.0 == value)?;
            self.score(self.row_of(cells[setting], self.seeds[seed])?)
        };
        let scores: Vec<f64> = self.comparisons.cases.get(facet)?.chosen.iter().enumerate().filter_map(at).collect();
        (scores.len() > 1).then(|| Expected {
            metric: widened(stats::iqm_interval(&scores), self.inflation(facet), self.scale()),
            n: scores.len(),
        })
    }
}

/// On what scale values of a metric differ.
pub fn scale_of(metric: Metric) -> Scale {
    match metric.measure.unit {
        Unit::Loss | Unit::Target => Scale::Ratio,
        Unit::Share | Unit::Plain => Scale::Difference,
    }
}
