//! Training rows that no step sees.

use std::collections::BTreeSet;

use super::{Finding, Kind};
use crate::analysis::Analysis;
use crate::param::Kinds;

/// Training rows left out in every epoch are worth a warning above this share.
const LEFT_OUT: f64 = 0.1;
/// Ways in which training rows are left out that are told.
const TOLD: usize = 3;

impl Analysis {
    pub(super) fn left_out(&self) -> Option<Finding> {
        let (mut ways, mut largest) = (BTreeSet::new(), 0.0f64);
        // Of generated data, every seed has as many.
        let rows = self.cells.iter().flat_map(|cell| {
            let seeds = if self.is_file(cell.facet) { cell.rows.len() } else { 1 };
            &cell.rows[..seeds]
        });
        for config in rows.map(|&row| self.config(row)) {
            let samples = config.dataset.train_len(config.seed);
            let left = samples - config.batching().divide(samples).trained.min(samples);
            if left > 0 {
                largest = largest.max(left as f64 / samples as f64);
                ways.insert((config.dataset.label(), samples, config.batch_size, left));
            }
        }
        let told = ways.iter().take(TOLD).map(|(label, samples, batch, left)| {
            let do_not_fill = if *left == 1 { "does not fill" } else { "do not fill" };
            format!("{left} of {samples} rows of {label}, which {do_not_fill} a batch of {batch}")
        });
        let more = if ways.len() > TOLD { "; and more" } else { "" };
        (!ways.is_empty()).then(|| Finding {
            kind: Kind::LeftOut,
            warning: largest > LEFT_OUT,
            text: format!("Training leaves rows out in every epoch: {}{more}.", told.collect::<Vec<_>>().join("; ")),
            edit: Some("last_batch = \"train\"".into()),
        })
    }
}
