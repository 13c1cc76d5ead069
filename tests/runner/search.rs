//! A strategy decides the same whatever the threads, the order of endings and the interruptions; the grid asks once.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use crate::support::{Seeds, cases, outcome, record, run};
use proptest::prelude::{Strategy as _, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use tallow::engine::{Device, DeviceError, Failure, Outcome, Room, Status, Stop};
use tallow::exec::{Census, Ended, Event, Options};
use tallow::plan::{Filter, Partition, Plan, Ranks, Run, RunId};
use tallow::search::{Grid, Part, Ranked, Recorder, Retrain, Strategy, Survey, Sweep, Told};
use tallow::spec::{Experiment, RunConfig};
use tallow::store::{Record, Store, StoreError};

/// Runs in the first rung of [`Half`].
const RUNS: u64 = 30;

/// Trains all runs for a third of their epochs, then the better half for all of them.
#[derive(Default)]
struct Half {
    /// The seeds of the better half, once that is known.
    better: Option<BTreeSet<u64>>,
}

impl Strategy for Half {
    fn runs(&self) -> Ranked<'_> {
        let asked_for = |seed: &u64| self.better.as_ref().is_none_or(|better| better.contains(seed));
        Box::new((0..RUNS).filter(asked_for).map(|seed| (seed, self.run(seed))))
    }

    fn run(&self, rank: u64) -> Run {
        let mut config = run(rank).config;
        if self.better.is_none() {
            config.epochs /= 3;
        }
        Run::new(config)
    }

    fn next(&mut self, told: &Told) -> Result<bool, StoreError> {
        if self.better.is_some() {
            return Ok(false);
        }
        let scored = self.runs().map(|(seed, run)| Ok((score(&told.outcome(&run.id)?), run.id, seed)));
        let mut scored = scored.collect::<Result<Vec<(i64, RunId, u64)>, StoreError>>()?;
        scored.sort();
        self.better = Some(scored[..scored.len() / 2].iter().map(|(.., seed)| *seed).collect());
        Ok(true)
    }
}

/// The loss in halves, so that many are equal and their identities decide.
fn score(outcome: &Outcome) -> i64 {
    match outcome.status {
        Status::Done => (outcome.measures["train_loss"] * 2.0) as i64,
        Status::Diverged { .. } => i64::MAX,
    }
}

fn mock(cohort: &[RunConfig]) -> Vec<Result<Outcome, Failure>> {
    cohort.iter().map(|config| Ok(outcome(config.seed, config.epochs / 20))).collect()
}

/// A run that holds out rows for validation, evaluated every so many epochs.
fn watched(every: usize) -> Run {
    let mut config = RunConfig { epochs: 10, ..run(3).config };
    (config.dataset.sampling.points, config.dataset.sampling.validation) = (200, 0.2);
    config.evaluate.every = every;
    Run::new(config)
}

/// One run.
struct One(Run);

impl Strategy for One {
    fn runs(&self) -> Ranked<'_> {
        Box::new(std::iter::once((0, self.0.clone())))
    }

    fn run(&self, _: u64) -> Run {
        self.0.clone()
    }

    fn next(&mut self, _: &Told) -> Result<bool, StoreError> {
        Ok(false)
    }
}

#[test]
fn a_stored_run_that_lacks_a_series_asked_for_counts_as_new_and_is_completed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let device = Device::open("cpu").expect("the CPU");
    let train = |cohort: &[RunConfig]| tallow::engine::train(cohort, &Default::default(), &device, &Stop::default());
    // Asked for every fifth epoch, every third, every fifteenth, none; and then all.
    for (every, is_new) in
        [(5, true), (5, false), (3, true), (15, false), (11, false), (6, false), (1, true), (2, false)]
    {
        let store = Store::read_or_empty(&path).expect("reads");
        let survey = Survey::take(&One(watched(every)), &store, Retrain::Nothing, |_, _, _| Ok::<_, StoreError>(()));
        assert_eq!(survey.expect("reads").census.new_runs() == 1, is_new, "every {every}");
        drop(store);
        sweep(&path, &mut One(watched(every)), Options::default(), &train, &Stop::default(), |_| Ok(()))
            .expect("a sweep");
        let store = Store::read(&path).expect("reads");
        assert_eq!(store.len().expect("counts"), 1, "it is the same run");
        let series = &store.outcome(&watched(1).id).expect("reads").expect("stored").series["validation_loss"];
        assert!(series.len() == 10 && series.iter().enumerate().all(|(i, x)| !x.is_nan() || (i + 1) % every != 0));
    }
    let whole = train(&[watched(1).config]).pop().expect("one").expect("an outcome");
    assert_eq!(Store::read(&path).expect("reads").outcome(&watched(1).id).expect("reads"), Some(whole));
}

