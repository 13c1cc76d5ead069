//! What a file decides of a run: by key, by value of an axis, and all that is the same for many runs.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use super::{KEYS, KeyId, RunConfig};
use crate::diag::Span;
use crate::param::Value;
use crate::spec::Replicate;

/// What one key decides. Two decisions of one key cannot stand in one grid point.
#[derive(Clone)]
pub struct Decision {
    key: KeyId,
    values: Arc<[(&'static str, Value)]>,
    change: Arc<dyn Fn(&mut RunConfig) + Send + Sync>,
}

impl Decision {
    /// The decision of `key` that changes a run so.
    pub(super) fn new(key: &str, change: impl Fn(&mut RunConfig) + Send + Sync + 'static) -> Self {
        let key = KeyId::of_name(key).expect("a declared key");
        let mut run = RunConfig::default();
        change(&mut run);
        Self { key, values: key.values(&run).into(), change: Arc::new(change) }
    }

    /// The same, and then this change of what the key decides.
    pub(in crate::spec) fn then(&self, more: impl Fn(&mut RunConfig) + Send + Sync + 'static) -> Self {
        let first = Arc::clone(&self.change);
        Self::new(self.key.names()[0], move |run| {
            first(run);
            more(run);
        })
    }

    /// The key that was decided.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// Whether the run that it makes of the default one is so.
    pub fn makes(&self, is_so: impl FnOnce(&RunConfig) -> bool) -> bool {
        let mut run = RunConfig::default();
        (self.change)(&mut run);
        is_so(&run)
    }

    /// Every key that it gives a value, as a file spells it: the choice, then its settings.
    pub fn values(&self) -> &[(&'static str, Value)] {
        &self.values
    }
}

/// Equal where they give equal values.
impl PartialEq for Decision {
    fn eq(&self, other: &Self) -> bool {
        (self.key, &self.values) == (other.key, &other.values)
    }
}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.values.fmt(f)
    }
}

/// One value of an axis: what it decides, and where it stands.
#[derive(Clone, Debug)]
pub struct Digit {
    /// What it decides, one decision for a key.
    pub decisions: Vec<Decision>,
    /// Where it stands.
    pub span: Span,
}

impl Digit {
    /// What it decides of a key, if anything.
    pub fn of(&self, key: KeyId) -> Option<&Decision> {
        self.decisions.iter().find(|decision| decision.key == key)
    }
}

/// What has been decided so far; the rest is at its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft(BTreeMap<KeyId, Decision>);

impl Draft {
    /// Decides a key, again if it was decided before.
    pub fn apply(&mut self, decision: &Decision) {
        self.0.insert(decision.key, decision.clone());
    }

    /// What was said of a key.
    pub fn said(&self, key: KeyId) -> Option<&Decision> {
        self.0.get(&key)
    }

    /// What holds of a key, its default where nothing was said; `None` for a dataset, which has no default.
    pub fn decided(&self, key: KeyId) -> Option<Decision> {
        static DEFAULTS: LazyLock<Vec<Option<Decision>>> =
            LazyLock::new(|| KeyId::all().map(|key| KEYS[key.0].default()).collect());
        self.said(key).cloned().or_else(|| DEFAULTS[key.0].clone())
    }

    /// The run of a replicate. Without a dataset, that of the tutorial's XOR.
    pub fn finish(&self, replicate: impl Into<Replicate>) -> RunConfig {
        let mut run = RunConfig::default();
        self.0.values().for_each(|decision| (decision.change)(&mut run));
        let Replicate { seed, fold } = replicate.into();
        (run.seed, run.dataset.fold) = (seed, fold);
        run
    }
}
