//! How the samples of an epoch are divided into batches.

use std::ops::Range;

use crate::param::Named;

/// What becomes of an epoch's last samples where they are too few to fill a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LastBatch {
    /// They are a batch of their own, with a mean of its own.
    Train,
    /// They are left out.
    #[default]
    Drop,
}

impl Named for LastBatch {
    const ALL: &'static [Self] = &[Self::Train, Self::Drop];

    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Drop => "drop",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Train => "they are a batch of their own, with a mean of its own",
            Self::Drop => "they are left out; an epoch has ⌊samples / batch_size⌋ steps",
        }
    }
}

/// How an epoch is to be divided, whatever the number of its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    /// Samples of a full batch, at least 1.
    pub size: usize,
    /// What becomes of those left at the end.
    pub last: LastBatch,
}

impl Batching {
    /// In place of a size: every sample that there is.
    pub const ALL: usize = usize::MAX;

    /// Full batches of that many samples only.
    pub fn full(size: usize) -> Self {
        Self { size, last: LastBatch::Drop }
    }

    /// The division of so many samples. With [`LastBatch::Train`] a size above their number means a batch of all.
    pub fn divide(self, samples: usize) -> Division {
        match self.last {
            LastBatch::Train => Division { size: self.size.min(samples).max(1), trained: samples },
            LastBatch::Drop => Division { size: self.size, trained: samples - samples % self.size },
        }
    }
}

/// The samples of an epoch, divided into batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Samples of a full batch.
    pub size: usize,
    /// Samples that take part in an epoch.
    pub trained: usize,
}

impl Division {
    /// Batches of an epoch.
    pub fn steps(self) -> usize {
        self.trained.div_ceil(self.size)
    }

    /// Samples of the last batch where they do not fill it.
    pub fn short(self) -> Option<usize> {
        Some(self.trained % self.size).filter(|&short| short > 0)
    }

    /// The places, in the epoch's order, of the samples of a step (from 0).
    pub fn places(self, step: usize) -> Range<usize> {
        step * self.size..((step + 1) * self.size).min(self.trained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_is_in_one_batch_unless_the_last_ones_are_dropped() {
        for samples in 1..40 {
            for size in 1..45 {
                let divided = |last| {
                    let division = Batching { size, last }.divide(samples);
                    (0..division.steps()).map(|step| division.places(step)).collect::<Vec<_>>()
                };
                let (all, full) = (divided(LastBatch::Train), divided(LastBatch::Drop));
                assert!(all.iter().cloned().flatten().eq(0..samples), "{samples} by {size}");
                assert!(all.iter().all(|batch| (1..=size).contains(&batch.len())), "{samples} by {size}");
                assert_eq!((all.len(), full.len()), (samples.div_ceil(size), samples / size));
                assert!(full.iter().eq(all.iter().filter(|batch| batch.len() == size)), "{samples} by {size}");
            }
            let whole = Batching { size: Batching::ALL, last: LastBatch::Train }.divide(samples);
            assert_eq!((whole.steps(), whole.places(0), whole.short()), (1, 0..samples, None));
        }
    }
}
