//! Group commit: records are stored together, often enough that little is lost and seldom enough that it costs little.

use std::time::{Duration, Instant};

use super::{Failed, Record, Store, StoreError};

/// The oldest uncommitted record is never older, as long as someone calls.
const AGE: Duration = Duration::from_millis(250);

/// Records committed at once: about what a disk syncs in the time it takes to train tiny ones.
const COUNT: usize = 256;

/// A store to which records come one by one.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    records: Vec<Record>,
    failed: Vec<Failed>,
    /// When the oldest of these came.
    since: Option<Instant>,
}

impl Writer {
    /// Writes to `store`.
    pub fn new(store: Store) -> Self {
        Self { store, records: Vec::new(), failed: Vec::new(), since: None }
    }

    /// Takes a record; commits if it is time.
    pub fn push(&mut self, record: Record) -> Result<(), StoreError> {
        self.records.push(record);
        self.tick()
    }

    /// Takes a failure; commits if it is time.
    pub fn push_failed(&mut self, failed: Failed) -> Result<(), StoreError> {
        self.failed.push(failed);
        self.tick()
    }

    /// Commits if it is time: to be called every now and then while nothing comes.
    pub fn tick(&mut self) -> Result<(), StoreError> {
        let waiting = self.records.len() + self.failed.len();
        if waiting == 0 {
            return Ok(());
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        if waiting >= COUNT || since.elapsed() >= AGE { self.flush() } else { Ok(()) }
    }

    /// Commits what is waiting.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        if !self.records.is_empty() {
            self.store.append(&self.records)?;
            self.records.clear();
        }
        if !self.failed.is_empty() {
            self.store.append_failed(&self.failed)?;
            self.failed.clear();
        }
        self.since = None;
        Ok(())
    }

    /// Commits what is waiting and hands the store back.
    pub fn finish(mut self) -> Result<Store, StoreError> {
        self.flush()?;
        Ok(self.store)
    }
}
