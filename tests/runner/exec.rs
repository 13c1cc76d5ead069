//! Every run is trained once whatever the threads do, and nothing but a stop keeps the others from it.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::support::{outcome, run};
use tallow::engine::{DeviceError, Failure, Outcome, Stop};
use tallow::exec::{Census, Ended, Event, Options, execute};
use tallow::plan::Run;
use tallow::spec::RunConfig;

type Results = Vec<Result<Outcome, Failure>>;

/// More runs than any test trains.
const ENDLESS: Census = Census { total: u64::MAX, done: 0, diverged: 0 };

fn mock(cohort: &[RunConfig]) -> Results {
    cohort.iter().map(|config| Ok(outcome(config.seed, 3))).collect()
}

/// Trains the runs of these seeds; what finished and what failed, by seed.
fn sweep(seeds: std::ops::Range<u64>, options: &Options, train: &(dyn Fn(&[RunConfig]) -> Results + Sync)) -> Told {
    let mut told = Told::default();
    let census = Census::of_new(seeds.end - seeds.start);
    let ended = execute(seeds.map(run), census, options, train, &Stop::default(), |event| told.take(event));
    assert_eq!(Ok(told.ended.expect("told")), ended);
    told
}

#[derive(Default)]
struct Told {
    /// Runs that were to be trained, once that is said.
    expected: Option<u64>,
    started: u64,
    finished: BTreeMap<u64, Vec<Outcome>>,
    failed: BTreeMap<u64, Vec<String>>,
    ended: Option<Ended>,
}

impl Told {
    fn take(&mut self, event: &Event) -> Result<(), Infallible> {
        assert_eq!(self.expected.is_none(), matches!(event, Event::SweepStarted { .. }), "begins once, and first");
        assert_eq!(self.ended, None, "{event:?} after the end");
        match event {
            Event::SweepStarted { expected, .. } => self.expected = Some(*expected),
            Event::Started(_) => self.started += 1,
            Event::Finished { run, outcome, seconds, .. } => {
                assert!(*seconds >= 0.0);
                self.finished.entry(run.config.seed).or_default().push(outcome.clone());
            }
            Event::Failed { run, message, .. } => {
                self.failed.entry(run.config.seed).or_default().push(message.clone());
            }
            Event::FewerThreads(_) | Event::Idle | Event::Overdue => {}
            Event::SweepEnded(ended) => self.ended = Some(*ended),
        }
        Ok(())
    }
}

fn jobs(jobs: usize) -> Options<'static> {
    Options { jobs, ..Options::default() }
}

/// Shows a NaN as itself.
fn shown(outcomes: &BTreeMap<u64, Vec<Outcome>>) -> String {
    format!("{outcomes:?}")
}

#[test]
fn every_run_is_trained_once_and_outcomes_depend_on_no_thread_or_cohort() {
    let alone = sweep(0..300, &jobs(1), &mock);
    assert_eq!(alone.ended, Some(Ended::Complete));
    assert_eq!(alone.finished.len(), 300);
    assert!(alone.finished.iter().all(|(&seed, got)| shown(&BTreeMap::from([(seed, got.clone())]))
        == shown(&BTreeMap::from([(seed, vec![outcome(seed, 3)])]))));
    for (jobs, cohort) in [(2, 1), (7, 1), (0, 1), (3, 64)] {
        let together = sweep(0..300, &Options { jobs, cohort: &|_| cohort, ..Options::default() }, &mock);
        assert_eq!(shown(&together.finished), shown(&alone.finished));
        assert_eq!((together.started, together.failed.len()), (300, 0));
    }
}

#[test]
fn no_runs_are_no_work() {
    assert_eq!(sweep(0..0, &jobs(4), &mock).ended, Some(Ended::Complete));
}

