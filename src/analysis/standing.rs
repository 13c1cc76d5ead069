//! Compared values over all facets: how often best, mean rank, normalized score, profile score.

use super::Analysis;
use crate::stats::{self, Estimate};

/// A compared value over the facets in which it has an outcome, at its tuned setting on held-out seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// An index into `Analysis::values`.
    pub value: usize,
    /// Facets it has an outcome in.
    pub facets: usize,
    /// Facets it is best in.
    pub best_in: usize,
    /// Mean of its ranks, 1 for the best; NaN without a facet.
    pub mean_rank: f64,
    /// IQM over facets and runs of the normalized metric (0: constant predictor, 1: perfect), with the 95 % interval
    /// of a bootstrap stratified by facet.
    pub score: Estimate,
    /// Area under its performance profile for ratios 1 to 4; NaN without a common target.
    pub profile_score: f64,
}

impl Analysis {
    /// The compared values that have an outcome, best first: by how often best, then by mean rank.
    pub fn ranked_standings(&self) -> Vec<&Standing> {
        let mut ranked: Vec<_> = self.standings.iter().filter(|standing| standing.facets > 0).collect();
        ranked.sort_by(|a, b| b.best_in.cmp(&a.best_in).then(a.mean_rank.total_cmp(&b.mean_rank)));
        ranked
    }

    pub(super) fn found_standings(&self) -> Vec<Standing> {
        let rankings: Vec<Vec<usize>> = (0..self.facets.len())
            .map(|facet| self.ranking(facet).iter().map(|(group, _)| group.value).collect())
            .collect();
        let standing = |value: usize| {
            let places = rankings.iter().filter_map(|ranking| ranking.iter().position(|&v| v == value));
            let ranks: Vec<f64> = places.map(|place| (place + 1) as f64).collect();
            let strata: Vec<Vec<f64>> = (0..self.facets.len())
                .filter_map(|facet| self.group(facet, value)?.tuned.as_ref())
                .map(|choice| self.judged_rows(&self.cells[choice.cell]).filter_map(|r| self.normalized(r)).collect())
                .collect();
            Standing {
                value,
                facets: ranks.len(),
                best_in: ranks.iter().filter(|&&rank| rank == 1.0).count(),
                mean_rank: stats::mean(&ranks),
                score: stats::bootstrap(&strata, stats::iqm),
                profile_score: self.profile.ratios.get(value).map_or(f64::NAN, |ratios| stats::profile_score(ratios)),
            }
        };
        (0..self.values.len()).map(standing).collect()
    }
}
