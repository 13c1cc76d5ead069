//! A record as rows, and back: one row of the run itself, and one for each of its observations, a series or all measures
//! of the end. Checksums tell a changed row, and a seal over the run's row and the checksums of its observations tells
//! one that is missing.
//!
//! Arrays are little-endian f32, every NaN as 0x7fc00000, since its sign and payload differ between processors.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::types::ValueRef;

use super::record::{Provenance, Record};
use crate::engine::{Layer, Measures, Outcome, Status};
use crate::param::Value;
use crate::plan::{Description, RunId};

/// The columns of `runs`, in order: what a scan of many rows needs comes before the long ones.
pub(super) const RUN: &str = "id, core, diverged, epochs, version, git_commit, numerics, device, host_cpu, source, \
    started, seconds, observed, seal, description, layers, weights";

/// How many they are.
pub(super) const RUN_WIDTH: usize = 17;

/// Where the checksum of the run itself stands: over its identity, end, description and weights.
const CORE: usize = 1;

/// Where the checksums of the run's observations stand, in the order of their names.
const OBSERVED: usize = 12;

/// Where the seal stands: over the columns from the core's checksum to the observed, save the end.
const SEAL: usize = 13;

/// The columns of `observations` but the run's place, in order.
pub(super) const OBSERVATION: &str = "id, checksum, name, content";

/// How many they are.
pub(super) const OBSERVATION_WIDTH: usize = 4;

/// The name of the row of all measures; no series has it.
pub(super) const FINAL: &str = "final";

/// A row of `runs` as SQLite sees it.
pub(super) type RunColumns<'a> = [ValueRef<'a>; RUN_WIDTH];

/// A row of `observations` as SQLite sees it.
pub(super) type ObservationColumns<'a> = [ValueRef<'a>; OBSERVATION_WIDTH];

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flaw(pub &'static str);

impl Flaw {
    pub(super) const CHECKSUM: Self = Self("its checksum differs");
    pub(super) const TYPE: Self = Self("a column has a wrong type");
    pub(super) const OTHERS: Self = Self("its description belongs to another run");
    pub(super) const LACKING: Self = Self("its observations are not all there");
    pub(super) const SHAPE: Self = Self("its outcome is not one of its description");
}

/// What is observed of a run under one name: the numbers of a series, or all measures in JSON.
#[derive(Clone, Debug)]
pub(super) struct Observation {
    pub name: String,
    pub checksum: [u8; 16],
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Series(Vec<u8>),
    Measures(String),
}

impl Observation {
    fn new(id: &RunId, name: &str, content: Content) -> Self {
        let mut observation = Self { name: name.to_owned(), checksum: [0; 16], content };
        let columns = observation.columns(id);
        let checksum = hash(columns[..1].iter().chain(&columns[2..]));
        observation.checksum = checksum;
        observation
    }

    /// The observations of an outcome by name, measures first.
    fn all(id: &RunId, outcome: &Outcome) -> Vec<Self> {
        let measures = Self::new(id, FINAL, Content::Measures(json(&outcome.measures)));
        let series = outcome
            .series
            .iter()
            .map(|(name, values)| Self::new(id, name, Content::Series(bytes(std::iter::once(&values[..])))));
        let mut all: Vec<Self> = std::iter::once(measures).chain(series).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    pub(super) fn columns<'a>(&'a self, id: &'a RunId) -> ObservationColumns<'a> {
        let content = match &self.content {
            Content::Series(bytes) => ValueRef::Blob(bytes),
            Content::Measures(json) => ValueRef::Text(json.as_bytes()),
        };
        [ValueRef::Blob(&id.0), ValueRef::Blob(&self.checksum), ValueRef::Text(self.name.as_bytes()), content]
    }

    /// Reads a row back, with the run that it is of.
    pub(super) fn decode(columns: &ObservationColumns) -> Result<(RunId, Self), Flaw> {
        let checksum = hash(columns[..1].iter().chain(&columns[2..]));
        if columns[1].as_blob() != Ok(&checksum) {
            return Err(Flaw::CHECKSUM);
        }
        let sound = || {
            let id = RunId(columns[0].as_blob().ok()?.try_into().ok()?);
            let content = match columns[3] {
                ValueRef::Blob(bytes) => Content::Series(bytes.to_vec()),
                ValueRef::Text(json) => Content::Measures(String::from_utf8(json.to_vec()).ok()?),
                _ => return None,
            };
            Some((id, Self { name: columns[2].as_str().ok()?.to_owned(), checksum, content }))
        };
        sound().ok_or(Flaw::TYPE)
    }
}

/// A record as bytes and scalars.
pub(super) struct Encoded<'a> {
    record: &'a Record,
    description: String,
    layers: String,
    weights: Vec<u8>,
    source: Option<String>,
    started: i64,
    core: [u8; 16],
    observed: Vec<u8>,
    seal: [u8; 16],
    pub observations: Vec<Observation>,
}

impl<'a> Encoded<'a> {
    pub(super) fn new(record: &'a Record) -> Self {
        let layers = &record.outcome.layers;
        let sizes: Vec<(usize, usize)> = layers.iter().map(|layer| (layer.weight.len(), layer.bias.len())).collect();
        let observations = Observation::all(&record.id, &record.outcome);
        let mut encoded = Self {
            record,
            description: record.description.canonical(),
            layers: serde_json::to_string(&sizes).expect("pairs of numbers"),
            weights: bytes(layers.iter().flat_map(|layer| [&layer.weight[..], &layer.bias])),
            source: record.provenance.source.as_ref().map(|source| serde_json::to_string(source).expect("texts")),
            started: milliseconds(record.provenance.started),
            core: [0; 16],
            observed: observations.iter().flat_map(|observation| observation.checksum).collect(),
            seal: [0; 16],
            observations,
        };
        encoded.core = core(&encoded.columns());
        encoded.seal = seal(&encoded.columns());
        encoded
    }

    pub(super) fn columns(&self) -> RunColumns<'_> {
        use ValueRef::{Blob, Integer, Null, Real, Text};
        let Record { id, outcome, provenance, .. } = self.record;
        let diverged = match outcome.status {
            Status::Done => Null,
            Status::Diverged { epoch } => Integer(epoch as i64),
        };
        [
            Blob(&id.0),
            Blob(&self.core),
            diverged,
            Integer(outcome.epochs() as i64),
            Text(provenance.version.as_bytes()),
            provenance.commit.as_ref().map_or(Null, |commit| Text(commit.as_bytes())),
            Integer(provenance.numerics.into()),
            Text(provenance.device.as_bytes()),
            Text(provenance.host_cpu.as_bytes()),
            self.source.as_ref().map_or(Null, |source| Text(source.as_bytes())),
            Integer(self.started),
            Real(provenance.seconds),
            Blob(&self.observed),
            Blob(&self.seal),
            Text(self.description.as_bytes()),
            Text(self.layers.as_bytes()),
            Blob(&self.weights),
        ]
    }

    /// The run's identity.
    pub(super) fn id(&self) -> &RunId {
        &self.record.id
    }

    /// The core's checksum, and those of the observations.
    pub(super) fn checksums(&self) -> [&[u8]; 2] {
        [&self.core, &self.observed]
    }

    /// Over the core's checksum and those of the observations.
    fn checksum(&self) -> [u8; 16] {
        hash([ValueRef::Blob(&self.core), ValueRef::Blob(&self.observed)].iter())
    }
}