/// What [`Half`] is to train in its second rung, by another way.
fn better_half() -> BTreeSet<u64> {
    let third = |seed: u64| Run::new(RunConfig { epochs: 200 / 3, ..run(seed).config });
    let mut all: Vec<(i64, [u8; 16], u64)> =
        (0..RUNS).map(|seed| (score(&outcome(seed, 3)), third(seed).id.0, seed)).collect();
    all.sort();
    all[..15].iter().map(|(.., seed)| *seed).collect()
}

/// A test ended the sweep as `kill -9` does: what is not committed is lost.
#[derive(Debug)]
struct Killed;

impl From<StoreError> for Killed {
    fn from(error: StoreError) -> Self {
        panic!("{error}")
    }
}

impl From<DeviceError> for Killed {
    fn from(error: DeviceError) -> Self {
        panic!("{error}")
    }
}

type Train<'a> = dyn Fn(&[RunConfig]) -> Vec<Result<Outcome, Failure>> + Sync + 'a;

/// A sweep as a process of its own makes it: nothing is known but what is in the store.
fn sweep(
    path: &Path,
    strategy: &mut dyn Strategy,
    options: Options,
    train: &Train,
    stop: &Stop,
    on: impl FnMut(&Event) -> Result<(), Killed>,
) -> Result<Ended, Killed> {
    let store = Store::read_or_empty(path)?;
    let mut recorder = Recorder::new(store, "test".into(), Retrain::Nothing, record(0, 0).provenance);
    let device = Device::open("cpu").expect("the CPU");
    let ended = Sweep { strategy, recorder: &mut recorder, options, room: Room::on(&device) }.run(train, stop, on)?;
    recorder.finish()?;
    Ok(ended)
}

fn stored(path: &Path) -> Vec<(u64, usize)> {
    let mut runs = Vec::new();
    let visit = |record: Record| {
        let number = |key: &str| record.description.get(key).and_then(tallow::param::Value::as_f64).expect("a number");
        runs.push((number("seed") as u64, number("epochs") as usize));
        Ok::<_, StoreError>(())
    };
    Store::read_or_empty(path).and_then(|store| store.visit(visit)).expect("reads");
    runs.sort_unstable();
    runs
}

/// All for a third of their epochs, and the better half for all.
fn expected() -> Vec<(u64, usize)> {
    let mut runs: Vec<(u64, usize)> = (0..RUNS).map(|seed| (seed, 66)).collect();
    runs.extend(better_half().into_iter().map(|seed| (seed, 200)));
    runs.sort_unstable();
    runs
}

/// How one attempt at a sweep ends before its time: when so many runs have finished.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// A signal.
    Stop(u64),
    /// `kill -9`: what is not committed is lost.
    Kill(u64),
    /// `--max-runs`.
    MaxRuns(u64),
}

