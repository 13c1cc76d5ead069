//! ReLU units that never fire.

use super::{Finding, Kind};
use crate::analysis::{Analysis, Status};

/// Networks whose hidden units are looked at, and the training points they are looked at with.
const LOOKED_AT: (usize, usize) = (1_000, 1_000);

impl Analysis {
    pub(super) fn dead(&self) -> Option<Finding> {
        let data = crate::dataset::Cache::default();
        let mut left = LOOKED_AT.0;
        let (mut found, mut highest) = (Vec::new(), 0.0f64);
        for value in 0..self.values.len() {
            let (mut dead, mut units, mut facets) = (0, 0, Vec::new());
            for (facet, choice) in self.chosen(value) {
                let before = dead;
                for row in choice.rows.iter().copied().filter(|&row| self.is_relu(row)) {
                    if left == 0 {
                        break;
                    }
                    left -= 1;
                    let Some((silent, all)) = self.silent_units(row, &data) else { continue };
                    (dead, units) = (dead + silent, units + all);
                }
                if dead > before {
                    facets.push(facet);
                }
            }
            if dead > 0 {
                highest = highest.max(dead as f64 / units as f64);
                found.push(format!("{dead} of {units}{}{}", self.of(value), self.places(&facets)));
            }
        }
        (!found.is_empty()).then(|| Finding {
            kind: Kind::Dead,
            warning: highest > 0.25,
            text: format!(
                "Hidden ReLU units that are 0 for every training point at the chosen setting: {}.",
                found.join(", "),
            ),
            edit: Some("activation = [\"relu\", \"leaky_relu\"]".into()),
        })
    }

    fn is_relu(&self, row: usize) -> bool {
        let done = self.rows[row].outcome.as_ref().is_some_and(|outcome| outcome.status() == Status::Done);
        done && self.config(row).activation.name() == "relu"
    }

    /// Hidden units that are 0 for every training point looked at, and all hidden units.
    fn silent_units(&self, row: usize, data: &crate::dataset::Cache) -> Option<(usize, usize)> {
        let config = self.config(row);
        let network = self.network(row)?;
        let data = data.get(&config.dataset, config.seed).ok()?;
        let points = data.train.len().min(LOOKED_AT.1);
        let layers = network.hidden(&data.train.x[..points * data.features]);
        let silent = |values: &Vec<f32>, width: usize| {
            (0..width).filter(|&unit| values.iter().skip(unit).step_by(width).all(|&value| value == 0.0)).count()
        };
        let silent = layers.iter().zip(&config.hidden).map(|(values, &width)| silent(values, width)).sum();
        Some((silent, config.hidden.iter().sum()))
    }
}
