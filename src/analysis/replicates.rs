//! What the repetitions of a setting are called: seeds, or folds where rows are held out in turn.

use super::Analysis;
use crate::spec::Replicate;
use crate::text;

impl Analysis {
    /// How many folds there are of each seed; `None` without folds.
    pub fn folds(&self) -> Option<usize> {
        self.rows.iter().find_map(|row| Some(row.replicate.fold?.of))
    }

    /// What one replicate is called: `seed`, `fold`.
    pub fn replicate_noun(&self) -> &'static str {
        if self.folds().is_some() { "fold" } else { "seed" }
    }

    /// A number of replicates: `1 seed`, `5 folds`.
    pub fn replicates(&self, count: usize) -> String {
        text::count(count, self.replicate_noun())
    }

    /// Which replicate a row is: `seed 3`, `fold 2 of 5`, with several seeds `fold 2 of 5 of seed 3`.
    pub fn replicate_named(&self, row: usize) -> String {
        let Replicate { seed, fold } = self.rows[row].replicate;
        match fold {
            None => format!("seed {seed}"),
            Some(fold) => {
                let several = self.seeds.len() > fold.of;
                let of_seed = if several { format!(" of seed {seed}") } else { String::new() };
                format!("fold {} of {}{of_seed}", fold.index + 1, fold.of)
            }
        }
    }

    /// What stands behind a number of seeds of which each has folds: ` of 5 folds`, or nothing.
    pub fn of_folds(&self) -> String {
        self.folds().map_or_else(String::new, |folds| format!(" of {folds} folds"))
    }
}