#[test]
fn a_cohort_holds_runs_of_equal_shape() {
    let widen = |seed: u64| {
        let mut config = run(seed).config;
        config.hidden = vec![if seed % 10 < 7 { 6 } else { 9 }];
        config.learning_rate = seed as f64 + 1.0;
        Run::new(config)
    };
    let (largest, cohorts) = (AtomicU64::new(0), AtomicU64::new(0));
    let train = |cohort: &[RunConfig]| {
        cohorts.fetch_add(1, Ordering::Relaxed);
        assert!(cohort.iter().all(|config| config.hidden == cohort[0].hidden), "mixed shapes");
        largest.fetch_max(cohort.len() as u64, Ordering::Relaxed);
        mock(cohort)
    };
    let mut told = Told::default();
    let options = Options { jobs: 2, cohort: &|_| 5, ..Options::default() };
    let (census, stop) = (Census::of_new(100), Stop::default());
    let ended = execute((0..100).map(widen), census, &options, &train, &stop, |event| told.take(event));
    assert_eq!(ended, Ok(Ended::Complete));
    assert_eq!((told.finished.len(), told.failed.len()), (100, 0));
    // Runs of equal shape that lie apart come together: 70 of one and 30 of the other.
    assert_eq!((largest.into_inner(), cohorts.into_inner()), (5, 20));
}

#[test]
fn a_run_that_panics_fails_alone_with_its_message() {
    for cohort in [1, 8] {
        let train = |cohort: &[RunConfig]| {
            for config in cohort {
                assert!(config.seed % 10 != 3, "seed {} is unlucky", config.seed);
            }
            mock(cohort)
        };
        let told = sweep(0..100, &Options { jobs: 3, cohort: &|_| cohort, ..Options::default() }, &train);
        assert_eq!(told.ended, Some(Ended::Complete));
        assert_eq!(told.finished.len(), 90);
        assert_eq!(told.failed.keys().copied().collect::<Vec<_>>(), (3..100).step_by(10).collect::<Vec<_>>());
        let [message] = &told.failed[&13][..] else { panic!("told once") };
        assert!(message.starts_with("panicked: seed 13 is unlucky (tests/runner/exec.rs:"), "{message}");
    }
}

/// Not a test of its own: what it prints is looked at by another.
#[test]
#[ignore = "started by a_panic_prints_nothing"]
fn panic_in_a_worker() {
    let told = sweep(0..3, &jobs(2), &|_| panic!("loud"));
    assert_eq!(told.failed.len(), 3);
}

#[test]
fn a_panic_prints_nothing() {
    let child = crate::again::command(module_path!(), "panic_in_a_worker").output().expect("starts");
    assert!(child.status.success());
    assert_eq!(String::from_utf8_lossy(&child.stderr), "");
}

#[test]
fn an_engine_that_returns_too_little_fails_the_rest() {
    let told = sweep(0..4, &Options { cohort: &|_| 4, ..Options::default() }, &|cohort| mock(&cohort[..3]));
    assert_eq!(told.finished.len(), 3);
    assert_eq!(told.failed.into_iter().collect::<Vec<_>>(), [(3, vec!["the engine returned no result".to_owned()])]);
}

#[test]
fn a_stop_ends_the_sweep_and_drops_what_is_in_flight() {
    let stop = Stop::default();
    let train = |cohort: &[RunConfig]| {
        if cohort[0].seed < 10 {
            return mock(cohort);
        }
        // An engine that trains for ever, looking at the stop now and then.
        while !stop.is_set() {
            std::thread::sleep(Duration::from_millis(1));
        }
        vec![Err(Failure::Stopped)]
    };
    let mut told = Told::default();
    let ended = execute((0..1000).map(run), Census::of_new(1000), &jobs(3), &train, &stop, |event| {
        told.take(event)?;
        if told.finished.len() == 10 {
            stop.set();
        }
        Ok::<_, Infallible>(())
    });
    assert_eq!(ended, Ok(Ended::Stopped));
    assert_eq!((told.finished.len(), told.failed.len()), (10, 0));
    assert!(told.started <= 13);
}

