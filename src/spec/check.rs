//! What no single key shows: data for the batches, memory for the layers, noise on labels that are none, rows to choose an
//! epoch by.

use std::collections::{BTreeMap, BTreeSet};

use super::block::Block;
use super::key::KeyId;
use crate::dataset::Batching;
use crate::diag::{Diagnostic, Span};
use crate::measure::{Measure, Metric, Split};
use crate::protocol::Evaluate;
use crate::regularize::{ClassWeight, Rates};
use crate::spec::Replicate;
use crate::table::Fold;
use crate::text;

/// Most memory for a network, its gradients and its optimizer's state, in bytes.
const MOST_MEMORY: f64 = (2u64 << 30) as f64;

fn key(name: &str) -> KeyId {
    KeyId::of_name(name).expect("a declared key")
}

/// The problem of `evaluate` with several values: most runs that differ in nothing else are one run.
pub(super) fn evaluated_alike(blocks: &[&Block]) -> Option<Diagnostic> {
    let evaluate = key("evaluate_every");
    let mut values =
        blocks.iter().flat_map(|block| block.values(evaluate).into_iter().map(move |value| (block, value)));
    let (_, first) = values.next()?;
    let (block, _) = values.find(|(_, value)| *value != first)?;
    let given = block.axes.iter().flatten().find(|digit| digit.of(evaluate).is_some());
    let error = Diagnostic::error("`evaluate` has several values", given.map_or(&block.span, |digit| &digit.span));
    Some(error.help("it says what is recorded of all runs: give it once, in [train]"))
}

/// The problem of a measure that `evaluate` asks for and that no run has, whatever its task.
pub(super) fn unmeasured(blocks: &[&Block], common: &BTreeMap<KeyId, Span>) -> Option<Diagnostic> {
    let [dataset, evaluate] = ["dataset", "evaluate_every"].map(key);
    let keys = [dataset, evaluate];
    let points = || blocks.iter().flat_map(|block| block.sub_grid(&keys, common));
    let applies =
        |measure: Measure| points().any(|point| (measure.applies)(point.draft.finish(0).dataset.shape().task));
    let asked = |measure: Measure| points().find(|point| point.draft.finish(0).evaluate.measures.contains(measure));
    Measure::ALL.iter().find_map(|&measure| {
        let point = asked(measure).filter(|_| !applies(measure))?;
        let what = format!("`evaluate` asks for `{}`, which applies to no dataset of the file", measure.name);
        let help = "of a regression there are r2, rmse and mae; the others but `loss` are of classes";
        Some(Diagnostic::error(what, point.span(evaluate)).help(help))
    })
}

/// The warning where the samples that are to judge choose an epoch.
pub(super) fn judges_itself(block: &Block, common: &BTreeMap<KeyId, Span>) -> Option<Diagnostic> {
    let keys = ["early_stopping"].map(key);
    let choosing = block.sub_grid(&keys, common).find_map(|point| {
        let series = point.draft.finish(0).watched()?;
        (series.split == Split::Test).then(|| (series.name, point.span(keys[0]).clone()))
    });
    let (series, span) = choosing?;
    let what = format!("`early_stopping` watches `{series}`: the samples that judge a run choose its last epoch");
    let help = "hold out others to choose by: validation = 0.2, and watch = \"validation_loss\"";
    Some(Diagnostic::error(what, &span).warning().help(help))
}

