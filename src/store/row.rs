//! A record as the columns of its row, and back; a checksum over the results and a seal over all tell a changed row.
//!
//! Arrays are little-endian f32, every NaN as 0x7fc00000, since its sign and payload differ between processors.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::ValueRef;

use super::record::{Provenance, Record};
use crate::engine::{History, Layer, Metrics, Outcome, Status};
use crate::plan::{Description, RunId};

/// The columns of `runs`, in order: what a scan of many rows needs comes before the long ones.
pub(super) const COLUMNS: &str = "id, checksum, diverged, train_loss, train_accuracy, test_loss, test_accuracy, \
    version, git_commit, numerics, device, host_cpu, started, seconds, seal, description, layers, last, mean, weights";

/// Where the checksum stands: over the columns of identity, metrics and results.
const CHECKSUM: usize = 1;

/// Where the seal stands: over the checksum and the columns of provenance.
const SEAL: usize = 14;

/// How many they are.
pub(super) const WIDTH: usize = 20;

/// A row as SQLite sees it.
pub(super) type Columns<'a> = [ValueRef<'a>; WIDTH];

/// The results of a record as bytes and scalars.
pub(super) struct Encoded<'a> {
    record: &'a Record,
    description: String,
    layers: String,
    last: Vec<u8>,
    mean: Vec<u8>,
    weights: Vec<u8>,
    started: i64,
    checksum: [u8; 16],
    seal: [u8; 16],
}

impl<'a> Encoded<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        let Outcome { history, layers, .. } = &record.outcome;
        let sizes: Vec<(usize, usize)> = layers.iter().map(|layer| (layer.weight.len(), layer.bias.len())).collect();
        let mut encoded = Self {
            record,
            description: record.description.canonical(),
            layers: serde_json::to_string(&sizes).expect("pairs of numbers"),
            last: bytes(&history.last),
            mean: bytes(&history.mean),
            weights: layers
                .iter()
                .flat_map(|layer| [bytes(&layer.weight), bytes(&layer.bias)])
                .collect::<Vec<_>>()
                .concat(),
            started: milliseconds(record.provenance.started),
            checksum: [0; 16],
            seal: [0; 16],
        };
        encoded.checksum = checksum(&encoded.columns());
        encoded.seal = seal(&encoded.columns());
        encoded
    }

    pub(super) fn checksum(&self) -> [u8; 16] {
        self.checksum
    }

    pub(super) fn columns(&self) -> Columns<'_> {
        use ValueRef::{Blob, Integer, Null, Real, Text};
        let Record { id, outcome, provenance, .. } = self.record;
        let diverged = match outcome.status {
            Status::Done => Null,
            Status::Diverged { epoch } => Integer(epoch as i64),
        };
        let [train_loss, train_accuracy] = metrics(Some(outcome.train));
        let [test_loss, test_accuracy] = metrics(outcome.test);
        [
            Blob(&id.0),
            Blob(&self.checksum),
            diverged,
            train_loss,
            train_accuracy,
            test_loss,
            test_accuracy,
            Text(provenance.version.as_bytes()),
            provenance.commit.as_ref().map_or(Null, |commit| Text(commit.as_bytes())),
            Integer(provenance.numerics.into()),
            Text(provenance.device.as_bytes()),
            Text(provenance.host_cpu.as_bytes()),
            Integer(self.started),
            Real(provenance.seconds),
            Blob(&self.seal),
            Text(self.description.as_bytes()),
            Text(self.layers.as_bytes()),
            Blob(&self.last),
            Blob(&self.mean),
            Blob(&self.weights),
        ]
    }
}

/// Reads a row back; `Err` says what is wrong with it.
pub(super) fn decode(columns: &Columns) -> Result<Record, String> {
    let flaw = || "a column has a wrong type".to_owned();
    if columns[CHECKSUM].as_blob() != Ok(&checksum(columns)) || columns[SEAL].as_blob() != Ok(&seal(columns)) {
        return Err("its checksum differs".into());
    }
    let record = decode_sound(columns).ok_or_else(flaw)?;
    if record.description.id() != record.id {
        return Err("its description belongs to another run".into());
    }
    Ok(record)
}

