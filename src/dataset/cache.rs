//! Data already made, shared by the runs of a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Data, DataError, Dataset};
use crate::param::Settings;

/// Bytes of samples kept, unless a single dataset has more.
const LIMIT: usize = 256 << 20;

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
}

impl Generations {
    fn find(&mut self, key: &Key) -> Option<Arc<Data>> {
        if let Some(data) = self.young.get(key) {
            return Some(Arc::clone(data));
        }
        let (key, data) = self.old.remove_entry(key)?;
        Some(self.keep(key, data))
    }

    fn keep(&mut self, key: Key, data: Arc<Data>) -> Arc<Data> {
        let bytes = bytes(&data);
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
    /// Made now or before. Two threads that miss at once both make it, and share one of the two.
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
    text + "\0" + dataset.content_hash().unwrap_or_default()
}

/// Whether nothing of the data is drawn: a file used as it stands is one for all replicates.
fn is_fixed(dataset: &Dataset) -> bool {
    !dataset.has_points() && dataset.train_len() == dataset.len() && dataset.sampling.label_noise == 0.0
}

/// The memory of an entry, its administration roughly.
fn bytes(data: &Data) -> usize {
    let table = |table: &super::Table| 4 * (table.x.len() + table.y.len() + table.weights.as_ref().map_or(0, Vec::len));
    512 + table(&data.train) + table(&data.validation) + table(&data.test)
}
