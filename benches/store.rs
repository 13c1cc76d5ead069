//! What the runner costs beside training: `cargo bench --bench store [-- RUNS]`, 100,000 runs unless told.

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "support/clock.rs"]
mod clock;

use std::convert::Infallible;
use std::path::Path;
use std::time::Instant;

use support::{outcome, record, run};
use tallow::engine::Stop;
use tallow::exec::{Census, Event, Options, execute};
use tallow::plan::RunId;
use tallow::store::{Record, Store, StoreError, Writer, check, merge};

const EPOCHS: usize = 200;

/// Identities looked up beside those stored.
const PLANNED: u64 = 1_000_000;

fn main() -> Result<(), StoreError> {
    let runs: u64 = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    println!("{runs} runs of {EPOCHS} epochs, 2 histories and 25 weights each\n");

    dispatch(1);
    dispatch(2);
    append(&path, runs)?;
    look_up(&path, runs)?;

    let read = timed("read and verify every row", runs, || {
        let mut rows = 0;
        Store::read(&path)?.visit(|_| {
            rows += 1;
            Ok::<_, StoreError>(())
        })?;
        Ok(rows)
    })?;
    assert_eq!(read, runs);
    timed("check (structure and every row)", runs, || check(&path))?;
    timed("digest", runs, || Store::read(&path)?.digest())?;
    let into = folder.path().join("into.db");
    timed("merge into a new store", runs, || merge(std::slice::from_ref(&path), &into))?;
    merge_many(folder.path(), 1000, runs / 1000)
}

/// Unites the stores of many partitions.
fn merge_many(folder: &Path, stores: u64, runs: u64) -> Result<(), StoreError> {
    let part = |number: u64| {
        let path = folder.join(format!("part-{number}.db"));
        let records: Vec<Record> = (number * runs..(number + 1) * runs).map(|seed| record(seed, EPOCHS)).collect();
        Store::open(&path, "bench")?.append(&records)?;
        Ok(path)
    };
    let parts = (0..stores).map(part).collect::<Result<Vec<_>, StoreError>>()?;
    let what = format!("merge {stores} stores of {runs} runs");
    let merged = timed(&what, stores * runs, || merge(&parts, &folder.join("all.db")))?;
    assert_eq!(merged.added, stores * runs);
    Ok(())
}

/// Prints what `work` took, also per item.
fn timed<T>(what: &str, items: u64, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let (began, used) = (Instant::now(), processor_time());
    let value = work()?;
    tell(what, items, began.elapsed().as_secs_f64(), processor_time() - used);
    Ok(value)
}

fn tell(what: &str, items: u64, seconds: f64, used: f64) {
    let each = |seconds: f64| seconds * 1e6 / items as f64;
    println!("{what:<44} {seconds:8.3} s {:8.2} µs each, {:8.2} µs of processor", each(seconds), each(used));
}

fn processor_time() -> f64 {
    clock::ticks(false)
}

/// Hands a million runs to workers that do nothing.
fn dispatch(jobs: usize) {
    let template = run(0);
    let empty = outcome(0, 0);
    let lazily = (0..PLANNED).map(|_| template.clone());
    let options = Options { jobs, ..Options::default() };
    let what = format!("hand out {PLANNED} runs, {jobs} workers");
    let work = || {
        let on = |_: &Event| Ok::<_, Infallible>(());
        let train = |cohort: &[tallow::spec::RunConfig]| cohort.iter().map(|_| Ok(empty.clone())).collect();
        execute(lazily, Census::of_new(PLANNED), &options, &train, &Stop::default(), on).expect("infallible");
        Ok(())
    };
    timed(&what, PLANNED, work).expect("no store is used");
}

fn append(path: &Path, runs: u64) -> Result<(), StoreError> {
    // Drawing and describing the records is not the store's work.
    let mut writer = Writer::new(Store::open(path, "bench")?);
    let (mut spent, mut used) = (0.0, 0.0);
    let mut measure = |work: &mut dyn FnMut() -> Result<(), StoreError>| {
        let (began, before) = (Instant::now(), processor_time());
        let result = work();
        spent += began.elapsed().as_secs_f64();
        used += processor_time() - before;
        result
    };
    for chunk in (0..runs).collect::<Vec<_>>().chunks(10_000) {
        let records: Vec<Record> = chunk.iter().map(|&seed| record(seed, EPOCHS)).collect();
        let mut records = records.into_iter();
        measure(&mut || records.try_for_each(|record| writer.push(record)))?;
    }
    measure(&mut || writer.flush())?;
    drop(writer);
    tell("append, group commits, synced", runs, spent, used);
    let bytes = path.metadata().expect("a file").len();
    println!("{:<44} {:8.0} bytes per run", "size", bytes as f64 / runs as f64);
    Ok(())
}

fn look_up(path: &Path, runs: u64) -> Result<(), StoreError> {
    let ids: Vec<RunId> = (0..PLANNED).map(|seed| RunId(seed_id(seed, runs))).collect();
    let store = timed("open", 1, || Store::read(path))?;
    let found = timed(&format!("status of {PLANNED} identities"), PLANNED, || {
        let mut found = 0;
        for chunk in ids.chunks(1000) {
            found += store.statuses(chunk)?.iter().flatten().count() as u64;
        }
        Ok(found)
    })?;
    assert_eq!(found, runs.min(PLANNED));
    Ok(())
}

/// The identity of a stored run, or one that is not stored.
fn seed_id(seed: u64, runs: u64) -> [u8; 16] {
    if seed < runs {
        run(seed).id.0
    } else {
        *blake3::hash(&seed.to_le_bytes()).as_bytes().first_chunk().expect("32 bytes")
    }
}
