//! How long runs took, to say how long others will.

use std::collections::BTreeMap;

use super::{Store, StoreError};
use crate::param::Value;
use crate::plan::Description;

/// Rows looked at: the latest, on the machine as it is now.
const SAMPLE: usize = 2000;

/// Keys that decide how long an epoch takes; others matter little.
const KEYS: [&str; 7] = ["lib", "dataset", "points", "units", "batch_size", "activation", "optimizer"];

/// Seconds per epoch, seen in a store.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    alike: BTreeMap<String, Mean>,
    all: Mean,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    seconds: f64,
    epochs: f64,
}

impl Mean {
    fn add(&mut self, seconds: f64, epochs: f64) {
        self.seconds += seconds;
        self.epochs += epochs;
    }
}

impl Durations {
    /// How long one thread will take for a run: as those alike took, or else as all did; `None` if nothing is known.
    pub fn estimate(&self, run: &Description) -> Option<f64> {
        let Mean { seconds, epochs } = *self.alike.get(&class(run)).unwrap_or(&self.all);
        let wanted = run.get("epochs").and_then(Value::as_f64)?;
        (epochs > 0.0).then(|| seconds / epochs * wanted)
    }
}

fn class(run: &Description) -> String {
    KEYS.iter().map(|key| run.get(key).map_or(String::new(), Value::to_string) + "\n").collect()
}

impl Store {
    /// How long runs took, by the latest rows.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn durations(&self) -> Result<Durations, StoreError> {
        let [_, _, epochs] = self.layout.names();
        let sql = format!("SELECT seconds, {epochs}, description FROM runs ORDER BY rowid DESC LIMIT {SAMPLE}");
        let failed = |error| self.failed(error);
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut durations = Durations::default();
        while let Some(row) = rows.next().map_err(failed)? {
            let (seconds, epochs): (f64, f64) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
            let text = row.get_ref(2).map_err(failed)?.as_str().ok();
            let run = text.and_then(Description::parse).ok_or_else(|| self.damaged("a description is wrong"))?;
            durations.alike.entry(class(&run)).or_default().add(seconds, epochs);
            durations.all.add(seconds, epochs);
        }
        Ok(durations)
    }
}
