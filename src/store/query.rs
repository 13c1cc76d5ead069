//! What a store knows: statuses in bulk, records by identity or prefix, everything in turn.

use rusqlite::OptionalExtension;

use super::row;
use super::rows::Layout;
use super::{Failed, Record, Store, StoreError};
use crate::engine::{Outcome, Status};
use crate::numerics;
use crate::plan::{Description, RunId};

/// Candidates told for an ambiguous prefix.
const CANDIDATES: usize = 8;

impl Store {
    /// How a run ended; `None` if it has no outcome.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn status(&self, id: &RunId) -> Result<Option<Status>, StoreError> {
        Ok(self.statuses(&[*id])?[0])
    }

    /// How each of these runs ended. This reads two small indexes and no row, which takes about a microsecond for each run.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn statuses(&self, ids: &[RunId]) -> Result<Vec<Option<Status>>, StoreError> {
        // One snapshot for all: taking one costs more than a look-up.
        let _snapshot = self.connection.unchecked_transaction().map_err(|error| self.failed(error))?;
        let [all, ended, _] = self.layout.names();
        let mut known = self.prepare(&format!("SELECT 1 FROM runs INDEXED BY {all} WHERE id = ?1"))?;
        let sql = format!("SELECT diverged FROM runs INDEXED BY {ended} WHERE id = ?1 AND diverged IS NOT NULL");
        let mut diverged = self.prepare(&sql)?;
        let mut status = |id: &RunId| {
            if !known.exists([id.0])? {
                return Ok(None);
            }
            let epoch: Option<i64> = diverged.query_row([id.0], |row| row.get(0)).optional()?;
            Ok(Some(epoch.map_or(Status::Done, |epoch| Status::Diverged { epoch: epoch as usize })))
        };
        ids.iter().map(&mut status).collect::<Result<_, _>>().map_err(|error| self.failed(error))
    }

    /// Whether a stored run has these series, each with a number for an epoch (from 1) unless it ended before that.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn has_series<'a>(
        &self,
        id: &RunId,
        names: impl IntoIterator<Item = &'a str>,
        epoch: usize,
    ) -> Result<bool, StoreError> {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() || self.layout == Layout::One {
            return Ok(names.peek().is_none());
        }
        let [all, ..] = self.layout.names();
        let mut content = self.prepare(&format!(
            "SELECT content FROM runs INDEXED BY {all} JOIN observations ON observations.run = runs.run
             WHERE runs.id = ?1 AND name = ?2"
        ))?;
        let mut has = |name: &str| {
            let content: Option<Vec<u8>> = content.query_row((id.0, name), |row| row.get(0)).optional()?;
            let value =
                |content: &[u8]| content.chunks_exact(4).nth(epoch - 1)?.try_into().ok().map(f32::from_le_bytes);
            Ok(content.is_some_and(|content| value(&content).is_none_or(|value| !value.is_nan())))
        };
        for name in names {
            if !has(name).map_err(|error| self.failed(error))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a stored run has these measures of the end.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn has_measures<'a>(&self, id: &RunId, names: impl IntoIterator<Item = &'a str>) -> Result<bool, StoreError> {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            return Ok(true);
        }
        if self.layout == Layout::One {
            let outcome = self.outcome(id)?;
            return Ok(outcome.is_some_and(|outcome| names.all(|name| outcome.measures.contains_key(name))));
        }
        let [all, ..] = self.layout.names();
        let mut content = self.prepare(&format!(
            "SELECT content FROM runs INDEXED BY {all} JOIN observations ON observations.run = runs.run
             WHERE runs.id = ?1 AND name = ?2"
        ))?;
        let json: Option<String> =
            content.query_row((id.0, row::FINAL), |row| row.get(0)).optional().map_err(|error| self.failed(error))?;
        let measures = json.as_deref().and_then(row::read_json);
        Ok(measures.is_some_and(|measures| names.all(|name| measures.contains_key(name))))
    }

    /// The outcome of a run, if it is stored.
    ///
    /// # Errors
    /// If the store cannot be read, or a row is damaged.
    pub fn outcome(&self, id: &RunId) -> Result<Option<Outcome>, StoreError> {
        Ok(self.record(id)?.map(|record| record.outcome))
    }

    /// The outcomes of these runs, read faster than one by one.
    ///
    /// # Errors
    /// If the store cannot be read, or a row is damaged.
    pub fn outcomes(&self, ids: &[RunId]) -> Result<Vec<Option<Outcome>>, StoreError> {
        let _snapshot = self.connection.unchecked_transaction().map_err(|error| self.failed(error))?;
        ids.iter().map(|id| self.outcome(id)).collect()
    }

    /// Everything that is stored of a run.
    ///
    /// # Errors
    /// If the store cannot be read, or a row is damaged.
    pub fn record(&self, id: &RunId) -> Result<Option<Record>, StoreError> {
        Ok(self.records("WHERE id = ?1", [id.0])?.pop())
    }

    /// The record whose identity begins with these hex digits.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] or [`StoreError::Ambiguous`] if it is not exactly one; if a row is damaged.
    pub fn find(&self, prefix: &str) -> Result<Record, StoreError> {
        let unknown = || StoreError::Unknown { prefix: prefix.to_owned() };
        let (first, last) = RunId::range(prefix).ok_or_else(unknown)?;
        let clause = format!("WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT {CANDIDATES}");
        match <[Record; 1]>::try_from(self.records(&clause, [first.0, last.0])?) {
            Ok([record]) => Ok(record),
            Err(none) if none.is_empty() => Err(unknown()),
            Err(several) => Err(StoreError::Ambiguous {
                prefix: prefix.to_owned(),
                candidates: several.into_iter().map(|record| (record.id, record.description)).collect(),
            }),
        }
    }

    fn records(&self, clause: &str, parameters: impl rusqlite::Params) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        self.scan(clause, parameters, |read| -> Result<(), StoreError> {
            records.push(read.map_err(|flawed| flawed.error(&self.path))?);
            Ok(())
        })?;
        Ok(records)
    }

    /// Hands every record to `visit`, one at a time, in the order of storing.
    ///
    /// # Errors
    /// If a row is damaged, and those of `visit`.
    pub fn visit<E: From<StoreError>>(&self, mut visit: impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
        self.scan("ORDER BY rowid", [], |read| visit(read.map_err(|flawed| flawed.error(&self.path))?))
    }

    /// How many runs have an outcome.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn len(&self) -> Result<u64, StoreError> {
        let count = self.connection.query_row("SELECT count(*) FROM runs", [], |row| row.get::<_, i64>(0));
        count.map(|count| count as u64).map_err(|error| self.failed(error))
    }

    /// Whether no run has an outcome.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.len()? == 0)
    }

    /// Whether any run was made under a version of the numerics before this one.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn has_older(&self, version: u32) -> Result<bool, StoreError> {
        let mut statement = self.prepare("SELECT EXISTS (SELECT 1 FROM runs WHERE numerics < ?1)")?;
        statement.query_row([version], |row| row.get(0)).map_err(|error| self.failed(error))
    }

    /// The runs that failed when they were last tried, by identity.
    ///
    /// # Errors
    /// If the store cannot be read.
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

    /// A number for the outcomes in the store. Stores with equal outcomes have equal digests, whatever their order, provenance
    /// and format.
    ///
    /// # Errors
    /// If the store cannot be read, or a row is damaged.
    pub fn digest(&self) -> Result<u128, StoreError> {
        let failed = |error| self.failed(error);
        let mut sum = 0_u128;
        let mut add = |id: &[u8], core: &[u8], observed: &[u8]| {
            let mut hasher = blake3::Hasher::new();
            [id, core, observed].into_iter().for_each(|part| _ = hasher.update(part));
            let hash = *hasher.finalize().as_bytes().first_chunk().expect("a hash has 32 bytes");
            sum = sum.wrapping_add(u128::from_le_bytes(hash));
        };
        if self.layout == Layout::One {
            self.visit(|record| -> Result<(), StoreError> {
                let encoded = row::Encoded::new(&record);
                let [core, observed] = encoded.checksums();
                add(&record.id.0, core, observed);
                Ok(())
            })?;
            return Ok(sum);
        }
        let mut statement = self.prepare("SELECT id, core, observed FROM runs")?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let part = |i: usize| Ok(row.get_ref(i).map_err(failed)?.as_blob().unwrap_or_default());
            add(part(0)?, part(1)?, part(2)?);
        }
        Ok(sum)
    }
}

fn decode_failed(row: &rusqlite::Row) -> Option<Failed> {
    let text = |i: usize| row.get_ref(i).ok()?.as_str().ok();
    let (id, description) = (RunId(row.get(0).ok()?), Description::parse(text(1)?)?);
    (1..=numerics::VERSION).any(|version| description.id_under(version) == id).then_some(())?;
    Some(Failed { id, description, message: text(2)?.to_owned(), at: row::time(row.get(3).ok()?)? })
}
