//! Trains many runs on several threads and hands what happens to one consumer.
//!
//! Workers pull runs lazily, train and send events over a bounded channel; they share no other state, print nothing and
//! know no store. All that keeps, counts or shows runs listens to that one stream, on the caller's thread. Which worker
//! trains what, and in which order runs end, depends on the machine; no outcome does.

mod event;
mod isolate;
mod signals;
mod source;
mod waiting;
mod worker;

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use crate::engine::{Failure, Outcome, Stop};
use crate::plan::Run;
use crate::spec::RunConfig;
use waiting::Waiting;

pub use event::{Census, Ended, Event};
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
    /// Told by each worker, by its number, which runs it is about to train.
    pub begin: &'a (dyn Fn(usize, &[Run]) + Sync),
}

/// One run at a time on one thread, without limits.
impl Default for Options<'_> {
    fn default() -> Self {
        Self { jobs: 1, cohort: &|_| 1, fail_fast: false, max_runs: None, time_limit: None, begin: &|_, _| {} }
    }
}

/// Trains every run once and tells `on`, on the calling thread, what happens, until all is done or something ends the sweep.
///
/// `runs` are those that are new by `census`; they are pulled as workers become free and never collected. If `train`
/// panics, the panic is caught and told as [`Event::Failed`]. Once `stop` is set, no run is started, and those in flight end
/// as soon as the engine sees it; the time limit, a failure that is fatal or under `fail_fast`, and an error of `on` set it.
///
/// # Errors
/// The first of `on`, which ends the sweep: no event follows it.
pub fn execute<E>(
    runs: impl Iterator<Item = Run> + Send,
    census: Census,
    options: &Options,
    train: &Train,
    stop: &Stop,
    mut on: impl FnMut(&Event) -> Result<(), E>,
) -> Result<Ended, E> {
    let (new, most) = (census.new_runs(), options.max_runs.unwrap_or(u64::MAX));
    on(&Event::SweepStarted { census, expected: new.min(most) })?;
    let source = source::Source::new(runs, most);
    // More threads than runs would have nothing to do.
    let jobs = options.jobs.max(1).min(usize::try_from(new).unwrap_or(usize::MAX));
    let (sender, events) = sync_channel(GATHERED * jobs.max(1));
    let waiting = Waiting::default();
    let mut consumer = Consumer { options, stop, began: Instant::now(), ended: None, in_flight: 0 };
    std::thread::scope(|scope| {
        let mut threads = 0;
        for worker in 0..jobs {
            let (source, waiting, sender) = (&source, &waiting, sender.clone());
            let tell = move |told: Vec<Event>| {
                waiting.enter(&told);
                sender.send(told).is_ok()
            };
            let work = move || worker::work(worker, source, options, train, stop, tell);
            // Refused beyond a limit on processes: those that there are do all of the work.
            let Ok(_) = std::thread::Builder::new().spawn_scoped(scope, work) else { break };
            threads += 1;
        }
        drop(sender);
        if threads < jobs {
            on(&Event::FewerThreads(threads))?;
        }
        if threads > 0 {
            let result = consumer.consume(events, &waiting, &mut on);
            waiting.end();
            return result;
        }
        let mut result = Ok(());
        if jobs > 0 {
            worker::work(0, &source, options, train, stop, |told| {
                result = consumer.hear(&told, &mut on);
                result.is_ok()
            });
        }
        result
    })?;
    let all_handed_out = source.finish();
    let ended = match consumer.ended {
        // The last runs may end just as their time does.
        Some(Ended::TimeLimit) if all_handed_out && consumer.in_flight == 0 => Ended::Complete,
        Some(ended) => ended,
        None if stop.is_set() => Ended::Stopped,
        None if all_handed_out => Ended::Complete,
        None => Ended::MaxRuns,
    };
    on(&Event::SweepEnded(ended))?;
    Ok(ended)
}

/// Hands events on until the workers are gone.
struct Consumer<'a> {
    options: &'a Options<'a>,
    stop: &'a Stop,
    began: Instant,
    /// Why the sweep ends, if it was the consumer that set `stop`.
    ended: Option<Ended>,
    /// Runs started that have neither finished nor failed; in the end, those dropped.
    in_flight: u64,
}

impl Consumer<'_> {
    fn consume<E>(
        &mut self,
        events: Receiver<Vec<Event>>,
        waiting: &Waiting,
        on: &mut impl FnMut(&Event) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut stopped, mut overdue) = (None, false);
        loop {
            let message = match events.try_recv().or_else(|_| nap_and_receive(&events)) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => vec![Event::Idle],
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            };
            // Returning drops the receiver, so that no worker waits for room in the channel.
            self.hear(&message, on)?;
            waiting.leave(message);
            if self.stop.is_set() && self.ended.is_none() && !overdue {
                overdue = stopped.get_or_insert_with(Instant::now).elapsed() >= PATIENCE;
                if overdue {
                    on(&Event::Overdue)?;
                }
            }
        }
    }

    fn hear<E>(&mut self, message: &[Event], on: &mut impl FnMut(&Event) -> Result<(), E>) -> Result<(), E> {
        for event in message {
            self.take(event);
            on(event).inspect_err(|_| self.stop.set())?;
        }
        if self.options.time_limit.is_some_and(|limit| self.began.elapsed() >= limit) {
            self.end(Ended::TimeLimit);
        }
        Ok(())
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Started(_) => self.in_flight += 1,
            Event::Finished { .. } | Event::Failed { .. } => self.in_flight -= 1,
            _ => {}
        }
        if event.is_last(self.options) {
            self.end(Ended::Failed);
        }
    }

    fn end(&mut self, reason: Ended) {
        if !self.stop.is_set() {
            self.ended = Some(reason);
            self.stop.set();
        }
    }
}

fn nap_and_receive(events: &Receiver<Vec<Event>>) -> Result<Vec<Event>, RecvTimeoutError> {
    std::thread::sleep(NAP);
    events.recv_timeout(TICK)
}
