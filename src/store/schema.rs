//! The tables of a store, and how a file is told to be one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use rusqlite::Connection;

use super::{StoreError, format1};

/// The format this version writes, kept as SQLite's `user_version`.
pub(super) const FORMAT: i64 = 2;

/// The oldest format that is still read, and brought to today's when it is first written to.
const OLDEST: i64 = 1;

/// “talw”, kept as SQLite's `application_id`.
const APPLICATION: i64 = 0x7461_6c77;

/// Rows are about 800 bytes at 200 epochs: pages of 4 kB would stay half empty.
pub(super) const PAGE: usize = 16384;

/// Comments within the tables' text stay in the file, for those who look at it with another tool. The names of format 1
/// that an older tallow would take for its own (`checksum`, `runs_id`, `runs_diverged`) are not used again.
const TABLES: &str = r#"
CREATE TABLE runs (
  id BLOB NOT NULL, -- the run's identity, 16 bytes
  core BLOB NOT NULL, -- checksum of identity, end, description and weights
  diverged INTEGER, -- the epoch in which the loss became NaN or infinite; NULL: done
  epochs INTEGER NOT NULL, -- trained, the epoch of divergence included
  version TEXT NOT NULL, git_commit TEXT, numerics INTEGER NOT NULL, -- of the tallow that trained
  device TEXT NOT NULL, host_cpu TEXT NOT NULL,
  source TEXT, -- JSON: where a file of data lay and what it was called
  started INTEGER NOT NULL, -- milliseconds after 1970
  seconds NOT NULL,
  observed BLOB NOT NULL, -- the checksums of the run's observations, in the order of their names
  seal BLOB NOT NULL, -- checksum of core, epochs, provenance and observed
  description TEXT NOT NULL, -- JSON; keys at their default are left out
  layers TEXT NOT NULL, -- JSON: [[weights, biases] of each layer]
  weights BLOB NOT NULL, -- layer by layer: weights (outputs x inputs), biases; little-endian f32
  run INTEGER PRIMARY KEY -- the rowid, named so that a copy keeps it: observations refer to it
);
CREATE UNIQUE INDEX runs_identity ON runs (id);
CREATE INDEX runs_end ON runs (id, diverged) WHERE diverged IS NOT NULL;
CREATE TABLE observations (
  id BLOB NOT NULL, -- of the run
  checksum BLOB NOT NULL, -- of id, name and content
  name TEXT NOT NULL, -- of a series, or 'final'
  content NOT NULL, -- a series: little-endian f32, one per epoch; 'final': JSON, the measures of the end
  run INTEGER NOT NULL -- `runs.run`
);
CREATE INDEX observations_run ON observations (run);
CREATE TABLE failures (
  id BLOB NOT NULL PRIMARY KEY, description TEXT NOT NULL, message TEXT NOT NULL,
  at INTEGER NOT NULL -- milliseconds after 1970
);
CREATE VIEW measures AS SELECT
  lower(hex(runs.id)) AS id, json_each.key AS name,
  CASE json_each.type WHEN 'real' THEN json_each.value WHEN 'integer' THEN json_each.value
    WHEN 'text' THEN CASE json_each.value WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 END END AS value
FROM runs JOIN observations ON observations.run = runs.run AND observations.name = 'final', json_each(content);
CREATE VIEW results AS SELECT
  lower(hex(runs.id)) AS id, CASE WHEN diverged IS NULL THEN 'done' ELSE 'diverged' END AS status,
  json_extract(description, '$.lib') AS lib, json_extract(description, '$.dataset') AS dataset,
  json_extract(description, '$.units') AS units, json_extract(description, '$.activation') AS activation,
  json_extract(description, '$.optimizer') AS optimizer,
  json_extract(description, '$.learning_rate') AS learning_rate,
  json_extract(description, '$.batch_size') AS batch_size, json_extract(description, '$.seed') AS seed, epochs,
  MEASURE(train_loss), MEASURE(train_accuracy), MEASURE(test_loss), MEASURE(test_accuracy),
  datetime(started / 1000, 'unixepoch') AS started, seconds, description
FROM runs LEFT JOIN observations ON observations.run = runs.run AND observations.name = 'final';
"#;