impl Record {
    /// Hash of identity, description and outcome, 32 hex digits: equal if and only if they are, to the bit, save that
    /// one NaN is as good as another.
    pub fn checksum(&self) -> String {
        hex(&Encoded::new(self).checksum())
    }
}

/// A run as its own row gives it, without its observations.
#[derive(Clone, Debug)]
pub(super) struct Bare {
    record: Record,
    /// The checksums of its observations.
    observed: Vec<[u8; 16]>,
}

impl Bare {
    pub(super) fn id(&self) -> RunId {
        self.record.id
    }

    /// Reads a row back.
    pub(super) fn decode(columns: &RunColumns) -> Result<Self, Flaw> {
        if columns[CORE].as_blob() != Ok(&core(columns)) || columns[SEAL].as_blob() != Ok(&seal(columns)) {
            return Err(Flaw::CHECKSUM);
        }
        let bare = Self::decode_sound(columns).ok_or(Flaw::TYPE)?;
        if !bare.record.is_its_own() { Err(Flaw::OTHERS) } else { Ok(bare) }
    }

    fn decode_sound(columns: &RunColumns) -> Option<Self> {
        let text = |i: usize| columns[i].as_str().ok();
        let status = match columns[2] {
            ValueRef::Null => Status::Done,
            other => Status::Diverged { epoch: other.as_i64().ok()?.try_into().ok()? },
        };
        let sizes: Vec<(usize, usize)> = serde_json::from_str(text(15)?).ok()?;
        let layers = layers(&sizes, &floats(columns[16].as_blob().ok()?)?)?;
        let outcome = Outcome { status, series: BTreeMap::new(), measures: Measures::new(), layers };
        let provenance = Provenance {
            version: text(4)?.to_owned(),
            commit: columns[5].as_str_or_null().ok()?.map(str::to_owned),
            numerics: columns[6].as_i64().ok()?.try_into().ok()?,
            device: text(7)?.to_owned(),
            host_cpu: text(8)?.to_owned(),
            source: match columns[9].as_str_or_null().ok()? {
                Some(json) => Some(serde_json::from_str(json).ok()?),
                None => None,
            },
            started: time(columns[10].as_i64().ok()?)?,
            seconds: columns[11].as_f64().ok()?,
        };
        let id = RunId(columns[0].as_blob().ok()?.try_into().ok()?);
        let (observed, []) = columns[OBSERVED].as_blob().ok()?.as_chunks() else { return None };
        let record = Record { id, description: Description::parse(text(14)?)?, outcome, provenance };
        Some(Self { record, observed: observed.to_vec() })
    }

