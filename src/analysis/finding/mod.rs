//! The audit: what a reader should know before believing the numbers, each with the edit that answers it. One file per
//! finding.

mod budget;
mod dead;
mod diverged;
mod edge;
mod falling;
mod few_seeds;
mod judged_twice;
mod left_out;
mod majority;
mod missing;
mod overfit;
mod stuck;
mod unfinished;
mod unopposed;
mod unscaled;

use super::tuned::Choice;
use super::{Analysis, Role};

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Runs without an outcome.
    Missing,
    /// Training rows that no step sees.
    LeftOut,
    /// Settings chosen by the rows that judge them.
    JudgedTwice,
    /// Too few seeds for the claim.
    FewSeeds,
    /// Values were tuned over different numbers of settings.
    Budget,
    /// A value ran where no other did.
    Unopposed,
    /// The best value lies at the end of its axis.
    Edge,
    /// Runs diverged.
    Diverged,
    /// Runs no better than the constant predictor.
    Stuck,
    /// Classifiers no better than the largest class.
    Majority,
    /// A file's numbers are too large or too small to learn from.
    Unscaled,
    /// Networks that were trained past their best.
    Overfit,
    /// Trainings that ended before their best epoch was known.
    Unfinished,
    /// ReLU units that never fire.
    Dead,
    /// Losses still falling at the end.
    Falling,
}

impl Kind {
    /// The word in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::LeftOut => "left out",
            Self::JudgedTwice => "judged twice",
            Self::FewSeeds => "few seeds",
            Self::Budget => "budget",
            Self::Unopposed => "unopposed",
            Self::Edge => "edge",
            Self::Diverged => "diverged",
            Self::Stuck => "stuck",
            Self::Majority => "majority",
            Self::Unscaled => "unscaled",
            Self::Overfit => "overfit",
            Self::Unfinished => "unfinished",
            Self::Dead => "dead",
            Self::Falling => "falling",
        }
    }
}

/// A sentence of the audit.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is about.
    pub kind: Kind,
    /// Whether it casts doubt on the answer, rather than being good to know.
    pub warning: bool,
    /// The sentence.
    pub text: String,
    /// The edit of the experiment file that answers it.
    pub edit: Option<String>,
}

/// The runs at the chosen settings of a value that something is so of.
struct Met {
    value: usize,
    /// By facet, of those that have one.
    rows: Vec<(usize, Vec<usize>)>,
    /// How many were looked at.
    runs: usize,
}

impl Met {
    fn count(&self) -> usize {
        self.rows().count()
    }

    fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.rows.iter().flat_map(|(_, rows)| rows.iter().copied())
    }

    fn is_most(&self) -> bool {
        2 * self.count() > self.runs
    }
}

impl Analysis {
    /// Of the runs at the chosen settings of a value those that something is so of; what says `None` of a run leaves it out.
    fn met(&self, value: usize, is_so: impl Fn(usize) -> Option<bool>) -> Met {
        let mut met = Met { value, rows: Vec::new(), runs: 0 };
        for (facet, choice) in self.chosen(value) {
            let known = choice.rows.iter().filter_map(|&row| Some((row, is_so(row)?)));
            let known: Vec<(usize, bool)> = known.collect();
            met.runs += known.len();
            let rows: Vec<usize> = known.into_iter().filter(|(_, is_so)| *is_so).map(|(row, _)| row).collect();
            if !rows.is_empty() {
                met.rows.push((facet, rows));
            }
        }
        met
    }

    /// Which value and where: ` for sgd (in 3 of 12 by dataset)`.
    fn met_in(&self, met: &Met) -> String {
        let facets: Vec<usize> = met.rows.iter().map(|(facet, _)| *facet).collect();
        self.of(met.value) + &self.places(&facets)
    }

    pub(super) fn audit(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.missing());
        findings.extend(self.left_out());
        findings.extend(self.judged_twice());
        findings.extend(self.few_seeds());
        findings.extend(self.unopposed());
        findings.extend(self.budgets());
        findings.extend(self.at_edges());
        for value in 0..self.values.len() {
            findings.extend(self.diverged(value));
        }
        findings.extend(self.stuck());
        findings.extend(self.majority());
        findings.extend(self.unscaled());
        findings.extend(self.overfit());
        findings.extend(self.unfinished());
        findings.extend(self.dead());
        findings.extend(self.falling());
        findings
    }

    /// Facets in words, unless there is but one: ` (in relu)`, ` (in 3 of 12)`.
    fn places(&self, facets: &[usize]) -> String {
        match facets {
            _ if self.facets.len() < 2 => String::new(),
            [facet] => format!(" ({})", self.facets[*facet].label),
            facets if facets.len() == self.facets.len() => " (everywhere)".into(),
            facets => format!(" (in {} of {} by {})", facets.len(), self.facets.len(), self.keys(Role::Facet)),
        }
    }

    /// `sgd: `, or nothing if nothing is compared.
    fn subject(&self, value: usize) -> String {
        if self.values.len() > 1 { format!("{}: ", self.named(value)) } else { String::new() }
    }

    /// The tuned settings of a value: facet and choice.
    fn chosen(&self, value: usize) -> impl Iterator<Item = (usize, &Choice)> {
        let of_value = self.groups.iter().filter(move |group| group.value == value);
        of_value.filter_map(|group| Some((group.facet, group.tuned.as_ref()?)))
    }

    /// ` for sgd`, or nothing if nothing is compared.
    fn of(&self, value: usize) -> String {
        if self.values.len() > 1 { format!(" for {}", self.named(value)) } else { String::new() }
    }
}
