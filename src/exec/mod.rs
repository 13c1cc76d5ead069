//! Trains many runs on several threads and hands what happens to one consumer.
//!
//! Workers pull runs lazily, train and send events over a bounded channel; they share no other state, print nothing and
//! know no store. The consumer, on the caller's thread, alone owns the store, the counts and the progress. Which worker
//! trains what, and in which order runs end, depends on the machine; no outcome does.

mod isolate;
mod signals;
mod source;
mod worker;

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant, SystemTime};

use crate::engine::{Failure, Outcome, Stop};
use crate::plan::{Run, RunId};
use crate::spec::RunConfig;

pub use signals::stop_on_signals;

/// What trains: given runs of equal shape, a result for each, in order.
pub type Train<'a> = dyn Fn(&[RunConfig]) -> Vec<Result<Outcome, Failure>> + Sync + 'a;

/// The consumer is called at least this often.
const TICK: Duration = Duration::from_millis(50);

/// The consumer lets events gather so long before it looks again: waking it for each would cost more than a tiny run.
const NAP: Duration = Duration::from_micros(250);

/// Who asked for a stop waits no longer than this for a step that takes its time.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Messages that may gather for each worker; then it waits. Runs that take long never fill this.
const GATHERED: usize = 128;

/// How many runs like this one are given to the engine at once at most.
pub type Cohort<'a> = dyn Fn(&RunConfig) -> usize + Sync + 'a;

/// How a sweep is carried out; nothing here can change an outcome.
#[derive(Clone)]
pub struct Options<'a> {
    /// Threads that train; at least one is used.
    pub jobs: usize,
    /// Runs of equal shape given to the engine at once: 1 on a CPU, as many as fill it on a GPU.
    pub cohort: &'a Cohort<'a>,
    /// End at the first failed run.
    pub fail_fast: bool,
    /// Start no more runs than these.
    pub max_runs: Option<u64>,
    /// Stop after this time.
    pub time_limit: Option<Duration>,
}

/// One run at a time on one thread, without limits.
impl Default for Options<'_> {
    fn default() -> Self {
        Self { jobs: 1, cohort: &|_| 1, fail_fast: false, max_runs: None, time_limit: None }
    }
}

/// What happens during a sweep. A run that started and neither finished nor failed was dropped because of a stop.
#[derive(Debug)]
pub enum Event {
    /// A worker took the run.
    Started(RunId),
    /// The run has an outcome.
    Finished {
        /// The run.
        run: Run,
        /// What it yielded.
        outcome: Outcome,
        /// When its training began.
        started: SystemTime,
        /// How long it took; a cohort's time is shared equally.
        seconds: f64,
    },
    /// The run could not be trained, or its training panicked.
    Failed {
        /// The run.
        run: Run,
        /// Why.
        message: String,
        /// Whether no other run can be trained either: the sweep ends.
        fatal: bool,
    },
    /// Nothing for a moment: time to commit or to redraw.
    Idle,
    /// Told once: `stop` was set from outside a while ago, and some runs still have not noticed. Who does not want to wait
    /// for them can end the process.
    Overdue,
}

impl Event {
    /// Whether it is a failure after which no run is to be started.
    fn is_last(&self, options: &Options) -> bool {
        matches!(self, Self::Failed { fatal, .. } if *fatal || options.fail_fast)
    }
}

/// Why a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// There was no further run.
    Complete,
    /// `stop` was set from outside.
    Stopped,
    /// A run failed, and that was to be the end, or no other could be trained either.
    Failed,
    /// As many runs as were allowed have been started, and there are more.
    MaxRuns,
    /// Time was up.
    TimeLimit,
}

/// Trains every run once and reports to `on`, on the calling thread, until all is done or something ends the sweep.
///
/// `runs` is pulled as workers become free and never collected. If `train` panics, the panic is caught and told as
/// [`Event::Failed`]. Once `stop` is set, no run is started, and those in flight end as soon as the engine sees it; the
/// time limit, a failure that is fatal or under `fail_fast`, and an error of `on` set it. An error of `runs` lets those before it finish.
/// Either error is returned.
pub fn execute<E: Send>(
    runs: impl Iterator<Item = Result<Run, E>> + Send,
    options: &Options,
    train: &Train,
    stop: &Stop,
    on: impl FnMut(Event) -> Result<(), E>,
) -> Result<Ended, E> {
    let source = source::Source::new(runs, options.max_runs);
    let jobs = options.jobs.max(1);
    let (sender, events) = sync_channel(GATHERED * jobs);
    let consumed = std::thread::scope(|scope| {
        for _ in 0..jobs {
            let (source, sender) = (&source, sender.clone());
            scope.spawn(move || worker::work(source, options, train, stop, &sender));
        }
        drop(sender);
        consume(events, options, stop, on)
    });
    let ended = consumed?;
    let exhausted = source.finish()?;
    Ok(match ended {
        Some(ended) => ended,
        None if stop.is_set() => Ended::Stopped,
        None if exhausted => Ended::Complete,
        None => Ended::MaxRuns,
    })
}

/// Hands events on until the workers are gone; `Some` if it was the consumer that set `stop`.
fn consume<E>(
    events: Receiver<Vec<Event>>,
    options: &Options,
    stop: &Stop,
    mut on: impl FnMut(Event) -> Result<(), E>,
) -> Result<Option<Ended>, E> {
    let began = Instant::now();
    let mut ended = None;
    let (mut stopped, mut overdue) = (None, false);
    let end = |ended: &mut Option<Ended>, reason| {
        if !stop.is_set() {
            *ended = Some(reason);
            stop.set();
        }
    };
    loop {
        let message = match events.try_recv().or_else(|_| nap_and_receive(&events)) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => vec![Event::Idle],
            Err(RecvTimeoutError::Disconnected) => return Ok(ended),
        };
        for event in message {
            if event.is_last(options) {
                end(&mut ended, Ended::Failed);
            }
            // Returning drops the receiver, so that no worker waits for room in the channel.
            on(event).inspect_err(|_| stop.set())?;
        }
        if options.time_limit.is_some_and(|limit| began.elapsed() >= limit) {
            end(&mut ended, Ended::TimeLimit);
        }
        if stop.is_set() && ended.is_none() && !overdue {
            overdue = stopped.get_or_insert_with(Instant::now).elapsed() >= PATIENCE;
            if overdue {
                on(Event::Overdue)?;
            }
        }
    }
}

fn nap_and_receive(events: &Receiver<Vec<Event>>) -> Result<Vec<Event>, RecvTimeoutError> {
    std::thread::sleep(NAP);
    events.recv_timeout(TICK)
}
