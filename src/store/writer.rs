//! Group commit: records are stored together, often enough that little is lost and seldom enough that it costs little.

use std::time::{Duration, Instant};

use super::{DataId, Failed, Record, Store, StoreError};
use crate::dataset::Preprocessing;
use crate::plan::RunId;

/// The oldest uncommitted record is never older, as long as someone calls.
const AGE: Duration = Duration::from_millis(250);

/// Records committed at once at most; only the tiniest runs come so fast. The more at once, the fewer pages of the index
/// are written, over which identities scatter.
const COUNT: usize = 4096;

/// Bytes of results committed at once, roughly, so that waiting takes little memory.
const BYTES: usize = 8 << 20;

/// A store to which records come one by one.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    /// Whether records replace those stored.
    replaces: bool,
    /// Runs whose stored outcome differed from the new one.
    changed: Vec<RunId>,
    records: Vec<Record>,
    bytes: usize,
    failed: Vec<Failed>,
    /// How rows become the inputs of records that are waiting.
    preprocessings: Vec<(DataId, Preprocessing)>,
    /// When the oldest of these came.
    since: Option<Instant>,
}

impl Writer {
    /// Writes to `store`.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            replaces: false,
            changed: Vec::new(),
            records: Vec::new(),
            bytes: 0,
            failed: Vec::new(),
            preprocessings: Vec::new(),
            since: None,
        }
    }

    /// Writes to `store` in place of what it has of the same runs, which stands until then.
    pub fn replacing(store: Store) -> Self {
        Self { replaces: true, ..Self::new(store) }
    }

    /// The store as far as it is committed.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Takes a record, and commits if it is time.
    ///
    /// # Errors
    /// If the store cannot be written, or has another outcome of a run.
    pub fn push(&mut self, record: Record) -> Result<(), StoreError> {
        self.bytes += record.outcome.bytes();
        self.records.push(record);
        self.tick()
    }

    /// Takes how rows become the inputs of records that follow, which are not committed without it.
    pub fn push_preprocessing(&mut self, id: DataId, preprocessing: Preprocessing) {
        self.preprocessings.push((id, preprocessing));
    }

    /// Takes a failure, and commits if it is time.
    ///
    /// # Errors
    /// If the store cannot be written, or has another outcome of a run.
    pub fn push_failed(&mut self, failed: Failed) -> Result<(), StoreError> {
        self.failed.push(failed);
        self.tick()
    }

    /// Commits if it is time. To be called now and then while no record comes.
    ///
    /// # Errors
    /// If the store cannot be written, or has another outcome of a run.
    pub fn tick(&mut self) -> Result<(), StoreError> {
        let waiting = self.records.len() + self.failed.len();
        if waiting == 0 {
            return Ok(());
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        let enough = waiting >= COUNT || self.bytes >= BYTES || since.elapsed() >= AGE;
        if enough { self.flush() } else { Ok(()) }
    }

    /// Commits all records that wait.
    ///
    /// # Errors
    /// If the store cannot be written, or has another outcome of a run.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        if !self.preprocessings.is_empty() {
            self.store.keep_preprocessing(&self.preprocessings)?;
            self.preprocessings.clear();
        }
        if !self.records.is_empty() {
            if self.replaces {
                self.changed.extend(self.store.replace(&self.records)?);
            } else {
                self.store.append(&self.records)?;
            }
            self.records.clear();
            self.bytes = 0;
        }
        if !self.failed.is_empty() {
            self.store.append_failed(&self.failed)?;
            self.failed.clear();
        }
        self.since = None;
        Ok(())
    }

    /// Commits all records that wait, and returns the store with the runs whose stored bits differed.
    ///
    /// # Errors
    /// If the store cannot be written, or has another outcome of a run.
    pub fn finish(mut self) -> Result<(Store, Vec<RunId>), StoreError> {
        self.flush()?;
        self.store.stand()?;
        Ok((self.store, self.changed))
    }
}
