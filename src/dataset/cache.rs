//! Data already made, shared by the runs of a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Data, DataError, Dataset};
use crate::param::Settings;

/// Bytes of samples kept.
const LIMIT: usize = 256 << 20;

/// Data of more bytes are shared while a run uses them, and not kept beyond.
const LARGE: usize = LIMIT / 8;

/// Bytes of an entry beside its samples: its key and what holds them, as measured.
const ENTRY: usize = 832;

/// Data by dataset and replicate, bounded, for use from many threads.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Generations>);

type Key = (String, u64);

/// What was used lately, and what was used before that and is dropped next.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<Key, Arc<Data>>,
    old: HashMap<Key, Arc<Data>>,
    young_bytes: usize,
    /// Large data, while somebody uses them.
    large: HashMap<Key, Weak<Data>>,
}

impl Generations {
    fn find(&mut self, key: &Key) -> Option<Arc<Data>> {
        if let Some(data) = self.young.get(key) {
            return Some(Arc::clone(data));
        }
        if let Some(data) = self.large.get(key).and_then(Weak::upgrade) {
            return Some(data);
        }
        let (key, data) = self.old.remove_entry(key)?;
        Some(self.keep(key, data))
    }

    fn keep(&mut self, key: Key, data: Arc<Data>) -> Arc<Data> {
        let bytes = bytes(&data);
        if bytes > LARGE {
            self.large.retain(|_, data| data.strong_count() > 0);
            self.large.insert(key, Arc::downgrade(&data));
            return data;
        }
        if self.young_bytes + bytes > LIMIT / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(key, Arc::clone(&data));
        data
    }
}

impl Cache {
    /// Bytes that a cache comes to keep of these datasets, each with so many seeds.
    pub fn memory_to_keep(datasets: &[&Dataset], seeds: u64) -> u64 {
        let of = |dataset: &&Dataset| {
            let shape = dataset.shape();
            let bytes = ENTRY + 4 * dataset.len() * (shape.features + 1);
            let times = if is_fixed(dataset) { 1 } else { seeds };
            if bytes > LARGE { 0 } else { times.saturating_mul(bytes as u64) }
        };
        datasets.iter().map(of).fold(0, u64::saturating_add).min(LIMIT as u64)
    }

    /// The data of a dataset for a seed, generated now or before. If two threads generate the same data at once, both get
    /// the same copy.
    ///
    /// # Errors
    /// Those of [`Dataset::generate`].
    pub fn get(&self, dataset: &Dataset, seed: u64) -> Result<Arc<Data>, DataError> {
        let key = (identity(dataset), if is_fixed(dataset) { 0 } else { dataset.data_seed(seed) });
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = lock().find(&key) {
            return Ok(data);
        }
        let made = Arc::new(dataset.generate(seed)?);
        let mut generations = lock();
        Ok(generations.find(&key).unwrap_or_else(|| generations.keep(key, made)))
    }
}

/// Everything the data depends on but the seed.
fn identity(dataset: &Dataset) -> String {
    let mut text = dataset.kind.name().to_owned();
    for settings in [dataset.kind.settings(), &dataset.sampling as &dyn Settings] {
        for (name, value) in settings.changed() {
            text += &format!("\0{name}\0{value}");
        }
    }
    if let Some(fold) = dataset.fold {
        text += &format!("\0fold\0{} of {}", fold.index, fold.of);
    }
    text + "\0" + dataset.content_hash().unwrap_or_default()
}

/// Whether nothing of the data is drawn: a file used as it stands is one for all replicates.
fn is_fixed(dataset: &Dataset) -> bool {
    let sampling = &dataset.sampling;
    let split = sampling.test > 0.0 || sampling.validation > 0.0 || dataset.fold.is_some();
    dataset.is_file() && !split && sampling.label_noise == 0.0
}

/// The memory of an entry, its administration roughly.
fn bytes(data: &Data) -> usize {
    let table = |table: &super::Table| 4 * (table.x.len() + table.y.len() + table.weights.as_ref().map_or(0, Vec::len));
    ENTRY + table(&data.train) + table(&data.validation) + table(&data.test)
}
