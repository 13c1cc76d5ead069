//! However a store file is cut, flipped or made up, nothing panics, no wrong row is returned, and sound rows are saved.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::support::{cases, record};
use proptest::prelude::*;
use tallow::store::{Record, Store, StoreError, check, salvage};
use tempfile::TempDir;

const RUNS: u64 = 60;

/// Every tenth row is too long for a page.
fn epochs(seed: u64) -> usize {
    if seed % 10 == 3 { 5000 } else { 20 + seed as usize }
}

/// A store's file and log, as a process that was killed leaves them: a part of the rows is in each.
static WHOLE: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let append = |store: &mut Store, seeds: std::ops::Range<u64>| {
        let records: Vec<Record> = seeds.map(|seed| record(seed, epochs(seed))).collect();
        records.chunks(7).for_each(|group| store.append(group).expect("appends"));
    };
    append(&mut Store::open(&path, "test").expect("opens"), 0..RUNS / 2);
    let mut store = Store::open(&path, "test").expect("opens");
    append(&mut store, RUNS / 2..RUNS);
    ["store.db", "store.db-wal"].map(|name| std::fs::read(folder.path().join(name)).expect("a file"))
});

static RECORDS: LazyLock<Vec<Record>> = LazyLock::new(|| (0..RUNS).map(|seed| record(seed, epochs(seed))).collect());

struct Sandbox(TempDir);

impl Sandbox {
    fn new(file: &[u8], log: &[u8]) -> Self {
        let sandbox = Self(tempfile::tempdir().expect("a folder"));
        std::fs::write(sandbox.path(), file).expect("writes");
        if !log.is_empty() {
            std::fs::write(sandbox.0.path().join("store.db-wal"), log).expect("writes");
        }
        sandbox
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("store.db")
    }

    /// Reads by every way there is, saves what can be saved and returns how many runs that was.
    fn survive(&self) -> Result<u64, TestCaseError> {
        let into = self.0.path().join("saved.db");
        let read = readable(&self.path())?;
        let report = check(&self.path()).expect("damage is no error");
        let salvaged = salvage(&self.path(), &into).expect("damage is no error");
        prop_assert_eq!(salvaged.conflicts.len(), 0);
        prop_assert_eq!(readable(&into)?, salvaged.saved);
        prop_assert!(salvaged.saved >= read, "{} were read, {} saved", read, salvaged.saved);
        prop_assert_eq!(check(&into).expect("a new store").flaws, Vec::<String>::new());
        if report.flaws.is_empty() {
            prop_assert_eq!((report.sound, report.lost.len()), (read, 0));
        } else {
            prop_assert_eq!((report.sound, report.lost), (salvaged.saved, salvaged.lost));
        }
        if let Ok(mut store) = Store::open(&self.path(), "test") {
            let _ = store.append(&[record(1000, 3)]);
            let _ = store.remove(&[RECORDS[0].id]);
        }
        Ok(salvaged.saved)
    }
}

/// How many rows are read before an error, if any; each must be one that was written.
fn readable(path: &Path) -> Result<u64, TestCaseError> {
    let mut rows = 0;
    let mut wrong = None;
    let known = |read: &Record| {
        let written = RECORDS.iter().find(|record| record.id == read.id)?;
        let same = written.checksum() == read.checksum() && written.provenance == read.provenance;
        (same && written.description == read.description).then_some(())
    };
    let visited = Store::read(path).and_then(|store| {
        for written in RECORDS.iter() {
            let _ = (store.status(&written.id), store.find(&written.id.full()[..9]));
            if let Ok(Some(read)) = store.record(&written.id) {
                wrong = wrong.take().or(known(&read).is_none().then_some(read));
            }
        }
        let _ = (store.durations(), store.failures(), store.digest());
        store.visit(|read| {
            rows += 1;
            wrong = wrong.take().or(known(&read).is_none().then_some(read));
            Ok(())
        })
    });
    prop_assert!(wrong.is_none(), "a wrong row: {:?}", wrong);
    if let Err(error) = visited {
        let named =
            matches!(error, StoreError::Damaged { .. } | StoreError::Foreign { .. } | StoreError::Sqlite { .. });
        prop_assert!(named, "{:?}", error);
    }
    Ok(rows)
}

