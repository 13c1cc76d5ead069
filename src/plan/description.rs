//! The description dictionary and the identity hashed from it.

use std::collections::BTreeMap;
use std::fmt;

use crate::param::{Settings, Value};
use crate::spec::RunConfig;

/// The keys of the tutorial's dictionary, always present and shown first, then `dataset` and `seed`.
pub const LEADING: [&str; 10] =
    ["lib", "units", "depth", "activation", "learning_rate", "optimizer", "epochs", "batch_size", "dataset", "seed"];

/// The ordered dictionary that says what a run is: the leading keys, then every other key not at its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Description(BTreeMap<String, Value>);

impl Description {
    /// Describes a run.
    pub fn of(run: &RunConfig) -> Self {
        let text = |name: &str| Value::Text(name.to_owned());
        let whole = |n: usize| Value::Int(n as i64);
        let units: Vec<String> = run.units().iter().map(usize::to_string).collect();
        let mut map = BTreeMap::new();
        let mut put = |key: &str, value: Value| {
            map.insert(key.to_owned(), value);
        };
        put("lib", text(run.lib.name()));
        put("units", Value::Text(units.join("-")));
        put("depth", whole(run.hidden.len()));
        put("activation", text(run.activation.name()));
        put("learning_rate", Value::Float(run.learning_rate));
        put("optimizer", text(run.optimizer.name()));
        put("epochs", whole(run.epochs));
        put("batch_size", whole(run.batch_size));
        put("dataset", text(run.dataset.kind.name()));
        put("seed", Value::Int(run.seed as i64));
        if run.init != crate::init::Init::Torch {
            put("init", text(run.init.name()));
        }
        if run.shuffle {
            put("shuffle", Value::Bool(true));
        }
        if run.schedule.name() != "constant" {
            put("schedule", text(run.schedule.name()));
        }
        let choices: [&dyn Settings; 5] = [
            &run.dataset.sampling,
            run.dataset.kind.settings(),
            run.activation.settings(),
            run.optimizer.settings(),
            run.schedule.settings(),
        ];
        for (key, value) in choices.into_iter().flat_map(|choice| choice.changed()) {
            put(key, value);
        }
        Self(map)
    }

    /// The value of a key; `None` if it is at its default.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Keys and values, the leading keys first, the others by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        let leading = LEADING.into_iter().filter_map(|key| Some((key, self.0.get(key)?)));
        let others = self.0.iter().map(|(key, value)| (key.as_str(), value));
        leading.chain(others.filter(|(key, _)| !LEADING.contains(key)))
    }

    /// Compact JSON with sorted keys: what is hashed and stored.
    pub fn canonical(&self) -> String {
        serde_json::to_string(&self.0).expect("text keys and finite numbers")
    }

    /// The identity of the run.
    pub fn id(&self) -> RunId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"tallow run 1\n");
        hasher.update(self.canonical().as_bytes());
        let hash = hasher.finalize();
        RunId(hash.as_bytes()[..16].try_into().expect("a hash has 32 bytes"))
    }
}

/// `lib: fused, units: 2-6-1, …`
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (key, value)) in self.iter().enumerate() {
            write!(f, "{}{key}: {value}", if i > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

/// The identity of a run: 128 bits of the hash of its canonical description. The first 16 hex digits are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId(pub [u8; 16]);

impl RunId {
    /// All 32 hex digits.
    pub fn full(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The first 16 hex digits.
impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0[..8].iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
