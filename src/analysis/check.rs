//! The checks of an experiment file, judged: is the median over the seeds within its bounds at every point?

use super::{Analysis, Metric, Reading, worst};
use crate::spec::same;
use crate::stats;
use crate::text;

/// A check at one grid point.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What is judged.
    pub metric: Metric,
    /// The point, an index into `Analysis::cells`; `None` if the check matches none.
    pub cell: Option<usize>,
    /// The least that the median may be.
    pub at_least: Option<f64>,
    /// The most.
    pub at_most: Option<f64>,
    /// The median over the seeds, diverged runs as worst; NaN without a run.
    pub median: f64,
    /// Runs that it is over.
    pub n: usize,
}

impl Check {
    /// Whether the median is known and within its bounds.
    pub fn holds(&self) -> bool {
        !self.median.is_nan()
            && self.at_least.is_none_or(|least| self.median >= least)
            && self.at_most.is_none_or(|most| self.median <= most)
    }
}

impl Analysis {
    /// Every check of the file at every point that it matches.
    pub fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for expected in &self.expectations {
            let metric = expected.metric.unwrap_or(self.metric);
            let check = |cell: Option<usize>, median: f64, n: usize| Check {
                metric,
                cell,
                at_least: expected.at_least,
                at_most: expected.at_most,
                median,
                n,
            };
            let before = checks.len();
            for (i, cell) in self.cells.iter().enumerate() {
                let run = self.run(cell.rows[0]);
                let matches = expected.wanted.iter().all(|(key, wanted)| {
                    run.value(key).is_some_and(|value| wanted.iter().any(|wanted| same(wanted, &value)))
                });
                if !matches {
                    continue;
                }
                let values = cell.rows.iter().filter_map(|&row| match self.read(row, metric) {
                    Reading::Missing => None,
                    Reading::Diverged => Some(worst(metric)),
                    Reading::Value(x) => Some(x),
                });
                let values = stats::sorted(&values.collect::<Vec<_>>());
                checks.push(check(Some(i), stats::quantile(&values, 0.5), values.len()));
            }
            if checks.len() == before {
                checks.push(check(None, f64::NAN, 0));
            }
        }
        checks
    }

    /// A check in a sentence: `optimizer adam: the median final test accuracy is 0.95, not at least 0.97 (n = 10)`.
    pub fn check_told(&self, check: &Check) -> String {
        let bound = |word: &str, bound: Option<f64>| bound.map(|bound| format!("{word} {}", text::short(bound)));
        let bounds: Vec<String> =
            [bound("at least", check.at_least), bound("at most", check.at_most)].into_iter().flatten().collect();
        let (bounds, metric) = (bounds.join(" and "), check.metric.label());
        let Some(cell) = check.cell else {
            return format!("no grid point matches the check of the {metric} ({bounds})");
        };
        let levels = self.axes.iter().zip(&self.cells[cell].levels);
        let point: Vec<String> =
            levels.filter_map(|(axis, &level)| Some(format!("{} {}", axis.key, axis.label(Some(level?))))).collect();
        let point = if point.is_empty() { "all runs".to_owned() } else { point.join(", ") };
        if check.median.is_nan() {
            return format!("{point}: there is no {metric} yet ({bounds})");
        }
        let not = if check.holds() { "" } else { "not " };
        let n = text::count(check.n, "run");
        format!("{point}: the median {metric} is {}, {not}{bounds} ({n})", text::short(check.median))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Value, sample};
    use super::*;
    use crate::spec::Expectation;

    fn judged(expected: Expectation) -> Vec<Check> {
        let mut subject = sample::subject();
        subject.roles.expectations = vec![expected];
        Analysis::new(subject, sample::rows(5)).checks()
    }

    #[test]
    fn a_check_is_judged_at_every_point_that_it_matches_and_nowhere_else() {
        let wanted = vec![("optimizer".to_owned(), vec![Value::Text("adam".into())])];
        let checks = judged(Expectation { wanted, at_most: Some(0.01), ..Expectation::default() });
        assert_eq!(checks.len(), 2 * sample::RATES.len());
        let holding = checks.iter().filter(|check| check.holds()).count();
        assert!(0 < holding && holding < checks.len(), "{holding} of {}", checks.len());
        assert!(checks.iter().all(|check| check.n == 5 && check.holds() == (check.median <= 0.01)));
    }

    #[test]
    fn a_check_that_matches_no_point_does_not_hold() {
        let wanted = vec![("optimizer".to_owned(), vec![Value::Text("lion".into())])];
        let checks = judged(Expectation { wanted, at_least: Some(0.0), ..Expectation::default() });
        assert_eq!(checks.iter().map(|check| (check.cell, check.holds())).collect::<Vec<_>>(), [(None, false)]);
    }
}
