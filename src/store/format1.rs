//! Rows of format 1, a run with all its results in one: read as they are, and brought to today's format when a store is
//! first written to.

use rusqlite::types::ValueRef;

use super::record::{Provenance, Record};
use super::row::{Flaw, fits, floats, hash, layers, time};
use crate::engine::{Histories, Measures, Outcome, Status};
use crate::measure::series::{LOSS_LAST, LOSS_MEAN};
use crate::plan::{Description, RunId};

/// The columns of `runs`, in order.
pub(super) const COLUMNS: &str = "id, checksum, diverged, train_loss, train_accuracy, test_loss, test_accuracy, \
    version, git_commit, numerics, device, host_cpu, started, seconds, seal, description, layers, last, mean, weights";

/// How many they are.
pub(super) const WIDTH: usize = 20;

/// The parts of the schema that rows are read by, with their text.
pub(super) const SCHEMA: [(&str, &str); 4] = [
    (
        "runs",
        "CREATE TABLE runs (
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
)",
    ),
    ("runs_id", "CREATE UNIQUE INDEX runs_id ON runs (id)"),
    ("runs_diverged", "CREATE INDEX runs_diverged ON runs (id, diverged) WHERE diverged IS NOT NULL"),
    (
        "failures",
        "CREATE TABLE failures (
  id BLOB NOT NULL PRIMARY KEY, description TEXT NOT NULL, message TEXT NOT NULL,
  at INTEGER NOT NULL -- milliseconds after 1970
)",
    ),
];

/// Where the checksum stands: over the columns of identity, metrics and results.
const CHECKSUM: usize = 1;

/// Where the seal stands: over the checksum and the columns of provenance.
const SEAL: usize = 14;

/// Reads a row back.
pub(super) fn decode(columns: &[ValueRef; WIDTH]) -> Result<Record, Flaw> {
    let checksum = hash(columns[..CHECKSUM].iter().chain(&columns[CHECKSUM + 1..7]).chain(&columns[SEAL + 1..]));
    let seal = hash(columns[CHECKSUM..=CHECKSUM].iter().chain(&columns[7..SEAL]));
    if columns[CHECKSUM].as_blob() != Ok(&checksum) || columns[SEAL].as_blob() != Ok(&seal) {
        return Err(Flaw::CHECKSUM);
    }
    let record = decode_sound(columns).ok_or(Flaw::TYPE)?;
    if !record.is_its_own() {
        return Err(Flaw::OTHERS);
    }
    if fits(&record) { Ok(record) } else { Err(Flaw::SHAPE) }
}

fn decode_sound(columns: &[ValueRef; WIDTH]) -> Option<Record> {
    let text = |i: usize| columns[i].as_str().ok();
    let array = |i: usize| floats(columns[i].as_blob().ok()?);
    let status = match columns[2] {
        ValueRef::Null => Status::Done,
        other => Status::Diverged { epoch: other.as_i64().ok()?.try_into().ok()? },
    };
    let mut measures = Measures::new();
    for (name, &column) in ["train_loss", "train_accuracy", "test_loss", "test_accuracy"].iter().zip(&columns[3..7]) {
        if column != ValueRef::Null {
            measures.insert((*name).into(), single(column)?);
        }
    }
    let sizes: Vec<(usize, usize)> = serde_json::from_str(text(16)?).ok()?;
    let series: Histories = [(LOSS_LAST.name.into(), array(17)?), (LOSS_MEAN.name.into(), array(18)?)].into();
    let outcome = Outcome { status, series, measures, layers: layers(&sizes, &array(19)?)? };
    let provenance = Provenance {
        version: text(7)?.to_owned(),
        commit: columns[8].as_str_or_null().ok()?.map(str::to_owned),
        numerics: columns[9].as_i64().ok()?.try_into().ok()?,
        device: text(10)?.to_owned(),
        host_cpu: text(11)?.to_owned(),
        source: None,
        started: time(columns[12].as_i64().ok()?)?,
        seconds: columns[13].as_f64().ok()?,
    };
    let id = RunId(columns[0].as_blob().ok()?.try_into().ok()?);
    Some(Record { id, description: Description::parse(text(15)?)?, outcome, provenance })
}

/// A number of the end; SQLite has no NaN, so that is a text.
fn single(value: ValueRef) -> Option<f32> {
    match value {
        ValueRef::Text(b"NaN") => Some(f32::NAN),
        value => value.as_f64().ok().map(|x| x as f32),
    }
}
