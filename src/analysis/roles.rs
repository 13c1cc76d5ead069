//! What happens to each axis: compared, tuned, or reported apart. Seeds are replicates and never an axis.

use super::axis::Axis;
use crate::optim::{Optimizer, Wrappers};
use crate::param::Settings;
use crate::schedule::Schedule;
use crate::spec;

/// What happens to an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its values are set against each other.
    Compare,
    /// Its best value is chosen for each compared value, on tuning seeds.
    Tune,
    /// Its values are reported apart; nothing is averaged over them.
    Facet,
}

/// The role of every axis, as indices into the axes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Roles {
    /// Compared.
    pub compare: Vec<usize>,
    /// Tuned.
    pub tune: Vec<usize>,
    /// Reported apart.
    pub facet: Vec<usize>,
}

impl Roles {
    /// The role of an axis.
    pub fn of(&self, axis: usize) -> Role {
        if self.compare.contains(&axis) {
            Role::Compare
        } else if self.tune.contains(&axis) {
            Role::Tune
        } else {
            Role::Facet
        }
    }

    /// Gives every axis its role. What the file names is taken; of the rest, the learning rate, the schedule and the
    /// hyperparameters of optimizers are tuned and all others reported apart. With nothing to compare named, it is the
    /// optimizer, else the first axis that would be reported apart and is no dataset, else the first hyperparameter other
    /// than the learning rate, else a dataset; a learning rate alone is tuned, and nothing compared. With optimizers what is put
    /// around them is compared too.
    pub(super) fn resolve(axes: &[Axis], given: &spec::Roles) -> Self {
        let find = |keys: &[String]| -> Vec<usize> {
            let matches = |key: &String, axis: &Axis| axis.key == *key || (key == "units" && axis.key == "hidden");
            keys.iter().filter_map(|key| axes.iter().position(|axis| matches(key, axis))).collect()
        };
        let mut roles = Self { compare: find(&given.compare), tune: find(&given.tune), facet: find(&given.facet) };
        roles.tune.retain(|axis| !roles.compare.contains(axis));
        roles.facet.retain(|axis| !roles.compare.contains(axis) && !roles.tune.contains(axis));
        let tunable = tunable();
        let is_tunable = |i: usize| tunable.contains(&axes[i].key.as_str());
        let free = |roles: &Self| -> Vec<usize> {
            let taken = |i: &usize| roles.compare.contains(i) || roles.tune.contains(i) || roles.facet.contains(i);
            (0..axes.len()).filter(|i| !taken(i)).collect()
        };
        if roles.compare.is_empty() {
            let free = free(&roles);
            let optimizer = free.iter().find(|&&i| axes[i].key == "optimizer");
            let other = free.iter().find(|&&i| !is_tunable(i) && axes[i].key != "dataset");
            let tuned_rate = free.iter().any(|&i| axes[i].key == "learning_rate");
            let setting = free.iter().find(|&&i| is_tunable(i) && axes[i].key != "learning_rate");
            let dataset = free.first().filter(|_| !tuned_rate);
            roles.compare.extend(optimizer.or(other).or(setting).or(dataset));
        }
        // An optimizer with an average of its weights beside it is another optimizer.
        let is_wrapper = |&i: &usize| Wrappers::KEYS.contains(&axes[i].key.as_str());
        if roles.compare.iter().any(|i| axes[*i].key == "optimizer" || is_wrapper(i)) {
            roles.compare.extend(free(&roles).into_iter().filter(is_wrapper));
        }
        for i in free(&roles) {
            if is_tunable(i) { &mut roles.tune } else { &mut roles.facet }.push(i);
        }
        roles
    }
}

/// The keys tuned unless a file says otherwise.
fn tunable() -> Vec<&'static str> {
    let mut keys = vec!["learning_rate", "schedule"];
    let optimizers = Optimizer::all();
    let schedules = Schedule::all();
    let settings = optimizers.iter().map(|o| o.settings()).chain(schedules.iter().map(|s| s.settings()));
    keys.extend(settings.flat_map(|settings: &dyn Settings| settings.params().iter().map(|param| param.name)));
    keys
}
