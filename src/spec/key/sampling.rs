//! `points`, `label_noise`, `test`, `data_seed`: what is drawn of any dataset, as [`Sampling`] declares it.

use std::sync::LazyLock;

use super::{Scalar, Slot};
use crate::dataset::Sampling;
use crate::param::{Param, Settings};

const SLOT: Slot = Slot {
    get: |run, param| run.dataset.sampling.get(param.name).expect("a setting of its own"),
    set: |run, param, value| run.dataset.sampling.set(param.name, value),
};

pub(super) static KEYS: LazyLock<Vec<Scalar>> = LazyLock::new(|| {
    let key = |&param: &Param| Scalar { param, leading: None, flag: None, slot: SLOT };
    Sampling::PARAMS.iter().map(key).collect()
});

/// Whether a key is one of these.
pub(super) fn is_one(name: &str) -> bool {
    Sampling::PARAMS.iter().any(|param| param.name == name)
}