fn cuts() -> impl proptest::strategy::Strategy<Value = Vec<Cut>> {
    let cut = prop_oneof![
        (0..50_u64).prop_map(Cut::Stop),
        (0..50_u64).prop_map(Cut::Kill),
        (0..50_u64).prop_map(Cut::MaxRuns),
    ];
    prop::collection::vec(cut, 0..4)
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_strategy_picks_the_same_runs_at_any_number_of_threads_in_any_order_and_after_any_interruption(
        jobs in prop::sample::select(vec![1_usize, 2, 4]),
        delays in prop::collection::vec(0..400_u64, RUNS as usize),
        cuts in cuts(),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let begun = Mutex::new(Vec::new());
        let slowly = |cohort: &[RunConfig]| {
            begun.lock().expect("nobody panics").extend(cohort.iter().map(|config| (config.seed, config.epochs)));
            std::thread::sleep(Duration::from_micros(delays[cohort[0].seed as usize]));
            mock(cohort)
        };
        for cut in cuts {
            let before = stored(&path);
            begun.lock().expect("nobody panics").clear();
            let (stop, finished) = (Stop::default(), Cell::new(0));
            let max_runs = if let Cut::MaxRuns(most) = cut { Some(most) } else { None };
            let options = Options { jobs, max_runs, ..Options::default() };
            let ended = sweep(&path, &mut Half::default(), options, &slowly, &stop, |event| {
                finished.set(finished.get() + u64::from(matches!(event, Event::Finished { .. })));
                match cut {
                    Cut::Stop(after) if finished.get() >= after => stop.set(),
                    Cut::Kill(after) if finished.get() >= after => return Err(Killed),
                    _ => {}
                }
                Ok(())
            });
            let fits = match (&ended, cut) {
                (Ok(Ended::Complete), _) => stored(&path) == expected(),
                (Ok(Ended::Stopped), Cut::Stop(_)) | (Err(Killed), Cut::Kill(_)) => true,
                (Ok(Ended::MaxRuns), Cut::MaxRuns(most)) => finished.get() == most,
                _ => false,
            };
            prop_assert!(fits, "{:?} after {:?}", ended, cut);
            let begun = begun.lock().expect("nobody panics");
            prop_assert!(begun.iter().all(|run| !before.contains(run)), "trained though stored");
            prop_assert!(begun.iter().all(|run| expected().contains(run)), "{:?} begun", begun);
        }
        let options = Options { jobs, ..Options::default() };
        let ended = sweep(&path, &mut Half::default(), options, &slowly, &Stop::default(), |_| Ok(()));
        prop_assert_eq!(ended.expect("sweeps"), Ended::Complete);
        prop_assert_eq!(stored(&path), expected());
    }
}

#[test]
fn each_rung_is_told_from_its_beginning_to_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let tell = || {
        let mut told = Vec::new();
        let ended = sweep(&path, &mut Half::default(), Options::default(), &mock, &Stop::default(), |event| {
            match event {
                Event::SweepStarted { census, expected } => told.push((census.total, census.cached(), *expected)),
                Event::SweepEnded(ended) => assert_eq!(*ended, Ended::Complete),
                _ => {}
            }
            Ok(())
        });
        assert_eq!(ended.expect("sweeps"), Ended::Complete);
        told
    };
    assert_eq!(tell(), [(30, 0, 30), (15, 0, 15)]);
    assert_eq!(tell(), [(30, 30, 0), (15, 15, 0)], "what is stored is told instead of trained");
}

#[test]
fn nothing_follows_from_a_rung_in_which_a_run_failed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let unlucky = |cohort: &[RunConfig]| {
        assert!(cohort[0].seed != 7, "unlucky");
        mock(cohort)
    };
    let ended = sweep(&path, &mut Half::default(), Options::default(), &unlucky, &Stop::default(), |_| Ok(()));
    assert_eq!(ended.expect("sweeps"), Ended::Complete);
    assert_eq!(stored(&path), (0..RUNS).filter(|seed| *seed != 7).map(|seed| (seed, 66)).collect::<Vec<_>>());
    let ended = sweep(&path, &mut Half::default(), Options::default(), &mock, &Stop::default(), |_| Ok(()));
    assert_eq!(ended.expect("sweeps"), Ended::Complete);
    assert_eq!(stored(&path), expected(), "once it is trained, the search goes on");
}