/// A table that a store has as soon as it holds runs on a user's file, each row for all runs on the same rows of it.
pub(super) const PREPROCESSING: &str = "\
CREATE TABLE preprocessing (
  id BLOB NOT NULL PRIMARY KEY, -- of the data: hash of what a description says of them and of what is drawn of them
  checksum BLOB NOT NULL, -- of id and document
  document TEXT NOT NULL -- JSON: how a file is read, and how its rows become the inputs of networks
)";

/// Its name.
const OPTIONAL: &str = "preprocessing";

/// The tables' text: a measure's column is its number; infinity is a text in JSON, and NaN nothing in SQL.
fn tables() -> String {
    let mut text = TABLES.to_owned();
    for name in ["train_loss", "train_accuracy", "test_loss", "test_accuracy"] {
        let value = format!("json_extract(content, '$.{name}')");
        let column = format!(
            "CASE typeof({value}) WHEN 'text' THEN CASE {value} WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 END \
             ELSE {value} END AS {name}"
        );
        text = text.replace(&format!("MEASURE({name})"), &column);
    }
    text
}

/// Makes today's tables within a transaction of the caller's.
pub(super) fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&tables())
}

/// Makes the tables, all or none.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", PAGE as i64)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; {} COMMIT;",
        tables()
    ))
}

/// Whether the file is new: no bytes, or killed while being made.
pub(super) fn is_blank(connection: &Connection) -> rusqlite::Result<bool> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(tables == 0 && pragma(connection, "application_id")? == 0)
}

/// The format of a store; refuses other programs' databases, and formats that this version does not know.
pub(super) fn format(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let failed = |source| StoreError::sqlite(path, source);
    if pragma(connection, "application_id").map_err(failed)? != APPLICATION {
        return Err(StoreError::Foreign { path: path.to_owned() });
    }
    let found = pragma(connection, "user_version").map_err(failed)?;
    if !(OLDEST..=FORMAT).contains(&found) {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: FORMAT });
    }
    match flaw(&parts(connection).map_err(failed)?, found) {
        Some(flaw) => Err(StoreError::Damaged { path: path.to_owned(), flaw }),
        None => Ok(found),
    }
}

/// The parts of a schema: of each its name, its kind, the table it belongs to and its text.
type Parts = BTreeMap<String, [String; 3]>;

fn parts(connection: &Connection) -> rusqlite::Result<Parts> {
    let mut statement = connection.prepare("SELECT name, type, tbl_name, coalesce(sql, '') FROM sqlite_schema")?;
    let parts = statement.query_map([], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?])))?;
    parts.collect()
}

/// Today's schema, as SQLite keeps it.
static TODAY: LazyLock<Parts> = LazyLock::new(|| {
    let made = Connection::open_in_memory().and_then(|connection| {
        create_tables(&connection)?;
        parts(&connection)
    });
    made.expect("the tables of every new store")
});

/// What a schema has that no store of that format has, or lacks. What is asked of a store means what it says only if its
/// tables are ours; a trigger, a view in place of a table or a column that is computed could answer anything, or nothing
/// ever. Tables and their indexes that a user has added harm nobody.
fn flaw(found: &Parts, format: i64) -> Option<String> {
    let own = |name: &str| match format {
        1 => format1::SCHEMA.iter().find(|(own, _)| *own == name).map(|(_, text)| *text),
        _ if name == OPTIONAL => Some(PREPROCESSING),
        _ => TODAY.get(name).map(|[.., text]| text.as_str()),
    };
    let names: Vec<&str> = match format {
        1 => format1::SCHEMA.iter().map(|(name, _)| *name).collect(),
        _ => TODAY.keys().map(String::as_str).collect(),
    };
    let strange = found.iter().find(|(name, [kind, table, text])| match own(name) {
        Some(own) => own != text,
        None if name.starts_with("sqlite_") => false,
        // A view of format 1, which nothing is asked of.
        None if format == 1 && *name == "results" && kind == "view" => false,
        None if kind == "table" => !text.starts_with("CREATE TABLE"),
        None => kind != "index" || table == OPTIONAL || names.contains(&table.as_str()),
    });
    let absent = || names.iter().find(|name| !found.contains_key(**name));
    match strange {
        Some((name, [kind, ..])) => {
            Some(format!("its schema has a {kind} `{}` that a store has not", crate::text::brief(name)))
        }
        None => absent().map(|absent| format!("its schema lacks `{absent}`")),
    }
}

/// Whether there is a table of how rows become inputs.
pub(super) fn has_preprocessing(connection: &Connection) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = ?1 AND type = 'table'")?.exists([OPTIONAL])
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
