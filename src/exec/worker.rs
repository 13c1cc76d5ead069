//! What each thread does: pull, train, tell.

use std::time::{Instant, SystemTime};

use super::isolate::caught;
use super::source::Source;
use super::{Event, Options, Train};
use crate::engine::{Failure, Outcome, Stop};
use crate::plan::Run;
use crate::spec::RunConfig;

/// Works until there are no runs, someone asks to stop, or nobody listens: `tell` says whether somebody does.
pub(super) fn work<I: Iterator<Item = Run> + Send>(
    number: usize,
    source: &Source<I>,
    options: &Options,
    train: &Train,
    stop: &Stop,
    mut tell: impl FnMut(Vec<Event>) -> bool,
) {
    while !stop.is_set() {
        let runs = source.pull(options.cohort);
        let started = runs.iter().map(|run| Event::Started(run.id)).collect();
        // Without a listener there is nobody to work for.
        if runs.is_empty() || !tell(started) {
            break;
        }
        (options.begin)(number, &runs);
        let ended = train_cohort(runs, train);
        // Before the consumer can say so, tiny runs would have been handed out by hundreds.
        if ended.iter().any(|event| event.is_last(options)) {
            source.close();
        }
        if !tell(ended) {
            break;
        }
    }
}

fn train_cohort(runs: Vec<Run>, train: &Train) -> Vec<Event> {
    let configs: Vec<RunConfig> = runs.iter().map(|run| run.config.clone()).collect();
    let started = SystemTime::now();
    let began = Instant::now();
    match caught(|| train(&configs)) {
        Ok(results) => {
            let seconds = began.elapsed().as_secs_f64() / runs.len() as f64;
            let mut results = results.into_iter();
            runs.into_iter().filter_map(|run| event(run, results.next(), started, seconds)).collect()
        }
        Err(message) => match <[Run; 1]>::try_from(runs) {
            Ok([run]) => vec![Event::Failed { run, message, fatal: false }],
            // One run's panic is not the others' fault: each is tried alone.
            Err(runs) => runs.into_iter().flat_map(|run| train_cohort(vec![run], train)).collect(),
        },
    }
}

fn event(run: Run, result: Option<Result<Outcome, Failure>>, started: SystemTime, seconds: f64) -> Option<Event> {
    match result {
        Some(Ok(outcome)) => Some(Event::Finished { run, outcome, started, seconds }),
        Some(Err(Failure::Stopped)) => None,
        Some(Err(failure)) => Some(Event::Failed { run, message: failure.to_string(), fatal: failure.is_fatal() }),
        None => Some(Event::Failed { run, message: "the engine returned no result".into(), fatal: false }),
    }
}
