//! Values tuned over different numbers of settings.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Kind};
use crate::analysis::Analysis;
use crate::text;

impl Analysis {
    pub(super) fn budgets(&self) -> Option<Finding> {
        let tried = |cells: &[usize]| cells.iter().filter(|&&cell| self.cells[cell].metric.n > 0).count();
        let mut budgets: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut unequal = false;
        for facet in self.contested() {
            let groups = || self.groups.iter().filter(|group| group.facet == facet && group.tuned.is_some());
            let counts: BTreeSet<usize> = groups().map(|group| tried(&group.cells)).collect();
            unequal |= counts.len() > 1;
            groups().for_each(|group| _ = budgets.entry(tried(&group.cells)).or_default().insert(group.value));
        }
        let told = budgets.iter().map(|(count, values)| {
            let names: Vec<String> = values.iter().map(|&value| self.named(value)).collect();
            format!("{} for {}", text::count(*count, "setting"), names.join(", "))
        });
        unequal.then(|| Finding {
            kind: Kind::Budget,
            warning: false,
            text: format!(
                "Values were tuned over unequal budgets: {}. More tries flatter a value; the tests allow for it.",
                told.collect::<Vec<_>>().join("; ")
            ),
            edit: None,
        })
    }
}
