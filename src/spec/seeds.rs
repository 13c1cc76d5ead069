//! The seeds of replicates, as many as there may be in no more room than the file says them in.

/// Distinct seeds, in the order in which they are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seeds {
    /// So many, from 0.
    First(u64),
    /// These.
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
