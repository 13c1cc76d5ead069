//! Data already made, shared by the runs of a process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Data, DataError, Dataset};

/// Bytes of samples kept before the least recently used are dropped.
const LIMIT: usize = 256 << 20;

/// Data by dataset and replicate, bounded, for use from many threads.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    data: HashMap<(String, u64), (Arc<Data>, u64)>,
    bytes: usize,
    clock: u64,
}

impl Cache {
    /// Made now or before. Two threads that miss at once both make it, and keep one.
    pub fn get(&self, dataset: &Dataset, seed: u64) -> Result<Arc<Data>, DataError> {
        let key = (dataset.key(false), dataset.data_seed(seed));
        {
            let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            entries.clock += 1;
            let now = entries.clock;
            if let Some((data, used)) = entries.data.get_mut(&key) {
                *used = now;
                return Ok(Arc::clone(data));
            }
        }
        let data = Arc::new(dataset.generate(seed)?);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = entries.clock;
        if entries.data.insert(key, (Arc::clone(&data), now)).is_none() {
            entries.bytes += bytes(&data);
        }
        while entries.bytes > LIMIT && entries.data.len() > 1 {
            let Some(oldest) = entries.data.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone())
            else {
                break;
            };
            if let Some((dropped, _)) = entries.data.remove(&oldest) {
                entries.bytes -= bytes(&dropped);
            }
        }
        Ok(data)
    }
}

fn bytes(data: &Data) -> usize {
    let table = |table: &super::Table| 4 * (table.x.len() + table.y.len());
    table(&data.train) + table(&data.test)
}