fn decode_sound(columns: &Columns) -> Option<Record> {
    let text = |i: usize| columns[i].as_str().ok();
    let array = |i: usize| floats(columns[i].as_blob().ok()?);
    let status = match columns[2] {
        ValueRef::Null => Status::Done,
        other => Status::Diverged { epoch: other.as_i64().ok()?.try_into().ok()? },
    };
    let sizes: Vec<(usize, usize)> = serde_json::from_str(text(16)?).ok()?;
    let outcome = Outcome {
        status,
        history: History { last: array(17)?, mean: array(18)? },
        train: read_metrics(columns[3], columns[4])??,
        test: read_metrics(columns[5], columns[6])?,
        layers: layers(&sizes, &array(19)?)?,
    };
    let provenance = Provenance {
        version: text(7)?.to_owned(),
        commit: columns[8].as_str_or_null().ok()?.map(str::to_owned),
        numerics: columns[9].as_i64().ok()?.try_into().ok()?,
        device: text(10)?.to_owned(),
        host_cpu: text(11)?.to_owned(),
        started: time(columns[12].as_i64().ok()?)?,
        seconds: columns[13].as_f64().ok()?,
    };
    let id = RunId(columns[0].as_blob().ok()?.try_into().ok()?);
    Some(Record { id, description: Description::parse(text(15)?)?, outcome, provenance })
}

fn checksum(columns: &Columns) -> [u8; 16] {
    hash(columns[..CHECKSUM].iter().chain(&columns[CHECKSUM + 1..7]).chain(&columns[SEAL + 1..]))
}

fn seal(columns: &Columns) -> [u8; 16] {
    hash(columns[CHECKSUM..=CHECKSUM].iter().chain(&columns[7..SEAL]))
}

fn hash<'a>(columns: impl Iterator<Item = &'a ValueRef<'a>>) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for column in columns {
        let number;
        let (kind, content): (u8, &[u8]) = match *column {
            ValueRef::Null => (0, &[]),
            ValueRef::Integer(n) => {
                number = n.to_le_bytes();
                (1, &number)
            }
            ValueRef::Real(x) => {
                number = x.to_le_bytes();
                (2, &number)
            }
            ValueRef::Text(text) => (3, text),
            ValueRef::Blob(blob) => (4, blob),
        };
        let mut start = [kind; 9];
        start[1..].copy_from_slice(&(content.len() as u64).to_le_bytes());
        hasher.update(&start);
        hasher.update(content);
    }
    *hasher.finalize().as_bytes().first_chunk().expect("a hash has 32 bytes")
}

/// Two lower-case digits per byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(array: &[f32]) -> Vec<u8> {
    let canonical = |x: f32| if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() };
    let mut bytes = Vec::with_capacity(size_of_val(array));
    array.iter().for_each(|&x| bytes.extend_from_slice(&canonical(x).to_le_bytes()));
    bytes
}

fn floats(bytes: &[u8]) -> Option<Vec<f32>> {
    let (chunks, []) = bytes.as_chunks() else { return None };
    Some(chunks.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect())
}

fn layers(sizes: &[(usize, usize)], mut weights: &[f32]) -> Option<Vec<Layer>> {
    let mut take = |n: usize| {
        let (taken, rest) = weights.split_at_checked(n)?;
        weights = rest;
        Some(taken.to_vec())
    };
    let layers = sizes.iter().map(|&(weight, bias)| Some(Layer { weight: take(weight)?, bias: take(bias)? }));
    let layers = layers.collect::<Option<_>>()?;
    weights.is_empty().then_some(layers)
}

/// Loss and accuracy; SQLite has no NaN, so that is a text.
fn metrics(metrics: Option<Metrics>) -> [ValueRef<'static>; 2] {
    let value = |x: f32| if x.is_nan() { ValueRef::Text(b"NaN") } else { ValueRef::Real(x.into()) };
    let loss = metrics.map(|metrics| metrics.loss);
    let accuracy = metrics.and_then(|metrics| metrics.accuracy);
    [loss, accuracy].map(|x| x.map_or(ValueRef::Null, value))
}

fn read_metrics(loss: ValueRef, accuracy: ValueRef) -> Option<Option<Metrics>> {
    let single = |value| match value {
        ValueRef::Text(b"NaN") => Some(f32::NAN),
        value => value.as_f64().ok().map(|x| x as f32),
    };
    let accuracy = if accuracy == ValueRef::Null { None } else { Some(single(accuracy)?) };
    Some(if loss == ValueRef::Null { None } else { Some(Metrics { loss: single(loss)?, accuracy }) })
}

/// Milliseconds since 1970, 0 before.
pub(super) fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis().try_into().unwrap_or(i64::MAX))
}

/// The time so many milliseconds after 1970.
pub(super) fn time(milliseconds: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds.try_into().ok()?))
}
