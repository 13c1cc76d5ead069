//! The seeds of replicates, as many as there may be in no more room than the file says them in.

use crate::table::Fold;
use crate::text;

/// Distinct seeds, in the order in which they are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// So many, from 0.
    First(u64),
    /// The seeds that a file lists.
    Listed(Vec<u64>),
}

impl Seeds {
    /// How many there are.
    pub fn len(&self) -> u64 {
        match self {
            Self::First(count) => *count,
            Self::Listed(seeds) => seeds.len() as u64,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The seed at a place from 0. Panics beyond the last.
    pub fn at(&self, place: u64) -> u64 {
        match self {
            Self::First(count) => {
                assert!(place < *count, "seed {place} of {count}");
                place
            }
            Self::Listed(seeds) => seeds[place as usize],
        }
    }

    /// Each in turn.
    pub fn iter(&self) -> impl Iterator<Item = u64> + Clone + Send + '_ {
        (0..self.len()).map(|place| self.at(place))
    }
}

/// One repetition of a grid point: other data or another split, other first weights, another batch order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replicate {
    /// What is drawn is drawn from it.
    pub seed: u64,
    /// The fold that is held out, if there are folds.
    pub fold: Option<Fold>,
}

impl Replicate {
    /// The replicates of an experiment in order, each as one number: the seed, or with folds one for each of a seed's.
    pub fn number(self) -> u64 {
        match self.fold {
            None => self.seed,
            Some(fold) => self.seed.wrapping_mul(fold.of as u64).wrapping_add(fold.index as u64),
        }
    }
}

/// Without folds.
impl From<u64> for Replicate {
    fn from(seed: u64) -> Self {
        Self { seed, fold: None }
    }
}

/// The repetitions of every grid point: every fold of every seed, or every seed where there are no folds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicates {
    /// The seeds of every grid point.
    pub seeds: Seeds,
    /// The folds, redrawn for every seed.
    pub folds: Vec<Fold>,
}

impl Replicates {
    /// How many there are.
    pub fn len(&self) -> u64 {
        self.seeds.len().saturating_mul(self.folds.len().max(1) as u64)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// That at a place from 0: folds turn faster than seeds. Panics beyond the last.
    pub fn at(&self, place: u64) -> Replicate {
        match self.folds.len() as u64 {
            0 => self.seeds.at(place).into(),
            of => Replicate { seed: self.seeds.at(place / of), fold: Some(self.folds[(place % of) as usize]) },
        }
    }

    /// Each in turn.
    pub fn iter(&self) -> impl Iterator<Item = Replicate> + Clone + Send + '_ {
        (0..self.len()).map(|place| self.at(place))
    }
}

/// In words: `5 seeds`, `2 seeds × 5 folds`.
impl std::fmt::Display for Replicates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text::count(self.seeds.len() as usize, "seed"))?;
        if self.folds.is_empty() { Ok(()) } else { write!(f, " × {}", text::count(self.folds.len(), "fold")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_and_a_list_of_the_same_seeds_are_run_alike() {
        let (count, list) = (Seeds::First(3), Seeds::Listed(vec![0, 1, 2]));
        assert_eq!(count.len(), list.len());
        assert!(count.iter().eq(list.iter()));
        assert!(Seeds::Listed(vec![7, 3]).iter().eq([7, 3]));
        assert!(Seeds::First(0).is_empty());
    }
}