fn flipped(bytes: &[u8], flips: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (place, bit) in flips {
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
    }
    bytes
}

fn flips(most: usize) -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..8_u8), 1..most)
}

#[test]
fn all_is_saved_from_an_undamaged_file_and_its_log() {
    let saved = Sandbox::new(&WHOLE[0], &WHOLE[1]).survive().expect("no row is wrong");
    assert_eq!(saved, RUNS);
}

#[test]
fn rows_are_saved_though_the_header_is_gone() {
    let mut file = WHOLE[0].clone();
    file[..100].fill(0xaa);
    let saved = Sandbox::new(&file, &WHOLE[1]).survive().expect("no row is wrong");
    assert_eq!(saved, RUNS);
}

#[test]
fn a_damaged_store_is_named_and_what_is_lost_is_told() {
    let weights: Vec<u8> = RECORDS[13].outcome.layers[0].weight[..4].iter().flat_map(|w| w.to_le_bytes()).collect();
    let mut file = WHOLE[0].clone();
    let places: Vec<usize> = (0..file.len() - 16).filter(|&place| file[place..place + 16] == weights).collect();
    assert!(!places.is_empty());
    places.iter().for_each(|&place| file[place] ^= 1);
    let sandbox = Sandbox::new(&file, &[]);
    let error = Store::read(&sandbox.path()).and_then(|store| store.visit(|_| Ok(()))).expect_err("damaged");
    assert!(error.to_string().contains("`tallow store check --store "), "{error}");
    let report = check(&sandbox.path()).expect("a report");
    assert_eq!(report.flaws, [format!("run {}: its checksum differs", RECORDS[13].id.full())]);
    assert_eq!((report.lost, report.sound), (vec![RECORDS[13].id], RUNS / 2 - 1));
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_truncated_file_gives_its_sound_rows_and_no_others(cut in any::<prop::sample::Index>()) {
        let length = cut.index(WHOLE[0].len());
        let saved = Sandbox::new(&WHOLE[0][..length], &[]).survive()?;
        // Long rows take most of the bytes, and a page may hold no whole row.
        prop_assert!(saved + 12 >= RUNS / 2 * length as u64 / WHOLE[0].len() as u64, "{} saved of {} bytes", saved, length);
    }

    #[test]
    fn a_truncated_log_costs_no_row_of_the_file(cut in any::<prop::sample::Index>()) {
        let sandbox = Sandbox::new(&WHOLE[0], &WHOLE[1][..cut.index(WHOLE[1].len())]);
        prop_assert!(readable(&sandbox.path())? >= RUNS / 2);
        prop_assert!(sandbox.survive()? >= RUNS / 2);
    }

    #[test]
    fn flipped_bits_are_noticed_and_cost_few_rows(file in flips(12), log in flips(12)) {
        let saved = Sandbox::new(&flipped(&WHOLE[0], &file), &flipped(&WHOLE[1], &log)).survive()?;
        prop_assert!(saved + 24 >= RUNS, "{} saved", saved);
    }

    #[test]
    fn a_flipped_header_or_schema_costs_nothing(flips in flips(6)) {
        let mut file = flipped(&WHOLE[0][..4096], &flips);
        file.extend_from_slice(&WHOLE[0][4096..]);
        // The page size of the log is as good as that of the header.
        prop_assert!(Sandbox::new(&file, &WHOLE[1]).survive()? >= RUNS - 3);
    }

    #[test]
    fn made_up_bytes_are_no_store(bytes in prop::collection::vec(any::<u8>(), 0..3000), magic in any::<bool>()) {
        let mut file = if magic { WHOLE[0][..100].to_vec() } else { Vec::new() };
        file.extend(bytes);
        let saved = Sandbox::new(&file, &file).survive()?;
        prop_assert_eq!(saved, 0);
    }
}
