//! Whether a store is sound, and saving what can be saved of one that is not.

use std::collections::BTreeSet;
use std::path::Path;

use super::pages::Pages;
use super::{Conflict, Inserted, Record, Store, StoreError};
use crate::plan::RunId;

/// Flaws told in full.
const TOLD: usize = 100;

/// Records saved in one transaction.
const GROUP: usize = 1000;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that are sound; of a damaged store, those that [`salvage`] can save.
    pub sound: u64,
    /// What is wrong, a sentence each; empty for a sound store.
    pub flaws: Vec<String>,
    /// Of a damaged store, runs that were stored and cannot be saved, as far as their names can still be read.
    pub lost: Vec<RunId>,
}

/// Verifies the structure and every row of the store at `path`, which is not changed. Damage is part of the report and not
/// an error.
///
/// # Errors
/// If the file cannot be read at all, or is not a database.
pub fn check(path: &Path) -> Result<Report, StoreError> {
    let mut report = Report::default();
    match Store::read(path).and_then(|store| store.verify(&mut report)) {
        Ok(()) => {}
        Err(StoreError::Damaged { flaw, .. }) => report.flaws.push(flaw),
        Err(other) => return Err(other),
    }
    if !report.flaws.is_empty() {
        let mut sound = BTreeSet::new();
        let named = Pages::open(path)?.scan(|record| {
            sound.insert(record.id);
            Ok(())
        })?;
        report.sound = sound.len() as u64;
        report.lost = named.difference(&sound).copied().collect();
    }
    Ok(report)
}

impl Store {
    fn verify(&self, report: &mut Report) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(&format!("PRAGMA integrity_check({TOLD})"))?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let message: String = row.get(0).map_err(failed)?;
            let told = message.lines().filter(|line| *line != "ok" && !line.starts_with("***"));
            report.flaws.extend(told.map(str::to_owned));
        }
        self.scan("ORDER BY rowid", [], |read| -> Result<(), StoreError> {
            match read {
                Ok(_) => report.sound += 1,
                Err(flawed) if report.flaws.len() < TOLD => report.flaws.push(flawed.to_string()),
                Err(_) => {}
            }
            Ok(())
        })?;
        self.preprocessings(|_, read| {
            report.flaws.extend(read.err().filter(|_| report.flaws.len() < TOLD));
            Ok(())
        })?;
        self.failures().map(drop)
    }
}

/// What a rescue brought.
#[derive(Clone, Debug, Default)]
pub struct Salvaged {
    /// Runs saved, or in `into` already.
    pub saved: u64,
    /// Runs that were stored and are lost, as far as their names can still be read.
    pub lost: Vec<RunId>,
    /// Runs found with another outcome than one saved before; the first stands.
    pub conflicts: Vec<Conflict>,
}

/// Brings what [`Store::salvage`] finds at `path` into the store at `into`.
///
/// # Errors
/// If the bytes cannot be read, or the other store cannot be written.
pub fn salvage(path: &Path, into: &Path) -> Result<Salvaged, StoreError> {
    apart(path, into)?;
    Store::open(into, "store check")?.salvage(path)
}

/// Refuses to save into the file that is read.
fn apart(path: &Path, into: &Path) -> Result<(), StoreError> {
    if super::real(path) != super::real(into) {
        return Ok(());
    }
    let detail = "what is saved needs a file of its own, beside the damaged one".into();
    Err(StoreError::Denied { path: into.to_owned(), detail })
}

impl Store {
    /// Copies every sound row found in the bytes at `path`, a damaged store or what is left of one, into this store. Every row
    /// has a checksum, so that nothing is taken that was not once stored. Failures are not copied; how rows become inputs is
    /// saved where the file can still be opened.
    ///
    /// # Errors
    /// If the bytes cannot be read, or this store cannot be written.
    pub fn salvage(&mut self, path: &Path) -> Result<Salvaged, StoreError> {
        apart(path, self.path())?;
        let mut salvaged = Salvaged::default();
        let mut saved = BTreeSet::new();
        let mut group = Vec::new();
        let named = Pages::open(path)?.scan(|record| {
            saved.insert(record.id);
            group.push(record);
            if group.len() >= GROUP { self.save(&mut group, &mut salvaged) } else { Ok(()) }
        })?;
        self.save(&mut group, &mut salvaged)?;
        // What cannot be read of these is fitted anew from the data.
        if let Ok(store) = Store::read(path) {
            let mut kept = Vec::new();
            let _ = store.preprocessings(|id, read| {
                kept.extend(read.ok().map(|preprocessing| (id, preprocessing)));
                Ok(())
            });
            self.keep_preprocessing(&kept)?;
        }
        salvaged.saved = saved.len() as u64;
        salvaged.lost = named.difference(&saved).copied().collect();
        Ok(salvaged)
    }

    fn save(&mut self, group: &mut Vec<Record>, salvaged: &mut Salvaged) -> Result<(), StoreError> {
        self.commit(|store| {
            for record in group.drain(..) {
                if let Inserted::Conflicting(conflict) = store.insert(&record)? {
                    salvaged.conflicts.push(*conflict);
                }
            }
            Ok(())
        })
    }
}
