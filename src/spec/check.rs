//! What no single key shows: data for the batches, memory for the layers, noise on labels that are none.

use std::collections::{BTreeMap, BTreeSet};

use super::block::Block;
use super::key::KeyId;
use crate::diag::{Diagnostic, Span};
use crate::measure::{Metric, Split};
use crate::spec::Replicate;
use crate::table::Fold;

/// Most memory for a network, its gradients and its optimizer's state, in bytes.
const MOST_MEMORY: f64 = (2u64 << 30) as f64;

fn key(name: &str) -> KeyId {
    KeyId::of_name(name).expect("a declared key")
}

/// The problems of a block; `common` tells where `[train]` decides a key.
pub(super) fn check(block: &Block, fold: Option<Fold>, common: &BTreeMap<KeyId, Span>) -> Vec<Diagnostic> {
    let first = Replicate { seed: 0, fold };
    let [dataset, hidden, batch_size, last_batch] = ["dataset", "hidden", "batch_size", "last_batch"].map(key);
    let [points, test, validation, label_noise] = ["points", "test", "validation", "label_noise"].map(key);
    if block.values(dataset).is_empty() {
        let error = Diagnostic::error("no dataset is given", &block.span);
        return vec![error.help("name one: dataset = \"xor\" in [grid] or [train]; `tallow datasets` lists them")];
    }
    let mut problems = Vec::new();
    let mut told = BTreeSet::new();
    let mut tell = |what: String, span: &Span, help: &str| {
        if told.insert((span.source, span.range.start, what.clone())) {
            problems.push(Diagnostic::error(what, span).help(help));
        }
    };
    for point in block.sub_grid(&[dataset, points, test, validation, batch_size, last_batch], common) {
        let run = point.draft.finish(first);
        if fold.is_some() && run.dataset.sampling.test > 0.0 {
            let what = "`folds` and `test` exclude each other".to_owned();
            tell(what, point.span(test), "every fold is the test rows once: leave `test` out");
            continue;
        }
        if let Some(Err(error)) = run.dataset.parts(0) {
            error
                .each()
                .into_iter()
                .for_each(|told| tell(told.message, point.span(test), told.help.as_deref().unwrap_or("")));
            continue;
        }
        let samples = run.dataset.train_len(0);
        if run.steps_per_epoch() == 0 {
            let what = format!("batch_size {} is larger than the {samples} training samples", run.batch_size);
            let help =
                "an epoch has ⌊samples / batch_size⌋ steps, at least one; last_batch = \"train\" trains all in one";
            tell(what, point.span(batch_size), help);
        }
        if run.dataset.is_file() && point.is_decided(points) {
            let what = "`points` does not apply to a CSV dataset".to_owned();
            tell(what, point.span(points), "a file has as many samples as it has");
        }
    }
    for point in block.sub_grid(&[dataset, label_noise], common) {
        let run = point.draft.finish(first);
        if run.dataset.sampling.label_noise > 0.0 && !run.dataset.shape().task.is_classification() {
            let what = format!("`label_noise` does not apply to `{}`, a regression", run.dataset.kind.name());
            let help = "use its `noise`, or give the classification sets a [[grid]] of their own";
            tell(what, point.span(label_noise), help);
        }
    }
    for point in block.sub_grid(&[dataset, hidden], common) {
        let units = point.draft.finish(first).units();
        let parameters: f64 = units.windows(2).map(|ends| (ends[0] as f64 + 1.0) * ends[1] as f64).sum();
        // The parameters, their gradients and up to three numbers of optimizer state for each.
        let bytes = parameters * 4.0 * 5.0;
        if bytes > MOST_MEMORY {
            let what = format!("a network of {parameters} parameters needs {:.1} GiB", bytes / (1u64 << 30) as f64);
            tell(what, point.span(hidden), "a run may take 2 GiB");
        }
    }
    problems
}

/// The problem of a metric, named at `span`, that some run of the blocks does not have.
pub(super) fn metric(
    metric: Metric,
    span: &Span,
    blocks: &[&Block],
    fold: Option<Fold>,
    common: &BTreeMap<KeyId, Span>,
) -> Option<Diagnostic> {
    let first = Replicate { seed: 0, fold };
    let keys = ["dataset", "test"].map(key);
    let runs = blocks.iter().flat_map(|block| block.sub_grid(&keys, common)).map(|point| point.draft.finish(first));
    let problem = |run: super::RunConfig| {
        let name = metric.name();
        if !(metric.measure.applies)(run.dataset.shape().task) {
            let what = format!("`{name}` does not apply to `{}`, a regression", run.dataset.kind.name());
            return Some(Diagnostic::error(what, span).help("judge it by a loss, or in a file of its own"));
        }
        let what = format!("`{name}` needs samples held out, and some runs hold out none");
        (metric.split == Split::Test && !run.dataset.has_test())
            .then(|| Diagnostic::error(what, span).help("hold out a share in [train]: test = 0.2"))
    };
    runs.into_iter().find_map(problem)
}