#[test]
fn the_runs_that_a_store_lacks_are_found_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let known: Vec<Record> = (0..2000).filter(|seed| seed % 3 == 0).map(|seed| record(seed, 5)).collect();
    Store::open(&path, "test").and_then(|mut store| store.append(&known)).expect("appends");
    let store = Store::read(&path).expect("opens");
    let survey = |retrain| {
        let mut seen = 0;
        let survey = Survey::take(&Seeds(0..2000), &store, retrain, |rank, run, _| {
            assert_eq!((rank, run.config.seed), (seen, seen));
            seen += 1;
            Ok::<_, StoreError>(())
        });
        let Survey { census, lacking } = survey.expect("reads");
        assert_eq!((seen, census.total, census.new_runs()), (2000, 2000, lacking.len()));
        lacking.iter().collect::<Vec<u64>>()
    };
    let without = |known: &dyn Fn(u64) -> bool| (0..2000).filter(|seed| !known(*seed)).collect::<Vec<u64>>();
    assert_eq!(survey(Retrain::Nothing), without(&|seed| seed % 3 == 0));
    // Every eighth of the records has diverged.
    assert_eq!(survey(Retrain::Diverged), without(&|seed| seed % 3 == 0 && seed % 8 != 7));
    assert_eq!(survey(Retrain::All), without(&|_| false));
}

fn plan() -> Plan {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("grid.toml");
    let text =
        "seeds = 5\n[train]\ndataset = 'xor'\n[grid]\noptimizer = ['adam', 'sgd']\nlearning_rate = [0.1, 0.01]\n";
    std::fs::write(&file, text).expect("writes");
    Plan::new(&Experiment::load(&file, &[]).expect("sound")).expect("a plan")
}

#[test]
fn the_parts_of_a_grid_are_its_runs_each_once() {
    let plan = plan();
    for only in ["", "optimizer=sgd"] {
        let filter =
            if only.is_empty() { Filter::default() } else { Filter::parse(only, &["optimizer"]).expect("a key") };
        let whole: Vec<(u64, Run)> = Grid::new(&plan, &filter, Part::Whole).runs().collect();
        assert_eq!(whole.len(), if only.is_empty() { 20 } else { 10 });
        for by in ["", "hash:"] {
            let part = |k: u64| Partition::parse(&format!("{by}{k}/3")).expect("a part");
            let grids = (1..=3).map(|k| Grid::new(&plan, &filter, Part::Equal(part(k))));
            let mut parts: Vec<(u64, Run)> = grids.flat_map(Grid::into_runs).collect();
            parts.sort_by_key(|(rank, _)| *rank);
            assert_eq!(parts, whole);
        }
        assert!(whole.iter().all(|(rank, run)| plan.run(*rank) == *run));
    }
}

#[test]
fn a_slice_of_a_grid_is_the_runs_of_its_ranks() {
    let (plan, filter) = (plan(), Filter::default());
    let mut ranks = Ranks::default();
    [2..5, 5..6, 19..20].into_iter().for_each(|range| ranks.push(range));
    let slice = Grid::new(&plan, &filter, Part::Slice(&ranks));
    assert_eq!(slice.runs().map(|(rank, _)| rank).collect::<Vec<_>>(), [2, 3, 4, 5, 19]);
    assert_eq!(slice.count(), None);
}

#[test]
fn a_grid_of_which_nothing_is_stored_is_counted_without_a_look() {
    let (plan, filter) = (plan(), Filter::default());
    let grid = Grid::new(&plan, &filter, Part::Whole);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let counted = |grid: &Grid| {
        let store = Store::read_or_empty(&path).expect("reads");
        Survey::of_nothing_stored(grid, &store).expect("reads")
    };
    let survey = counted(&grid).expect("nothing is stored");
    let looked = Survey::take(&grid, &Store::read_or_empty(&path).expect("reads"), Retrain::Nothing, |_, _, _| {
        Ok::<_, StoreError>(())
    });
    assert_eq!(survey, looked.expect("reads"));
    assert_eq!(survey.census, Census::of_new(20));
    let some = Filter::parse("optimizer=sgd", &["optimizer"]).expect("a key");
    assert_eq!(counted(&Grid::new(&plan, &some, Part::Whole)), None, "who is left by a filter takes a look");
    Store::open(&path, "test").and_then(|mut store| store.append(&[record(0, 1)])).expect("appends");
    assert_eq!(counted(&grid), None, "something is stored");
}