#[test]
fn fail_fast_ends_at_the_first_failure() {
    let train = |cohort: &[RunConfig]| match cohort[0].seed {
        5 => vec![Err(Failure::Data(tallow::dataset::DataError::Read {
            at: "path",
            path: "points.csv".into(),
            source: std::io::ErrorKind::NotFound.into(),
        }))],
        _ => {
            std::thread::sleep(Duration::from_millis(1));
            mock(cohort)
        }
    };
    let told = sweep(0..100_000, &Options { jobs: 2, fail_fast: true, ..Options::default() }, &train);
    assert_eq!(told.ended, Some(Ended::Failed));
    assert!(told.failed[&5][0].contains("points.csv"), "{:?}", told.failed);
    assert!(told.started < 100, "{} runs were started", told.started);
}

#[test]
fn a_lost_device_ends_the_sweep_though_failures_are_allowed() {
    for cohort in [1, 4] {
        let train = |cohort: &[RunConfig]| -> Results {
            if cohort.iter().all(|config| config.seed < 20) {
                std::thread::sleep(Duration::from_millis(1));
                return mock(cohort);
            }
            // One says why, the others are dropped.
            let lost = DeviceError::Lost { device: "cuda:0".into(), reason: "fallen off the bus".into() };
            let dropped = cohort[1..].iter().map(|_| Err(Failure::Stopped));
            std::iter::once(Err(lost.into())).chain(dropped).collect()
        };
        let told = sweep(0..10_000, &Options { jobs: 1, cohort: &|_| cohort, ..Options::default() }, &train);
        assert_eq!(told.ended, Some(Ended::Failed));
        let messages: Vec<&String> = told.failed.values().flatten().collect();
        let [message] = &messages[..] else { panic!("told once: {messages:?}") };
        assert!(message.starts_with("cuda:0 failed: fallen off the bus; finished runs are kept"), "{message}");
        assert_eq!(told.finished.len(), 20);
    }
}

#[test]
fn as_many_runs_as_allowed_are_started() {
    let limited = |most| Options { jobs: 3, max_runs: Some(most), ..Options::default() };
    for (most, finished, ended) in
        [(0, 0, Ended::MaxRuns), (7, 7, Ended::MaxRuns), (20, 20, Ended::Complete), (99, 20, Ended::Complete)]
    {
        let told = sweep(0..20, &limited(most), &mock);
        assert_eq!((told.finished.len(), told.ended), (finished, Some(ended)));
        assert_eq!(told.expected, Some(finished as u64));
    }
}

#[test]
fn a_time_limit_stops_an_endless_sweep() {
    let began = Instant::now();
    let limit = Duration::from_millis(120);
    let train = |cohort: &[RunConfig]| {
        std::thread::sleep(Duration::from_millis(1));
        mock(cohort)
    };
    let told = sweep(0..u64::MAX, &Options { jobs: 2, time_limit: Some(limit), ..Options::default() }, &train);
    assert_eq!(told.ended, Some(Ended::TimeLimit));
    assert!(!told.finished.is_empty() && began.elapsed() >= limit);
}

#[test]
fn while_nothing_happens_the_consumer_is_called() {
    let mut idle = 0;
    let stop = Stop::default();
    let train = |cohort: &[RunConfig]| {
        while !stop.is_set() {
            std::thread::sleep(Duration::from_millis(1));
        }
        mock(cohort)
    };
    let ended = execute(std::iter::once(run(0)), Census::of_new(1), &jobs(1), &train, &stop, |event| {
        if let Event::Idle = event {
            idle += 1;
            if idle == 3 {
                stop.set();
            }
        }
        Ok::<_, Infallible>(())
    });
    assert_eq!(ended, Ok(Ended::Stopped));
}

#[test]
fn an_error_of_the_consumer_ends_the_sweep_and_is_returned() {
    let mut finished = 0;
    let stop = Stop::default();
    let ended = execute((0..).map(run), ENDLESS, &jobs(3), &mock, &stop, |event| {
        finished += u64::from(matches!(event, Event::Finished { .. }));
        if finished < 20 { Ok(()) } else { Err("disk full") }
    });
    assert_eq!(ended, Err("disk full"));
    assert!(stop.is_set());
}

