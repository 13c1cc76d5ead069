//! How often each class is taken for each.

use super::outputs::Outputs;

/// The weight of the rows of each class that are taken for each class.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    classes: usize,
    /// Row-major `true class × predicted class`.
    counts: Vec<f64>,
    /// Of each class, the weight of all its rows, those that are taken for no class among them.
    totals: Vec<f64>,
}

impl Confusion {
    /// Of these outputs of a classification.
    pub fn of(outputs: &Outputs) -> Self {
        let classes = outputs.classes();
        let (mut counts, mut totals) = (vec![0.0; classes * classes], vec![0.0; classes]);
        for row in outputs.rows() {
            totals[row.y as usize] += row.weight;
            if let Some(predicted) = row.predicted {
                counts[row.y as usize * classes + predicted] += row.weight;
            }
        }
        Self { classes, counts, totals }
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The weight of the rows of class `own` that are taken for class `predicted`.
    pub fn count(&self, own: usize, predicted: usize) -> f64 {
        self.counts[own * self.classes + predicted]
    }

    /// The weight of all rows of a class.
    pub fn total(&self, own: usize) -> f64 {
        self.totals[own]
    }

    /// The weight of all rows that are taken for a class.
    pub fn taken(&self, predicted: usize) -> f64 {
        (0..self.classes).map(|own| self.count(own, predicted)).sum()
    }

    /// The share of a class that is recognized; `None` of a class without rows.
    pub fn recall(&self, class: usize) -> Option<f64> {
        (self.total(class) > 0.0).then(|| self.count(class, class) / self.total(class))
    }

    /// The share of what is taken for a class that is of it; `None` where nothing is.
    pub fn precision(&self, class: usize) -> Option<f64> {
        let taken = self.taken(class);
        (taken > 0.0).then(|| self.count(class, class) / taken)
    }

    /// The harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn); `None` of a class that no row is of or taken for.
    pub fn f1(&self, class: usize) -> Option<f64> {
        let both = self.total(class) + self.taken(class);
        (both > 0.0).then(|| 2.0 * self.count(class, class) / both)
    }

    /// The mean over the classes that have a value; NaN where none has.
    pub(super) fn mean(&self, of: impl Fn(&Self, usize) -> Option<f64>) -> f64 {
        let values: Vec<f64> = (0..self.classes).filter_map(|class| of(self, class)).collect();
        values.iter().sum::<f64>() / values.len() as f64
    }
}
