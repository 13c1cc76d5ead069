//! Values that ran where no other did.

use super::{Finding, Kind};
use crate::analysis::Analysis;

impl Analysis {
    pub(super) fn unopposed(&self) -> Option<Finding> {
        if self.values.len() < 2 {
            return None;
        }
        let contested = self.contested().count();
        let standing = |value: usize| self.standings.iter().find(|standing| standing.value == value);
        let has_outcome = |value: usize| self.groups.iter().any(|group| group.value == value && group.tuned.is_some());
        let told = (0..self.values.len()).filter(|&value| has_outcome(value)).filter_map(|value| {
            let facets = standing(value)?.facets;
            match facets {
                0 => Some(format!("{} ran in no case beside another value and is not compared", self.named(value))),
                facets if facets < contested => {
                    Some(format!("{} is compared in {facets} of {contested} cases", self.named(value)))
                }
                _ => None,
            }
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| Finding {
            kind: Kind::Unopposed,
            warning: true,
            text: format!("Not every value ran in every case: {}.", told.join("; ")),
            edit: None,
        })
    }
}
