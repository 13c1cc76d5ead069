//! The tables of a store, and how a file is told to be one.

use std::path::Path;

use rusqlite::Connection;

use super::StoreError;

/// The format this version reads and writes, kept as SQLite's `user_version`.
pub(super) const FORMAT: i64 = 1;

/// “talw”, kept as SQLite's `application_id`.
const APPLICATION: i64 = 0x7461_6c77;

/// Rows are about 2 kB at 200 epochs: pages of 4 kB would stay half empty.
pub(super) const PAGE: usize = 16384;

/// Comments within the tables' text stay in the file, for those who look at it with another tool.
const TABLES: &str = r#"
CREATE TABLE runs (
  id BLOB NOT NULL, -- the run's identity, 16 bytes
  checksum BLOB NOT NULL, -- of identity, description and results
  diverged INTEGER, -- the epoch in which the loss became NaN or infinite; NULL: done
  train_loss, train_accuracy, test_loss, test_accuracy, -- 'NaN' is a text; accuracy NULL: regression; test NULL: no split
  version TEXT NOT NULL, git_commit TEXT, numerics INTEGER NOT NULL, -- of the tallow that trained
  device TEXT NOT NULL, host_cpu TEXT NOT NULL,
  started INTEGER NOT NULL, -- milliseconds after 1970
  seconds NOT NULL,
  seal BLOB NOT NULL, -- checksum of checksum and provenance
  description TEXT NOT NULL, -- JSON; keys at their default are left out
  layers TEXT NOT NULL, -- JSON: [[weights, biases] of each layer]
  last BLOB NOT NULL, -- loss of each epoch's last batch, little-endian f32
  mean BLOB NOT NULL, -- mean loss of each epoch, little-endian f32
  weights BLOB NOT NULL -- layer by layer: weights (outputs x inputs), biases; little-endian f32
);
CREATE UNIQUE INDEX runs_id ON runs (id);
CREATE INDEX runs_diverged ON runs (id, diverged) WHERE diverged IS NOT NULL;
CREATE TABLE failures (
  id BLOB NOT NULL PRIMARY KEY, description TEXT NOT NULL, message TEXT NOT NULL,
  at INTEGER NOT NULL -- milliseconds after 1970
);
CREATE VIEW results AS SELECT
  lower(hex(id)) AS id, CASE WHEN diverged IS NULL THEN 'done' ELSE 'diverged' END AS status,
  json_extract(description, '$.lib') AS lib, json_extract(description, '$.dataset') AS dataset,
  json_extract(description, '$.units') AS units, json_extract(description, '$.activation') AS activation,
  json_extract(description, '$.optimizer') AS optimizer,
  json_extract(description, '$.learning_rate') AS learning_rate,
  json_extract(description, '$.batch_size') AS batch_size, json_extract(description, '$.seed') AS seed,
  length(last) / 4 AS epochs,
  CASE typeof(train_loss) WHEN 'real' THEN train_loss END AS train_loss,
  CASE typeof(train_accuracy) WHEN 'real' THEN train_accuracy END AS train_accuracy,
  CASE typeof(test_loss) WHEN 'real' THEN test_loss END AS test_loss,
  CASE typeof(test_accuracy) WHEN 'real' THEN test_accuracy END AS test_accuracy,
  datetime(started / 1000, 'unixepoch') AS started, seconds, description
FROM runs;
"#;

/// Makes the tables in a new file and refuses files that are not ours to write.
pub(super) fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::sqlite(path, source);
    if is_blank(connection).map_err(failed)? {
        return create(connection).map_err(failed);
    }
    let found = format(connection, path)?;
    if found > FORMAT {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT });
    }
    // Survives in the file; a copy made by other means may have lost it.
    connection.pragma_update(None, "journal_mode", "wal").map_err(failed)
}

/// Makes the tables, all or none.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE as i64)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; {TABLES} COMMIT;"
    ))
}

/// Whether the file is new: no bytes, or killed while being made.
pub(super) fn is_blank(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0 && pragma(connection, "application_id")? == 0)
}

/// The format of a store; refuses other programs' databases.
pub(super) fn format(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let failed = |source| StoreError::sqlite(path, source);
    if pragma(connection, "application_id").map_err(failed)? != APPLICATION {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    pragma(connection, "user_version").map_err(failed)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
