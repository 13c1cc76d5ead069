//! Inputs or targets of a file whose sizes keep a network from learning.

use super::{Finding, Kind};
use crate::analysis::{Analysis, Data, Reading, Task};
use crate::dataset::Cache;
use crate::stats;
use crate::text;

/// Standard deviations, and means, beyond which a network with usual weights learns badly, and below which it sees nothing.
const USUAL: (f64, f64) = (0.05, 20.0);

impl Analysis {
    /// Of chosen settings in which most runs learned nothing, or diverged: whether the file's columns are of unusual size.
    pub(super) fn unscaled(&self) -> Vec<Finding> {
        let data = Cache::default();
        let mut findings: Vec<Finding> = Vec::new();
        for (_, choice) in (0..self.values.len()).flat_map(|value| self.chosen(value)) {
            let is_lost =
                |&&row: &&usize| self.is_no_better_than_constant(row) || matches!(self.reading(row), Reading::Diverged);
            let lost: Vec<usize> = choice.rows.iter().filter(is_lost).copied().collect();
            let Some(&row) = lost.first().filter(|_| 2 * lost.len() > choice.rows.len()) else { continue };
            let config = self.config(row);
            if !config.dataset.is_file() {
                continue;
            }
            let Ok(data) = data.get(&config.dataset, config.seed) else { continue };
            let label = crate::param::Kinds::label(&config.dataset);
            for (what, key, found) in [("inputs", "scale", inputs(&data)), ("target", "target_scale", target(&data))] {
                let Some((least, most)) = found else { continue };
                let sizes = match least == most {
                    true => format!("a size of {} is", text::short(least)),
                    false => format!("sizes of {} to {} are", text::short(least), text::short(most)),
                };
                let are = if what == "inputs" { "are" } else { "is" };
                findings.push(Finding {
                    kind: Kind::Unscaled,
                    warning: true,
                    text: format!(
                        "The {what} of {label} {are} not scaled, and most runs learned nothing: {sizes} far from 1. This \
                         setting belongs in the table of the dataset.",
                    ),
                    edit: Some(format!("{key} = \"standard\"")),
                });
            }
        }
        findings.dedup();
        findings
    }
}

/// The least and the greatest size of a column, its deviation or what its mean is beyond it, if any is unusual.
fn inputs(data: &Data) -> Option<(f64, f64)> {
    let columns = (0..data.features).map(|feature| {
        let column = data.train.x.iter().skip(feature).step_by(data.features);
        size(&column.map(|&x| f64::from(x)).collect::<Vec<_>>())
    });
    unusual(&columns.filter(|&size| size > 0.0).collect::<Vec<_>>())
}

fn target(data: &Data) -> Option<(f64, f64)> {
    let size = size(&data.train.y.iter().map(|&y| f64::from(y)).collect::<Vec<_>>());
    if data.task == Task::Regression { unusual(&[size]) } else { None }
}

fn size(values: &[f64]) -> f64 {
    stats::std_dev(values).max(stats::mean(values).abs() / USUAL.1)
}

fn unusual(sizes: &[f64]) -> Option<(f64, f64)> {
    let (least, most) = (stats::min(sizes), stats::max(sizes));
    (least < USUAL.0 || most > USUAL.1).then_some((least, most))
}