    /// The whole record, if its observations are among these.
    pub(super) fn with(self, observations: &[Observation]) -> Result<Record, Flaw> {
        let Self { mut record, observed } = self;
        for checksum in observed {
            let own = observations.iter().find(|observation| observation.checksum == checksum);
            let Observation { name, content, .. } = own.ok_or(Flaw::LACKING)?;
            match content {
                Content::Measures(json) => record.outcome.measures = read_json(json).ok_or(Flaw::TYPE)?,
                Content::Series(bytes) => {
                    record.outcome.series.insert(known(name), floats(bytes).ok_or(Flaw::TYPE)?);
                }
            }
        }
        if fits(&record) { Ok(record) } else { Err(Flaw::SHAPE) }
    }
}

/// Whether an outcome can be one of its description: layers of its widths, series of one length. A
/// checksum says that a row is as it was written, not that a tallow wrote it.
pub(super) fn fits(record: &Record) -> bool {
    let Record { description, outcome, .. } = record;
    let units = match description.get("units") {
        Some(Value::Text(units)) => units.split('-').map(|width| width.parse().ok()).collect::<Option<Vec<usize>>>(),
        _ => None,
    };
    let Some(units) = units else { return false };
    let shape = |ends: &[usize]| Some((ends[0].checked_mul(ends[1])?, ends[1]));
    let layers = outcome.layers.iter().map(|layer| Some((layer.weight.len(), layer.bias.len())));
    let trained = outcome.epochs();
    let ends_well = match outcome.status {
        Status::Done => true,
        Status::Diverged { epoch } => epoch == trained,
    };
    layers.eq(units.windows(2).map(shape)) && outcome.series.values().all(|series| series.len() == trained) && ends_well
}

/// The name, in no memory of its own where this version knows it.
fn known(name: &str) -> Cow<'static, str> {
    // Every measure has the name of a series.
    crate::measure::Series::from_name(name).map_or_else(|| name.to_owned().into(), |series| Cow::Borrowed(series.name))
}

/// Measures in JSON, which has neither NaN nor infinity: those are texts.
fn json(measures: &Measures) -> String {
    let value = |x: f32| match x.is_finite() {
        true => serde_json::Value::from(f64::from(x)),
        false if x.is_nan() => "NaN".into(),
        false => if x > 0.0 { "inf" } else { "-inf" }.into(),
    };
    let map: serde_json::Map<_, _> = measures.iter().map(|(name, &x)| (name.to_string(), value(x))).collect();
    serde_json::Value::from(map).to_string()
}

pub(super) fn read_json(json: &str) -> Option<Measures> {
    let serde_json::Value::Object(map) = serde_json::from_str(json).ok()? else { return None };
    let value = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => ["NaN", "inf", "-inf"].contains(&&text[..]).then(|| text.parse().ok())?,
        number => number.as_f64().map(|x| x as f32),
    };
    map.iter().map(|(name, x)| Some((known(name), value(x)?))).collect()
}

fn core(columns: &RunColumns) -> [u8; 16] {
    hash(columns[..CORE].iter().chain(&columns[CORE + 1..CORE + 2]).chain(&columns[SEAL + 1..]))
}

fn seal(columns: &RunColumns) -> [u8; 16] {
    hash(columns[CORE..=CORE].iter().chain(&columns[CORE + 2..SEAL]))
}

pub(super) fn hash<'a>(columns: impl Iterator<Item = &'a ValueRef<'a>>) -> [u8; 16] {
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

fn bytes<'a>(arrays: impl Iterator<Item = &'a [f32]> + Clone) -> Vec<u8> {
    let canonical = |x: f32| if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() };
    let mut bytes = Vec::with_capacity(arrays.clone().map(size_of_val).sum());
    for array in arrays {
        array.iter().for_each(|&x| bytes.extend_from_slice(&canonical(x).to_le_bytes()));
    }
    bytes
}

pub(super) fn floats(bytes: &[u8]) -> Option<Vec<f32>> {
    let (chunks, []) = bytes.as_chunks() else { return None };
    Some(chunks.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect())
}

pub(super) fn layers(sizes: &[(usize, usize)], mut weights: &[f32]) -> Option<Vec<Layer>> {
    let mut take = |n: usize| {
        let (taken, rest) = weights.split_at_checked(n)?;
        weights = rest;
        Some(taken.to_vec())
    };
    let layers = sizes.iter().map(|&(weight, bias)| Some(Layer { weight: take(weight)?, bias: take(bias)? }));
    let layers = layers.collect::<Option<_>>()?;
    weights.is_empty().then_some(layers)
}

/// Milliseconds since 1970, 0 before.
pub(super) fn milliseconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis().try_into().unwrap_or(i64::MAX))
}

/// The time so many milliseconds after 1970.
pub(super) fn time(milliseconds: i64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds.try_into().ok()?))
}
