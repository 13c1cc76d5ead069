//! Too few seeds for a claim.

use super::{Finding, Kind};
use crate::analysis::{Analysis, Verdict};
use crate::stats::{self, LEAST};
use crate::text;

/// Seeds to begin with where nothing is known of what would do.
const USUAL: usize = 10;

/// Seeds beyond which a number of them is no advice.
const MANY: f64 = 1_000.0;

impl Analysis {
    pub(super) fn few_seeds(&self) -> Option<Finding> {
        let finding = |text: String, seeds: Option<usize>| {
            let edit = seeds.map(|seeds| format!("seeds = {seeds}"));
            Some(Finding { kind: Kind::FewSeeds, warning: true, text, edit })
        };
        let noun = self.replicate_noun();
        match self.seeds.len() {
            0 => return None,
            1 if self.settings.len() > 1 => {
                let text = format!(
                    "With one {noun} no spread can be told, and each setting was chosen on the {noun} it is judged by."
                );
                return finding(text, Some(USUAL));
            }
            1 => return finding(format!("With one {noun} no spread can be told."), Some(USUAL)),
            n if n < LEAST => {
                let text = format!(
                    "With {n} {noun}s no interval is given and no difference can be shown: {LEAST} are the least."
                );
                return finding(text, Some(USUAL));
            }
            _ => {}
        }
        let undecided = self.pairs.iter().filter_map(|pair| match pair.verdict {
            Verdict::Undecided { seeds } => Some(seeds),
            _ => None,
        });
        let seeds = stats::sorted(&undecided.collect::<Vec<_>>());
        if seeds.is_empty() {
            return None;
        }
        let half = stats::quantile(&seeds, 0.5);
        let them = if seeds.len() == 1 { "it" } else { "half of them" };
        let are = if seeds.len() == 1 { "is" } else { "are" };
        let all = text::count(self.pairs.len(), "comparison");
        let of_folds = self.of_folds();
        let (needed, edit) = match half {
            half if half < MANY => {
                let rounded = self.rounded_seeds(half) as usize;
                (format!("about {rounded} seeds{of_folds} would decide {them} (power 80 %)"), Some(rounded))
            }
            half if half.is_infinite() && self.is_of_one_file() => {
                (format!("more seeds would not decide {them}, more rows would"), None)
            }
            _ => (format!("more than {MANY} seeds{of_folds} would be needed for {them}"), None),
        };
        finding(format!("{} of {all} {are} undecided; {needed}.", seeds.len()), edit)
    }
}