/// The problems of a block; `common` tells where `[train]` decides a key.
pub(super) fn check(block: &Block, fold: Option<Fold>, common: &BTreeMap<KeyId, Span>) -> Vec<Diagnostic> {
    let first = Replicate { seed: 0, fold };
    let [dataset, hidden, batch_size, last_batch] = ["dataset", "hidden", "batch_size", "last_batch"].map(key);
    let [points, test, validation, label_noise] = ["points", "test", "validation", "label_noise"].map(key);
    let [evaluate, keep, early_stopping] = ["evaluate_every", "keep", "early_stopping"].map(key);
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
        if run.dataset.sampling.test + run.dataset.sampling.validation >= 1.0 {
            let what = "`test` and `validation` leave no samples to train on".to_owned();
            tell(what, point.span(validation), "both are shares of all samples: together they must be below 1");
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
    let [dropout, smoothing, class_weight] = ["dropout", "label_smoothing", "class_weight"].map(key);
    for point in block.sub_grid(&[dataset, hidden, dropout, smoothing, class_weight], common) {
        let run = point.draft.finish(first);
        let layers = run.hidden.len();
        match &run.dropout {
            Rates::Each(rates) if rates.len() != layers => tell(
                format!(
                    "`dropout` has {}, and some networks have {}",
                    text::count(rates.len(), "rate"),
                    text::count(layers, "hidden layer")
                ),
                point.span(dropout),
                "one number is for all of them: dropout = 0.1; a list within a list has one for each: dropout = [[0.1, 0.2]]",
            ),
            _ => {}
        }
        let classes = run.dataset.shape().task.classes();
        let name = run.dataset.kind.name();
        for (key, given) in
            [(smoothing, run.label_smoothing > 0.0), (class_weight, run.class_weight != ClassWeight::None)]
        {
            if given && classes.is_none() {
                let what = format!("`{}` needs classes, and `{name}` is a regression", key.name());
                tell(what, point.span(key), "leave it out, or give it in a grid of classifications alone");
            }
        }
        if let (ClassWeight::Given(given), Some(_)) = (&run.class_weight, classes) {
            let known = run.dataset.class_names();
            for class in given.keys().filter(|class| !known.contains(class)) {
                let what = format!("`class_weight` names `{class}`, which is not a class of `{name}`");
                tell(what, point.span(class_weight), &format!("its classes are {}", known.join(", ")));
            }
            if known.iter().all(|class| given.get(class) == Some(&0.0)) {
                tell(
                    "`class_weight` gives no class any weight".to_owned(),
                    point.span(class_weight),
                    "let one be above 0",
                );
            }
        }
    }
    for point in block.sub_grid(&[dataset, points, test, validation, evaluate, keep, early_stopping], common) {
        let run = point.draft.finish(first);
        // Where measures are asked for, the usual split is where there is one: they are of the end too.
        let usual = run.evaluate.on == Evaluate::default().on && !run.evaluate.measures.is_empty();
        let unsaid = Split::ALL.into_iter().filter(|&split| run.evaluate.on.contains(split) && run.rows(split) == 0);
        for split in unsaid.filter(|_| point.is_decided(evaluate) && !usual) {
            let what = format!("`evaluate` is on the {} samples, and some runs hold out none", split.name());
            tell(what, point.span(evaluate), &hold_out(split));
        }
        let Some(series) = run.watched() else { continue };
        let chooser = if run.early_stopping.is_some() { early_stopping } else { keep };
        let says = format!("`{}` watches `{}`", chooser.name(), series.name);
        let Some(metric) = series.metric else { continue };
        if !(metric.measure.applies)(run.dataset.shape().task) {
            let what = format!("{says}, which does not apply to `{}`, a regression", run.dataset.kind.name());
            tell(what, point.span(chooser), "watch a loss: watch = \"validation_loss\"");
        } else if run.rows(metric.split) == 0 {
            tell(
                format!("{says}, and some runs hold out no such samples"),
                point.span(chooser),
                &hold_out(metric.split),
            );
        }
    }
    let [ema, swa, lookahead, alpha] = ["ema", "swa", "lookahead", "lookahead_alpha"].map(key);
    for point in block.sub_grid(&[ema, swa, lookahead, alpha], common) {
        let run = point.draft.finish(first);
        if run.ema.0.is_some() && run.swa.0.is_some() {
            let what = "`ema` and `swa` are both what is evaluated".to_owned();
            tell(what, point.span(swa), "give one of them, or each in a grid of its own");
        }
        if run.swa.0.is_some_and(|start| start > 1.0 && start.fract() != 0.0) {
            let what = "`swa` must be an epoch, or a share of the epochs below 1".to_owned();
            tell(
                what,
                point.span(swa),
                "swa = 0.75 begins after three quarters of the epochs, swa = 150 with the 150th",
            );
        }
        if run.lookahead.0.is_none() && run.lookahead_alpha != super::RunConfig::default().lookahead_alpha {
            let what = "`lookahead_alpha` has no `lookahead` beside it".to_owned();
            tell(what, point.span(alpha), "give both: { name = \"adam\", lookahead = 5, lookahead_alpha = 0.8 }");
        }
    }
    let optimizer = key("optimizer");
    for point in block.sub_grid(&[optimizer, batch_size], common) {
        let run = point.draft.finish(first);
        if run.optimizer.needs_all_samples() && run.batch_size != Batching::ALL {
            let name = run.optimizer.name();
            let help =
                format!("it compares the gradients of different steps: {{ name = \"{name}\", batch_size = \"all\" }}");
            tell(format!("`{name}` needs `batch_size = \"all\"`"), point.span(optimizer), &help);
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

/// How a split gets samples.
fn hold_out(split: Split) -> String {
    format!("hold out a share in [train]: {} = 0.2", split.name())
}

/// Of every way in which the blocks use their datasets, why its runs lack a metric that is named at `span`; `None` where they
/// have it.
pub(super) fn lacks(
    metric: Metric,
    span: &Span,
    blocks: &[&Block],
    fold: Option<Fold>,
    common: &BTreeMap<KeyId, Span>,
) -> Vec<Option<Diagnostic>> {
    let first = Replicate { seed: 0, fold };
    let keys = ["dataset", "points", "test", "validation"].map(key);
    let runs = blocks.iter().flat_map(|block| block.sub_grid(&keys, common)).map(|point| point.draft.finish(first));
    let problem = |run: super::RunConfig| {
        let name = metric.name();
        if !(metric.measure.applies)(run.dataset.shape().task) {
            let what = format!("`{name}` does not apply to `{}`, a regression", run.dataset.kind.name());
            return Some(Diagnostic::error(what, span).help("judge it by a loss, or in a file of its own"));
        }
        let what = format!("`{name}` needs samples held out, and some runs hold out none");
        (run.rows(metric.split) == 0).then(|| Diagnostic::error(what, span).help(hold_out(metric.split)))
    };
    runs.map(problem).collect()
}
