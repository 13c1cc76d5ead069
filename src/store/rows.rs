//! Records in the tables of a store, whichever format they have.

use std::path::Path;
use std::sync::LazyLock;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Params, Row, params_from_iter};

use super::row::{Bare, Encoded, Flaw, OBSERVATION, OBSERVATION_WIDTH, Observation, RUN, RUN_WIDTH, hex};
use super::{Record, Store, StoreError, format1};
use crate::plan::RunId;

/// How the rows of a store are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Format 1: a run with all its results in one row.
    One,
    /// Format 2: a run, and its observations in a table of their own.
    Two,
}

/// A row that is not sound, with the run's name as far as it can be read.
#[derive(Clone, Debug)]
pub(super) struct Flawed {
    id: String,
    flaw: Flaw,
}

/// `run 3fa9…: its checksum differs`
impl std::fmt::Display for Flawed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "run {}: {}", self.id, self.flaw.0)
    }
}

impl Flawed {
    pub(super) fn error(&self, path: &Path) -> StoreError {
        StoreError::Damaged { path: path.to_owned(), flaw: self.to_string() }
    }
}

impl Layout {
    /// The layout of a format.
    pub(super) fn of(format: i64) -> Self {
        if format == 1 { Self::One } else { Self::Two }
    }

    /// The columns that [`Layout::decode`] reads a record from.
    fn columns(self) -> &'static str {
        static TWO: LazyLock<String> = LazyLock::new(|| format!("{RUN}, rowid"));
        match self {
            Self::One => format1::COLUMNS,
            Self::Two => &TWO,
        }
    }

    /// The index that knows every run, that of the diverged ones, and the epochs trained.
    pub(super) fn names(self) -> [&'static str; 3] {
        match self {
            Self::One => ["runs_id", "runs_diverged", "length(last) / 4"],
            Self::Two => ["runs_identity", "runs_end", "epochs"],
        }
    }

    /// Reads and verifies a row, with the observations it names.
    pub(super) fn decode(self, connection: &Connection, row: &Row) -> rusqlite::Result<Result<Record, Flawed>> {
        let flawed = |flaw| Flawed { id: row.get_ref(0).map_or(String::new(), name), flaw };
        match self {
            Self::One => Ok(format1::decode(&columns(row)?).map_err(flawed)),
            Self::Two => {
                let run = match Bare::decode(&columns(row)?) {
                    Ok(run) => run,
                    Err(flaw) => return Ok(Err(flawed(flaw))),
                };
                let mut observations = Vec::new();
                let mut statement = connection.prepare_cached(&OF_RUN)?;
                let mut rows = statement.query([row.get_ref(RUN_WIDTH)?.as_i64()?])?;
                while let Some(row) = rows.next()? {
                    match Observation::decode(&columns::<OBSERVATION_WIDTH>(row)?) {
                        Ok((id, observation)) if id == run.id() => observations.push(observation),
                        Ok(_) => {}
                        Err(flaw) => return Ok(Err(flawed(flaw))),
                    }
                }
                Ok(run.with(&observations).map_err(flawed))
            }
        }
    }
}

static OF_RUN: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {OBSERVATION} FROM observations WHERE run = ?1 ORDER BY rowid"));

static INSERT_RUN: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<String> = (1..=RUN_WIDTH).map(|place| format!("?{place}")).collect();
    format!("INSERT INTO runs ({RUN}) VALUES ({}) ON CONFLICT (id) DO NOTHING", places.join(", "))
});

static INSERT_OBSERVATION: LazyLock<String> =
    LazyLock::new(|| format!("INSERT INTO observations ({OBSERVATION}, run) VALUES (?1, ?2, ?3, ?4, ?5)"));

/// Columns as parameters.
fn values<'a>(columns: &'a [ValueRef<'a>]) -> impl Iterator<Item = ToSqlOutput<'a>> {
    columns.iter().map(|column| ToSqlOutput::Borrowed(*column))
}

/// Stores a run with its observations, unless there is one of it; whether it was stored.
pub(super) fn put(connection: &Connection, encoded: &Encoded) -> rusqlite::Result<bool> {
    let columns = encoded.columns();
    if connection.prepare_cached(&INSERT_RUN)?.execute(params_from_iter(values(&columns)))? == 0 {
        return Ok(false);
    }
    let run = connection.last_insert_rowid();
    let mut insert = connection.prepare_cached(&INSERT_OBSERVATION)?;
    for observation in &encoded.observations {
        let columns = observation.columns(encoded.id());
        let run = ToSqlOutput::Borrowed(ValueRef::Integer(run));
        insert.execute(params_from_iter(values(&columns).chain([run])))?;
    }
    Ok(true)
}

/// The values of a row's first columns.
fn columns<'a, const WIDTH: usize>(row: &'a Row) -> rusqlite::Result<[ValueRef<'a>; WIDTH]> {
    let mut columns = [ValueRef::Null; WIDTH];
    for (i, column) in columns.iter_mut().enumerate() {
        *column = row.get_ref(i)?;
    }
    Ok(columns)
}

/// A run's identity as far as it can be read.
fn name(id: ValueRef) -> String {
    hex(id.as_blob().unwrap_or_default())
}

impl Store {
    /// Hands every run that a clause chooses to `visit`, as its record or what is wrong with it.
    pub(super) fn scan<E: From<StoreError>>(
        &self,
        clause: &str,
        parameters: impl Params,
        mut visit: impl FnMut(Result<Record, Flawed>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.prepare(&format!("SELECT {} FROM runs {clause}", self.layout.columns()))?;
        let mut rows = statement.query(parameters).map_err(|error| self.failed(error))?;
        while let Some(row) = rows.next().map_err(|error| self.failed(error))? {
            visit(self.layout.decode(&self.connection, row).map_err(|error| self.failed(error))?)?;
        }
        Ok(())
    }

    /// Stores a record, unless there is one of its run; whether it was stored.
    pub(super) fn put(&self, encoded: &Encoded) -> Result<bool, StoreError> {
        put(&self.connection, encoded).map_err(|error| self.failed(error))
    }

    /// Whether a run is stored with just these bits, by its checksums: its row and its observations are not read.
    pub(super) fn has(&self, encoded: &Encoded) -> Result<bool, StoreError> {
        let [core, observed] = encoded.checksums();
        let sql = "SELECT 1 FROM runs WHERE id = ?1 AND core = ?2 AND observed = ?3";
        self.prepare(sql)?.exists((encoded.id().0, core, observed)).map_err(|error| self.failed(error))
    }

    /// Forgets what is stored of a run; whether there was anything.
    pub(super) fn delete(&self, id: &RunId) -> Result<bool, StoreError> {
        let failed = |error| self.failed(error);
        let observations = "DELETE FROM observations WHERE run = (SELECT rowid FROM runs WHERE id = ?1)";
        self.prepare(observations)?.execute([id.0]).map_err(failed)?;
        Ok(self.prepare("DELETE FROM runs WHERE id = ?1")?.execute([id.0]).map_err(failed)? == 1)
    }
}
