//! Bringing a store of an older format to today's: one step from each format to the next, all in one transaction, so that
//! a crash leaves the one or the other.

use std::path::Path;

use rusqlite::{Connection, params_from_iter};

use super::rows::{self, Layout};
use super::{StoreError, schema};

type Step = fn(&Connection, &Path) -> Result<(), StoreError>;

/// The step from format k + 1 to k + 2 at place k.
const STEPS: [Step; (schema::FORMAT - 1) as usize] = [from_1_to_2];

/// Brings the store at `path` from format `found` to today's.
///
/// # Errors
/// If a row is damaged: the store is left as it is, to be read or saved.
pub(super) fn run(connection: &Connection, path: &Path, found: i64) -> Result<(), StoreError> {
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
        let encoded = super::row::Encoded::new(&record);
        let mut insert = connection.prepare_cached(&rows::INSERT_RUN).map_err(failed)?;
        insert.execute(params_from_iter(rows::values(&encoded.columns()))).map_err(failed)?;
        rows::insert_observations(connection, &record.id, &encoded.observations).map_err(failed)?;
    }
    let rest = "INSERT INTO failures SELECT * FROM failures_1; DROP TABLE runs_1; DROP TABLE failures_1";
    connection.execute_batch(rest).map_err(failed)
}