#[test]
fn a_sweep_whose_last_runs_end_as_its_time_does_is_complete() {
    let late = |cohort: &[RunConfig]| {
        std::thread::sleep(Duration::from_millis(20));
        mock(cohort)
    };
    let limit = Some(Duration::from_millis(1));
    // Both are begun in time, and neither heeds the stop that comes with the limit.
    let told = sweep(0..2, &Options { jobs: 2, time_limit: limit, ..Options::default() }, &late);
    assert_eq!((told.finished.len(), told.ended), (2, Some(Ended::Complete)));
    let told = sweep(0..9, &Options { jobs: 2, time_limit: limit, ..Options::default() }, &late);
    assert!(told.finished.len() < 9 && told.ended == Some(Ended::TimeLimit), "others are left");
    let heeds = |_: &[RunConfig]| {
        std::thread::sleep(Duration::from_millis(20));
        vec![Err(Failure::Stopped)]
    };
    let told = sweep(0..2, &Options { jobs: 2, time_limit: limit, ..Options::default() }, &heeds);
    assert_eq!((told.finished.len(), told.ended), (0, Some(Ended::TimeLimit)), "both were dropped");
}

#[test]
fn runs_are_pulled_only_as_fast_as_they_are_consumed() {
    let template = run(0);
    let (pulled, mut consumed, mut most) = (AtomicU64::new(0), 0, 0);
    let lazily = std::iter::repeat_with(|| {
        pulled.fetch_add(1, Ordering::Relaxed);
        template.clone()
    });
    let instantly = |cohort: &[RunConfig]| cohort.iter().map(|_| Ok(outcome(0, 0))).collect();
    let (census, stop) = (Census::of_new(50_000), Stop::default());
    let ended = execute(lazily.take(50_000), census, &jobs(4), &instantly, &stop, |event| {
        if matches!(event, Event::Finished { .. }) {
            consumed += 1;
            most = most.max(pulled.load(Ordering::Relaxed) - consumed);
        }
        if consumed % 10_000 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok::<_, Infallible>(())
    });
    assert_eq!((ended, consumed), (Ok(Ended::Complete), 50_000));
    assert!(most <= 4 * 130, "{most} runs were alive at once");
}

#[test]
fn few_outcomes_of_large_networks_wait_for_a_slow_consumer() {
    let trained = AtomicU64::new(0);
    let train = |cohort: &[RunConfig]| -> Results {
        let large = |config: &RunConfig| {
            let mut outcome = outcome(config.seed, 1);
            outcome.layers[0].weight = vec![0.0; 1 << 20];
            trained.fetch_add(1, Ordering::SeqCst);
            Ok(outcome)
        };
        cohort.iter().map(large).collect()
    };
    let (mut finished, mut most) = (0, 0);
    let ended = execute((0..60).map(run), Census::of_new(60), &jobs(2), &train, &Stop::default(), |event| {
        if matches!(event, Event::Finished { .. }) {
            std::thread::sleep(Duration::from_millis(3));
            most = most.max(trained.load(Ordering::SeqCst) - finished);
            finished += 1;
        }
        Ok::<_, Infallible>(())
    });
    assert_eq!((ended, finished), (Ok(Ended::Complete), 60));
    // Two of 4 MiB wait, and each of two workers has one more.
    assert!(most <= 4, "{most}");
}

#[test]
fn a_consumer_that_gives_up_leaves_no_worker_waiting() {
    let train = |cohort: &[RunConfig]| -> Results {
        let large = |config: &RunConfig| {
            let mut outcome = outcome(config.seed, 1);
            outcome.layers[0].weight = vec![0.0; 4 << 20];
            Ok(outcome)
        };
        cohort.iter().map(large).collect()
    };
    let ended = execute((0..60).map(run), Census::of_new(60), &jobs(3), &train, &Stop::default(), |event| {
        std::thread::sleep(Duration::from_millis(3));
        if matches!(event, Event::Finished { .. }) { Err("no more") } else { Ok(()) }
    });
    assert_eq!(ended, Err("no more"));
}
