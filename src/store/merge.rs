//! Several stores become one, without hiding that two of them disagree.

use std::path::{Path, PathBuf};

use super::{Conflict, Inserted, Record, Store, StoreError};

/// Conflicts told in full; the others are counted.
const TOLD: usize = 100;

/// What a merge did.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// Runs that were new.
    pub added: u64,
    /// Runs that were there with the same bits.
    pub known: u64,
    /// Runs with two outcomes. If there are any, nothing was merged.
    pub conflicting: u64,
    /// The first hundred of them.
    pub conflicts: Vec<Conflict>,
}

/// Brings everything in `sources` into the store at `into`, in one transaction: all of it, or nothing if there is a
/// conflict or a source cannot be read. What is then stored does not depend on the order or repetition of sources,
/// save for whose provenance is kept where several trained the same run.
///
/// # Errors
/// If a source cannot be read or is damaged, or the store at `into` cannot be written. Conflicts are in [`Merged`].
pub fn merge(sources: &[PathBuf], into: &Path) -> Result<Merged, StoreError> {
    // A mistyped name is told before anything is made.
    sources.iter().try_for_each(|source| Store::read(source).map(drop))?;
    let was_there = into.exists();
    let mut target = Store::open(into, "store merge")?;
    let mut merged = Merged::default();
    target.transact(|target| {
        for (place, source) in sources.iter().enumerate() {
            let told = merged.conflicts.len();
            target.take_from(&Store::read(source)?, &mut merged)?;
            for conflict in &mut merged.conflicts[told..] {
                conflict.places = Some([holder(&sources[..place], into, &conflict.stored)?, source.clone()]);
            }
        }
        Ok(merged.conflicting == 0)
    })?;
    if merged.conflicting > 0 && !was_there {
        // It holds nothing, and nobody else can have begun to use it: the lock is still held.
        let _ = std::fs::remove_file(into);
    }
    Ok(merged)
}

/// Where a row that is in the target came from: an earlier source, or it was there before.
fn holder(earlier: &[PathBuf], into: &Path, record: &Record) -> Result<PathBuf, StoreError> {
    for source in earlier {
        if Store::read(source)?.status(&record.id)?.is_some() {
            return Ok(source.clone());
        }
    }
    Ok(into.to_owned())
}

impl Store {
    fn take_from(&self, source: &Store, merged: &mut Merged) -> Result<(), StoreError> {
        source.scan("ORDER BY rowid", [], |read| -> Result<(), StoreError> {
            let record = read.map_err(|flawed| flawed.error(source.path()))?;
            match self.insert(&record)? {
                Inserted::New => merged.added += 1,
                Inserted::Known => merged.known += 1,
                Inserted::Conflicting(conflict) => {
                    merged.conflicting += 1;
                    if merged.conflicts.len() < TOLD {
                        merged.conflicts.push(*conflict);
                    }
                }
            }
            Ok(())
        })?;
        source.preprocessings(|id, preprocessing| {
            let preprocessing = preprocessing.map_err(|flaw| source.damaged(flaw))?;
            self.put_preprocessing(&id, &preprocessing)
        })?;
        source.failures()?.iter().try_for_each(|failed| self.insert_failed(failed))
    }
}
