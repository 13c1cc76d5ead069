//! Compared values over all facets: how often best, mean rank, normalized score, profile score, and what their ranks say.

use super::Analysis;
use crate::stats::{self, Estimate, Friedman};

/// A compared value over the facets in which it ran beside another, at its tuned setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// An index into `Analysis::values`.
    pub value: usize,
    /// Facets in which it and another value have an outcome.
    pub facets: usize,
    /// Of these, those it is best in, alone.
    pub best_in: usize,
    /// Those it shares the best place in.
    pub tied_in: usize,
    /// Mean of its ranks, 1 for the best, ties sharing theirs; NaN without a facet.
    pub mean_rank: f64,
    /// The probability to be the best over all facets in which two or more ran; NaN if it did not run in all of them, and
    /// of too few seeds for any claim.
    pub p_best: f64,
    /// IQM over facets and runs of the normalized metric (0: constant predictor, 1: perfect), with the 95 % interval
    /// of a bootstrap stratified by facet.
    pub score: Estimate,
    /// Area under its performance profile for ratios 1 to 4; NaN without a common target.
    pub profile_score: f64,
}

impl Analysis {
    /// The compared values that have an outcome, best first: by mean rank, then by how often best.
    pub fn ranked_standings(&self) -> Vec<&Standing> {
        let has_outcome = |standing: &&Standing| {
            (0..self.facets.len()).any(|facet| self.group(facet, standing.value).is_some_and(|g| g.tuned.is_some()))
        };
        let mut ranked: Vec<_> = self.standings.iter().filter(has_outcome).collect();
        ranked.sort_by(|a, b| a.mean_rank.total_cmp(&b.mean_rank).then(b.best_in.cmp(&a.best_in)));
        ranked
    }

    /// The facets in which two values or more have an outcome.
    pub fn contested(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.facets.len()).filter(|&facet| self.ranking(facet).len() > 1)
    }

    /// The values that ran beside another, and the test of their ranks over the facets in which all of them ran.
    pub fn friedman(&self) -> Option<(Vec<usize>, Friedman)> {
        let values = self.ranked_standings().into_iter().filter(|standing| standing.facets > 0);
        let values: Vec<usize> = values.map(|standing| standing.value).collect();
        let costs = |facet: usize| -> Option<Vec<f64>> {
            let iqm = |&value: &usize| {
                let choice = self.group(facet, value)?.tuned.as_ref()?;
                Some(self.cost(choice.judged.iqm.point))
            };
            values.iter().map(iqm).collect()
        };
        let cases: Vec<Vec<f64>> = (0..self.facets.len()).filter_map(costs).collect();
        Some((values, stats::friedman(&cases)?))
    }

    fn p_best_overall(&self, value: usize) -> f64 {
        let known = self.comparisons.best_overall.get(value).filter(|_| self.seeds.len() >= stats::LEAST);
        known.copied().unwrap_or(f64::NAN)
    }

    pub(super) fn found_standings(&self) -> Vec<Standing> {
        let rankings: Vec<Vec<(usize, f64)>> = (self.contested())
            .map(|facet| {
                let values = self.ranking(facet).into_iter().map(|(group, _)| group.value);
                values.zip(self.ranks(facet)).collect()
            })
            .collect();
        let standing = |value: usize| {
            let of_value = |ranking: &Vec<(usize, f64)>| ranking.iter().find(|(v, _)| *v == value).map(|place| place.1);
            let ranks: Vec<f64> = rankings.iter().filter_map(of_value).collect();
            let first = |ranking: &&Vec<(usize, f64)>| of_value(ranking) == Some(ranking[0].1);
            let strata: Vec<Vec<f64>> = (0..self.facets.len())
                .filter_map(|facet| self.group(facet, value)?.tuned.as_ref())
                .map(|choice| choice.rows.iter().filter_map(|&row| self.normalized(row)).collect())
                .collect();
            Standing {
                value,
                facets: ranks.len(),
                best_in: ranks.iter().filter(|&&rank| rank == 1.0).count(),
                tied_in: rankings.iter().filter(first).filter(|ranking| ranking[0].1 > 1.0).count(),
                mean_rank: stats::mean(&ranks),
                p_best: self.p_best_overall(value),
                score: stats::bootstrap(&strata, stats::iqm),
                profile_score: self.profile.ratios.get(value).map_or(f64::NAN, |ratios| stats::profile_score(ratios)),
            }
        };
        (0..self.values.len()).map(standing).collect()
    }
}
