//! `kill -9` at random moments loses nothing that was committed and makes nothing be trained twice.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use crate::again;
use crate::support::{Seeds, outcome, record, run};
use tallow::engine::Stop;
use tallow::exec::{Event, Options, execute};
use tallow::rng::{Purpose, Stream};
use tallow::search::{Retrain, Survey};
use tallow::spec::RunConfig;
use tallow::store::{Record, Store, StoreError, Writer, check};

const RUNS: u64 = 4000;
const KILLS: usize = 100;

fn append(path: &Path, line: &str) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("opens");
    file.write_all(format!("{line}\n").as_bytes()).expect("writes");
}

fn lines(path: &Path) -> Vec<u64> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// Not a test of its own: sweeps 4,000 runs of a millisecond into a store, telling what it trains and what it committed.
#[test]
#[ignore = "started and killed by killing_a_sweep_loses_nothing_and_repeats_nothing"]
fn sweep_until_killed() {
    let folder = std::env::var_os("TALLOW_TEST_FOLDER").expect("started by another test");
    let [path, trained, committed] = ["store.db", "trained", "committed"].map(|name| Path::new(&folder).join(name));
    let store = Store::open(&path, "test").expect("nobody else");
    let survey = Survey::take(&Seeds(0..RUNS), &store, Retrain::Nothing, |_, _, _| Ok::<_, StoreError>(()));
    let Survey { census, lacking } = survey.expect("reads");
    let mut writer = Writer::new(store);
    let train = |cohort: &[RunConfig]| {
        append(&trained, &cohort[0].seed.to_string());
        std::thread::sleep(Duration::from_millis(1));
        vec![Ok(outcome(cohort[0].seed, 50))]
    };
    let mut told = Vec::new();
    let options = Options { jobs: 2, ..Options::default() };
    execute(lacking.iter().map(run), census, &options, &train, &Stop::default(), |event| {
        if let Event::Finished { run, outcome, .. } = event {
            told.push(run.config.seed.to_string());
            writer.push(Record { outcome: outcome.clone(), ..record(run.config.seed, 0) })?;
            if told.len() == 20 {
                writer.flush()?;
                append(&committed, &std::mem::take(&mut told).join("\n"));
            }
        }
        Ok::<_, StoreError>(())
    })
    .and_then(|_| writer.finish().map(drop))
    .expect("sweeps");
}

fn start(folder: &Path) -> Child {
    again::command(module_path!(), "sweep_until_killed")
        .env("TALLOW_TEST_FOLDER", folder)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("starts")
}

fn stored(path: &Path) -> BTreeSet<u64> {
    let ids: Vec<_> = (0..RUNS).map(|seed| run(seed).id).collect();
    let statuses = Store::read_or_empty(path).and_then(|store| store.statuses(&ids)).expect("reads");
    (0..RUNS).zip(statuses).filter(|(_, status)| status.is_some()).map(|(seed, _)| seed).collect()
}

#[test]
fn killing_a_sweep_loses_nothing_and_repeats_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let [path, trained, committed] = ["store.db", "trained", "committed"].map(|name| folder.path().join(name));
    let mut moments = Stream::new(Purpose::Sample, "kills", 4);
    let mut most = 0;
    for kill in 1..=KILLS {
        let before = stored(&path);
        std::fs::write(&trained, "").expect("writes");
        let mut child = start(folder.path());
        // Some are killed at any moment from their start on, the others a moment after they have come some way, so that on
        // machines slow and fast the last kill finds much stored and something left.
        if kill % 4 == 0 {
            std::thread::sleep(Duration::from_micros(moments.below(60_000)));
        } else {
            let way = lines(&committed).len() + moments.below(40) as usize;
            while lines(&committed).len() < way && child.try_wait().expect("is asked").is_none() {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(Duration::from_micros(moments.below(4_000)));
        }
        child.kill().and_then(|()| child.wait()).expect("is killed");

        let again: Vec<u64> = lines(&trained).into_iter().filter(|seed| before.contains(seed)).collect();
        assert_eq!(again, Vec::<u64>::new(), "trained though stored");
        let after = stored(&path);
        assert!(after.is_superset(&before));
        let lost: Vec<u64> = lines(&committed).into_iter().filter(|seed| !after.contains(seed)).collect();
        assert_eq!(lost, Vec::<u64>::new(), "committed and lost");
        most = most.max(after.len());
    }
    eprintln!("{most} of {RUNS} runs stored when {KILLS} sweeps were killed");
    assert!((1..RUNS as usize).contains(&most), "{most} runs stored: the kills came too early or too late");
    assert!(start(folder.path()).wait().expect("ends").success());
    assert_eq!(check(&path).expect("reads").flaws, Vec::<String>::new());

    let undisturbed = folder.path().join("undisturbed.db");
    let records: Vec<Record> = (0..RUNS).map(|seed| record(seed, 50)).collect();
    Store::open(&undisturbed, "test").and_then(|mut store| store.append(&records)).expect("appends");
    let digest = |path: &Path| Store::read(path).and_then(|store| store.digest()).expect("reads");
    assert_eq!(digest(&path), digest(&undisturbed));
}
