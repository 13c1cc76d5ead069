//! Some of a plan's runs by their ranks: ranges, so that a million runs are a few numbers.

use std::ops::Range;

/// Ranks of runs, ascending. Memory grows with their gaps, 16 bytes each, not with their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranks {
    /// Not empty, ascending, neither overlapping nor touching.
    ranges: Vec<Range<u64>>,
}

impl Ranks {
    /// Adds ranks that lie above all others.
    pub fn push(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        match self.ranges.last_mut().filter(|last| last.end == range.start) {
            Some(last) => last.end = range.end,
            None => self.ranges.push(range),
        }
    }

    /// Each rank, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + Send + Clone + '_ {
        self.ranges.iter().flat_map(Clone::clone)
    }

    /// The same as ranges that neither overlap nor touch.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// How many ranks.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The lowest and the highest.
    pub fn ends(&self) -> Option<(u64, u64)> {
        Some((self.ranges.first()?.start, self.ranges.last()?.end - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_come_back_as_they_were_pushed_in_as_few_ranges_as_there_are(
            kept in prop::collection::vec(any::<bool>(), 0..200)
        ) {
            let wanted: Vec<u64> = (0..).zip(&kept).filter(|(_, kept)| **kept).map(|(rank, _)| rank).collect();
            let mut ranks = Ranks::default();
            wanted.iter().for_each(|&rank| ranks.push(rank..rank + 1));
            prop_assert_eq!(ranks.iter().collect::<Vec<_>>(), &wanted[..]);
            prop_assert_eq!(ranks.len(), wanted.len() as u64);
            prop_assert_eq!(ranks.is_empty(), wanted.is_empty());
            prop_assert_eq!(ranks.ends(), wanted.first().copied().zip(wanted.last().copied()));
            let begins = (0..kept.len()).filter(|&i| kept[i] && (i == 0 || !kept[i - 1])).count();
            prop_assert_eq!(ranks.ranges().len(), begins);
        }
    }
}
