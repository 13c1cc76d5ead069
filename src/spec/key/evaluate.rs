//! `evaluate`: what is evaluated at the end of epochs. It changes no other number of a run, so that a description says it
//! only where an epoch is chosen by it.

use super::Group;
use crate::protocol::Evaluate;

pub(super) static KEY: Group<Evaluate> = Group {
    name: "evaluate",
    about: "what is evaluated at the end of epochs, where rows are held out for it",
    names: &["evaluate_every", "evaluate_on"],
    optional: false,
    described: |run, name| name == "evaluate_every" && run.watched().is_some(),
    get: |run| Some(&run.evaluate),
    set: |run, evaluate| run.evaluate = evaluate.unwrap_or_default(),
};
