//! What a store knows: statuses in bulk, records by identity or prefix, everything in turn.

use rusqlite::OptionalExtension;
use rusqlite::types::ValueRef;

use super::row::{self, COLUMNS, WIDTH};
use super::{Failed, Record, Store, StoreError};
use crate::engine::{Outcome, Status};
use crate::plan::{Description, RunId};

/// Candidates told for an ambiguous prefix.
const CANDIDATES: usize = 8;

impl Store {
    /// How a run ended; `None` if it has no outcome.
    pub fn status(&self, id: &RunId) -> Result<Option<Status>, StoreError> {
        Ok(self.statuses(&[*id])?[0])
    }

    /// How each of these runs ended. Reads two small indexes and no row: about a microsecond each.
    pub fn statuses(&self, ids: &[RunId]) -> Result<Vec<Option<Status>>, StoreError> {
        // One snapshot for all: taking one costs more than a look-up.
        let _snapshot = self.connection.unchecked_transaction().map_err(|error| self.failed(error))?;
        let mut known = self.prepare("SELECT 1 FROM runs INDEXED BY runs_id WHERE id = ?1")?;
        let sql = "SELECT diverged FROM runs INDEXED BY runs_diverged WHERE id = ?1 AND diverged IS NOT NULL";
        let mut diverged = self.prepare(sql)?;
        let mut status = |id: &RunId| {
            if !known.exists([id.0])? {
                return Ok(None);
            }
            let epoch: Option<i64> = diverged.query_row([id.0], |row| row.get(0)).optional()?;
            Ok(Some(epoch.map_or(Status::Done, |epoch| Status::Diverged { epoch: epoch as usize })))
        };
        ids.iter().map(&mut status).collect::<Result<_, _>>().map_err(|error| self.failed(error))
    }

    /// The outcome of a run.
    pub fn outcome(&self, id: &RunId) -> Result<Option<Outcome>, StoreError> {
        Ok(self.record(id)?.map(|record| record.outcome))
    }

    /// The outcomes of these runs, faster than one by one.
    pub fn outcomes(&self, ids: &[RunId]) -> Result<Vec<Option<Outcome>>, StoreError> {
        let _snapshot = self.connection.unchecked_transaction().map_err(|error| self.failed(error))?;
        ids.iter().map(|id| self.outcome(id)).collect()
    }

    /// All that is kept of a run.
    pub fn record(&self, id: &RunId) -> Result<Option<Record>, StoreError> {
        let mut statement = self.prepare(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?1"))?;
        let mut rows = statement.query([id.0]).map_err(|error| self.failed(error))?;
        rows.next().map_err(|error| self.failed(error))?.map(|row| self.decode(row)).transpose()
    }

    /// The record whose identity begins with these hex digits, if there is exactly one.
    pub fn find(&self, prefix: &str) -> Result<Record, StoreError> {
        let unknown = || StoreError::Unknown { prefix: prefix.to_owned() };
        let (first, last) = RunId::range(prefix).ok_or_else(unknown)?;
        let sql = format!("SELECT {COLUMNS} FROM runs WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT {CANDIDATES}");
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([first.0, last.0]).map_err(|error| self.failed(error))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
            found.push(self.decode(row)?);
        }
        match <[Record; 1]>::try_from(found) {
            Ok([record]) => Ok(record),
            Err(none) if none.is_empty() => Err(unknown()),
            Err(several) => Err(StoreError::Ambiguous {
                prefix: prefix.to_owned(),
                candidates: several.into_iter().map(|record| (record.id, record.description)).collect(),
            }),
        }
    }

    /// Hands every record to `visit`, one at a time, in the order of storing.
    pub fn visit<E: From<StoreError>>(&self, mut visit: impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        let mut statement = self.prepare(&format!("SELECT {COLUMNS} FROM runs ORDER BY rowid"))?;
        let mut rows = statement.query([]).map_err(|error| self.failed(error))?;
        while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
            visit(self.decode(row)?)?;
        }
        Ok(())
    }

    /// How many runs have an outcome.
    pub fn len(&self) -> Result<u64, StoreError> {
        let count = self.connection.query_row("SELECT count(*) FROM runs", [], |row| row.get::<_, i64>(0));
        count.map(|count| count as u64).map_err(|error| self.failed(error))
    }

    /// Whether no run has an outcome.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.len()? == 0)
    }

    /// The runs that failed when last tried, by identity.
    pub fn failures(&self) -> Result<Vec<Failed>, StoreError> {
        let failed = |error| self.failed(error);
        let mut statement = self.prepare("SELECT id, description, message, at FROM failures ORDER BY id")?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut failures = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            failures.push(decode_failed(row).ok_or_else(|| self.damaged("a row of failures is wrong"))?);
        }
        Ok(failures)
    }

    /// A number for the outcomes in the store, whatever their order and provenance: equal stores have equal digests.
    pub fn digest(&self) -> Result<u128, StoreError> {
        let failed = |error| self.failed(error);
        let mut statement = self.prepare("SELECT id, checksum FROM runs")?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut sum = 0_u128;
        while let Some(row) = rows.next().map_err(failed)? {
            let mut hasher = blake3::Hasher::new();
            for i in [0, 1] {
                hasher.update(row.get_ref(i).map_err(failed)?.as_blob().unwrap_or_default());
            }
            let hash = *hasher.finalize().as_bytes().first_chunk().expect("a hash has 32 bytes");
            sum = sum.wrapping_add(u128::from_le_bytes(hash));
        }
        Ok(sum)
    }

    /// Reads and verifies a row of all columns.
    pub(super) fn decode(&self, row: &rusqlite::Row) -> Result<Record, StoreError> {
        let columns = columns(row).map_err(|error| self.failed(error))?;
        row::decode(&columns).map_err(|flaw| self.damaged(format!("run {}: {flaw}", name(columns[0]))))
    }
}

/// The values of a row of all columns.
pub(super) fn columns<'a>(row: &'a rusqlite::Row) -> rusqlite::Result<[ValueRef<'a>; WIDTH]> {
    let mut columns = [ValueRef::Null; WIDTH];
    for (i, column) in columns.iter_mut().enumerate() {
        *column = row.get_ref(i)?;
    }
    Ok(columns)
}

/// A run's identity as far as it can be read.
pub(super) fn name(id: ValueRef) -> String {
    row::hex(id.as_blob().unwrap_or_default())
}

fn decode_failed(row: &rusqlite::Row) -> Option<Failed> {
    let text = |i: usize| row.get_ref(i).ok()?.as_str().ok();
    let (id, description) = (RunId(row.get(0).ok()?), Description::parse(text(1)?)?);
    (description.id() == id).then_some(())?;
    Some(Failed { id, description, message: text(2)?.to_owned(), at: row::time(row.get(3).ok()?)? })
}
