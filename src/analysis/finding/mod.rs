//! The audit: what a reader should know before believing the numbers, each with the edit that answers it. One file per
//! finding.

mod budget;
mod dead;
mod diverged;
mod edge;
mod falling;
mod few_seeds;
mod left_out;
mod missing;
mod stuck;
mod unopposed;

use super::tuned::Choice;
use super::{Analysis, Role};

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Runs without an outcome.
    Missing,
    /// Training rows that no step sees.
    LeftOut,
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
            Self::FewSeeds => "few seeds",
            Self::Budget => "budget",
            Self::Unopposed => "unopposed",
            Self::Edge => "edge",
            Self::Diverged => "diverged",
            Self::Stuck => "stuck",
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

impl Analysis {
    pub(super) fn audit(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        findings.extend(self.missing());
        findings.extend(self.left_out());
        findings.extend(self.few_seeds());
        findings.extend(self.unopposed());
        findings.extend(self.budgets());
        findings.extend(self.at_edges());
        for value in 0..self.values.len() {
            findings.extend(self.diverged(value));
        }
        findings.extend(self.stuck());
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
