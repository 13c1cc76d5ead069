//! `folds` and `fold`: which fold of the data judges, where there are folds.

use super::{Decision, Digit, Flag, Key, Reader, RunConfig, Said, Unreadable};
use crate::diag::Diagnostic;
use crate::param::{Domain, Field, Value};
use crate::spec::tree::Node;
use crate::table::Fold as Held;

/// `fold`, which is written as `folds` at the top of a file and is not an axis.
#[derive(Debug)]
pub(super) struct Fold;

pub(super) static KEYS: [Fold; 1] = [Fold];

impl Key for Fold {
    fn name(&self) -> &'static str {
        "fold"
    }

    /// A grid has none: `folds` stands at the top of a file.
    fn spellings(&self) -> &[&'static str] {
        &[]
    }

    fn names(&self) -> Vec<&'static str> {
        vec!["fold", "folds"]
    }

    fn about(&self) -> &'static str {
        "the fold that judges; `folds = 5` at the top of a file runs five of every grid point and seed"
    }

    fn explain(&self) -> String {
        "    folds = 5  How many, each the test rows once, drawn anew for every seed; instead of `test`\n".into()
    }

    fn leading(&self) -> Vec<(usize, &'static str)> {
        Vec::new()
    }

    fn default(&'static self) -> Option<Decision> {
        None
    }

    fn read(&'static self, reader: &mut Reader, _: &str, node: &Node) -> Option<Vec<Digit>> {
        let error = Diagnostic::error("folds are replicates of every grid point", &node.span);
        reader.tell(error.help("write them at the top of the file: folds = 5"));
        None
    }

    fn values(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        let Some(Held { of, index }) = run.dataset.fold else { return Vec::new() };
        vec![("fold", index.get()), ("folds", of.get())]
    }

    fn describe(&self, run: &RunConfig) -> Vec<(&'static str, Value)> {
        self.values(run)
    }

    fn restore(&self, said: &Said, run: &mut RunConfig) -> Result<(), Unreadable> {
        let number = |name: &str, value: &Value, least: f64| {
            usize::read(value, Domain::AtLeast(least)).map_err(|why| Unreadable::new(name, why))
        };
        run.dataset.fold = match (said("fold"), said("folds")) {
            (None, None) => None,
            (Some(index), Some(of)) => Some(Held { of: number("folds", of, 2.0)?, index: number("fold", index, 0.0)? }),
            (None, Some(_)) => return Err(Unreadable::missing("fold")),
            (Some(_), None) => return Err(Unreadable::missing("folds")),
        };
        Ok(())
    }

    fn flag(&self) -> Option<&Flag> {
        None
    }

    fn toml(&self, run: &RunConfig) -> Option<(&'static str, String)> {
        let Held { of, index } = run.dataset.fold?;
        Some(("folds", format!("{{ of = {of}, fold = {index} }}")))
    }
}
