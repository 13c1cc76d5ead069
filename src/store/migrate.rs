//! Bringing a store of an older format to today's: one step from each format to the next, all in one transaction, so that
//! a crash leaves the one or the other.

use std::path::Path;

use rusqlite::Connection;

use super::row::Encoded;
use super::rows::{self, Layout};
use super::{StoreError, schema};

type Step = fn(&Connection, &Path) -> Result<(), StoreError>;

/// The step from format k + 1 to k + 2 at place k.
const STEPS: [Step; (schema::FORMAT - 1) as usize] = [from_1_to_2];

/// Makes the tables in a new file, brings an older store to today's format, and refuses files that are not ours to write.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::sqlite(path, source);
    if schema::is_blank(connection).map_err(failed)? {
        return schema::create(connection).map_err(failed);
    }
    let found = schema::format(connection, path)?;
    // Survives in the file; a copy made by other means may have lost it.
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
    if found < schema::FORMAT { run(connection, path, found) } else { Ok(()) }
}

/// Brings the store at `path` from format `found` to today's.
///
/// # Errors
/// If a row is damaged: the store is left as it is, to be read or saved.
fn run(connection: &Connection, path: &Path, found: i64) -> Result<(), StoreError> {
    let failed = |source| StoreError::sqlite(path, source);
    connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
    let steps = STEPS[(found - 1) as usize..].iter().try_for_each(|step| step(connection, path));
    let done = steps.and_then(|()| {
        connection.pragma_update(None, "user_version", schema::FORMAT).map_err(failed)?;
        connection.execute_batch("COMMIT").map_err(failed)
    });
    if done.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK").map_err(failed)?;
    }
    done
}

/// A run's results leave its row for a table of observations.
fn from_1_to_2(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::sqlite(path, source);
    let aside = "DROP VIEW results; DROP INDEX runs_id; DROP INDEX runs_diverged;
                 ALTER TABLE runs RENAME TO runs_1; ALTER TABLE failures RENAME TO failures_1";
    connection.execute_batch(aside).map_err(failed)?;
    schema::create_tables(connection).map_err(failed)?;
    let mut read = connection
        .prepare(&format!("SELECT {} FROM runs_1 ORDER BY rowid", super::format1::COLUMNS))
        .map_err(failed)?;
    let mut old = read.query([]).map_err(failed)?;
    while let Some(row) = old.next().map_err(failed)? {
        let record = Layout::One.decode(connection, row).map_err(failed)?.map_err(|flawed| flawed.error(path))?;
        rows::put(connection, &Encoded::new(&record)).map_err(failed)?;
    }
    let rest = "INSERT INTO failures SELECT * FROM failures_1; DROP TABLE runs_1; DROP TABLE failures_1";
    connection.execute_batch(rest).map_err(failed)
}
