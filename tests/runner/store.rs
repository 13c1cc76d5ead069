//! A store keeps what was committed to the bit, tells who disagrees, and lets one writer and any reader in.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::{other, record, run};
use proptest::prelude::*;
use tallow::engine::Status;
use tallow::store::{Failed, Record, Store, StoreError, Writer, check, merge, salvage};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn place(folder: &TempDir) -> PathBuf {
    folder.path().join("store.db")
}

fn all(store: &Store) -> Vec<Record> {
    let mut records = Vec::new();
    store
        .visit(|record| {
            records.push(record);
            Ok::<_, StoreError>(())
        })
        .expect("sound rows");
    records
}

/// Equality to the bit, where every NaN is one.
fn same(a: &Record, b: &Record) -> bool {
    (a.checksum(), a.id, &a.description, &a.provenance) == (b.checksum(), b.id, &b.description, &b.provenance)
}

fn filled(path: &Path, seeds: impl IntoIterator<Item = u64>) -> Store {
    let records: Vec<Record> = seeds.into_iter().map(|seed| record(seed, 5)).collect();
    let mut store = Store::open(path, "test").expect("opens");
    store.append(&records).expect("appends");
    store
}

#[test]
fn what_is_appended_is_read_back_to_the_bit() {
    let folder = folder();
    let path = folder.path().join("new/folder/store.db");
    let records: Vec<Record> = (0..40).map(|seed| record(seed, seed as usize % 9)).collect();
    Store::open(&path, "test").expect("opens").append(&records).expect("appends");
    let store = Store::read(&path).expect("opens");
    let read = all(&store);
    assert_eq!(read.len(), 40);
    assert!(records.iter().zip(&read).all(|(a, b)| same(a, b)));
    assert_eq!(store.outcome(&records[3].id).expect("sound").as_ref(), Some(&records[3].outcome));
    assert_eq!(store.status(&records[3].id).expect("sound"), Some(Status::Done));
    assert_eq!(store.status(&records[15].id).expect("sound"), Some(Status::Diverged { epoch: 6 }));
    assert_eq!(store.status(&run(99).id).expect("sound"), None);
    assert_eq!(store.outcome(&run(99).id).expect("sound"), None);
    let both = store.outcomes(&[run(99).id, run(3).id]).expect("sound");
    assert_eq!(both, [None, Some(records[3].outcome.clone())]);
}

#[test]
fn appending_again_changes_nothing() {
    let folder = folder();
    let mut store = filled(&place(&folder), 0..10);
    let digest = store.digest().expect("reads");
    store.append(&(5..10).map(|seed| record(seed, 5)).collect::<Vec<_>>()).expect("the same bits");
    assert_eq!((store.len().expect("reads"), store.digest().expect("reads")), (10, digest));
}

#[test]
fn other_bits_for_one_run_are_a_conflict_that_shows_both_and_stores_none() {
    let folder = folder();
    let mut store = filled(&place(&folder), 0..10);
    let error = store.append(&[record(20, 5), other(4, 5)]).expect_err("a conflict");
    let StoreError::Conflict(conflict) = &error else { panic!("{error}") };
    assert!(same(&conflict.stored, &record(4, 5)) && same(&conflict.other, &other(4, 5)));
    let text = error.to_string();
    assert!(text.contains("first differing in weight 4 of layer 2: "), "{text}");
    assert!(text.contains(&record(4, 5).checksum()) && text.contains(&other(4, 5).checksum()), "{text}");
    assert_eq!(store.len().expect("reads"), 10, "the batch was undone");
}

#[test]
fn a_failed_run_is_told_until_it_succeeds_and_never_taken_for_done() {
    let folder = folder();
    let mut store = filled(&place(&folder), 0..2);
    let failed = |seed: u64, message: &str, second: u64| {
        let run = run(seed);
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
        Failed { id: run.id, description: run.description, message: message.into(), at }
    };
    store.append_failed(&[failed(0, "late", 9), failed(5, "panicked: boom", 7), failed(6, "no", 7)]).expect("notes");
    store.append_failed(&[failed(5, "an earlier one", 3), failed(6, "again", 8)]).expect("notes");
    assert_eq!(store.status(&run(5).id).expect("reads"), None);
    let mut told = store.failures().expect("reads");
    told.sort_by_key(|failed| failed.message.clone());
    assert_eq!(told, [failed(6, "again", 8), failed(5, "panicked: boom", 7)]);
    store.append(&[record(5, 5)]).expect("appends");
    assert_eq!(store.failures().expect("reads"), [failed(6, "again", 8)]);
}

#[test]
fn removed_runs_can_be_stored_anew() {
    let folder = folder();
    let mut store = filled(&place(&folder), 0..10);
    assert_eq!(store.remove(&[run(7).id, run(3).id, run(77).id]).expect("removes"), 2);
    assert_eq!(store.statuses(&[run(7).id, run(8).id]).expect("reads"), [None, Some(Status::Done)]);
    store.append(&[other(7, 5)]).expect("there is nothing to conflict with");
}

#[test]
fn a_second_writer_is_told_who_holds_the_store_and_readers_go_on() {
    let folder = folder();
    let path = place(&folder);
    let mut first = filled(&path, 0..3);
    let error = Store::open(&path, "sweep b").expect_err("held");
    assert!(matches!(&error, StoreError::Held { holder, .. } if holder.pid == std::process::id()), "{error}");
    assert!(error.to_string().contains("`test` (process"), "{error}");
    let reader = Store::read(&path).expect("readers are let in");
    first.append(&[record(3, 5)]).expect("appends");
    assert_eq!(reader.len().expect("reads"), 4);
    drop(first);
    Store::open(&path, "sweep b").expect("free again").append(&[record(4, 5)]).expect("appends");
}

#[test]
fn a_lock_file_left_by_a_killed_process_holds_nobody_up() {
    let folder = folder();
    let path = place(&folder);
    std::fs::write(folder.path().join("store.db.lock"), r#"{"pid":1,"host":"x","purpose":"sweep","since":0}"#)
        .expect("writes");
    Store::open(&path, "test").expect("opens");
}

#[test]
fn a_run_is_found_by_a_unique_prefix_and_candidates_are_told_otherwise() {
    let folder = folder();
    let store = filled(&place(&folder), 0..64);
    for seed in 0..64 {
        let id = run(seed).id.full();
        assert!(same(&store.find(&id).expect("whole"), &record(seed, 5)));
        for length in 1..32 {
            let begins = (0..64).filter(|&other| run(other).id.full().starts_with(&id[..length])).count();
            match store.find(&id[..length].to_uppercase()) {
                Ok(found) => assert!(begins == 1 && found.id == run(seed).id),
                Err(StoreError::Ambiguous { candidates, .. }) => {
                    assert_eq!(candidates.len(), begins.min(8));
                    assert!(candidates.iter().all(|(other, _)| other.full().starts_with(&id[..length])));
                }
                Err(error) => panic!("{error}"),
            }
            if length >= 6 {
                break;
            }
        }
    }
    for nothing in ["", "xyz", "0x1", "-1", &"0".repeat(33), &"f".repeat(32)] {
        assert!(matches!(store.find(nothing), Err(StoreError::Unknown { .. })), "{nothing}");
    }
}

#[test]
fn a_store_that_is_not_there_is_missing_or_empty_and_stays_away() {
    let folder = folder();
    let path = folder.path().join("sub/store.db");
    assert!(matches!(Store::read(&path), Err(StoreError::Missing { .. })));
    let mut empty = Store::read_or_empty(&path).expect("empty");
    assert!(empty.is_empty().expect("reads"));
    assert!(matches!(empty.append(&[record(1, 1)]), Err(StoreError::Denied { .. })));
    assert!(!folder.path().join("sub").exists());
}

#[test]
fn reading_never_changes_the_file() {
    let folder = folder();
    let path = place(&folder);
    drop(filled(&path, 0..20));
    let before = std::fs::read(&path).expect("a file");
    let store = Store::read(&path).expect("opens");
    assert_eq!(all(&store).len(), 20);
    drop(store);
    assert_eq!(std::fs::read(&path).expect("a file"), before);
}

#[test]
fn other_peoples_files_are_refused_and_left_alone() {
    let folder = folder();
    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).and_then(|c| c.execute_batch("CREATE TABLE t (x)")).expect("makes a database");
    let text = folder.path().join("xor.toml");
    std::fs::write(&text, "name = \"xor\"\n").expect("writes");
    for path in [&foreign, &text] {
        let before = std::fs::read(path).expect("a file");
        let errors = [Store::open(path, "test").expect_err("refused"), Store::read(path).expect_err("refused")];
        for error in errors {
            assert!(matches!(error, StoreError::Foreign { .. } | StoreError::Damaged { .. }), "{error}");
        }
        assert_eq!(std::fs::read(path).expect("a file"), before);
    }
    assert!(!folder.path().join("xor.toml.lock").exists());
    assert!(matches!(Store::read(folder.path()), Err(StoreError::NoFile { .. })), "a folder is no store");
}

#[test]
fn a_newer_format_is_refused() {
    let folder = folder();
    let path = place(&folder);
    drop(filled(&path, 0..3));
    rusqlite::Connection::open(&path).and_then(|c| c.pragma_update(None, "user_version", 3)).expect("changes");
    for error in [Store::open(&path, "test").expect_err("refused"), Store::read(&path).expect_err("refused")] {
        assert!(matches!(error, StoreError::Newer { found: 3, known: 2, .. }), "{error}");
    }
}

/// A copy of the store that the last tallow of format 1 wrote: twelve runs, two of them diverged.
fn format_1(folder: &TempDir) -> PathBuf {
    let path = place(folder);
    std::fs::copy("tests/format1/store.db", &path).expect("copies");
    path
}

fn format_of(path: &Path) -> i64 {
    let connection = rusqlite::Connection::open(path).expect("opens");
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a number")
}

#[test]
fn a_store_of_format_1_is_read_as_it_is_and_migrated_at_the_first_write() {
    let folder = folder();
    let path = format_1(&folder);
    let bytes = std::fs::read(&path).expect("a file");
    let before = Store::read(&path).expect("opens");
    let (records, digest) = (all(&before), before.digest().expect("sound"));
    assert_eq!((records.len(), before.len().expect("counted")), (12, 12));
    let statuses = before.statuses(&records.iter().map(|record| record.id).collect::<Vec<_>>()).expect("looked up");
    assert!(records.iter().zip(statuses).all(|(record, status)| status == Some(record.outcome.status)));
    assert_eq!(records.iter().filter(|record| record.outcome.status != Status::Done).count(), 2);
    assert_eq!(records.iter().filter(|record| record.outcome.measures.contains_key("test_loss")).count(), 4);
    assert!(check(&path).is_ok_and(|report| report.flaws.is_empty() && report.sound == 12));
    assert!(before.durations().expect("read").estimate(&records[0].description).is_some());
    drop(before);
    assert_eq!((std::fs::read(&path).expect("a file"), format_of(&path)), (bytes, 1), "reading changes nothing");

    drop(Store::open(&path, "test").expect("migrates"));
    assert_eq!(format_of(&path), 2);
    let after = Store::read(&path).expect("opens");
    let again = all(&after);
    assert!(records.len() == again.len() && records.iter().zip(&again).all(|(a, b)| same(a, b)));
    assert_eq!(after.digest().expect("sound"), digest);
    assert!(check(&path).is_ok_and(|report| report.flaws.is_empty() && report.sound == 12));
}

#[test]
fn stores_of_both_formats_merge() {
    let folder = folder();
    let (old, new) = (format_1(&folder), folder.path().join("new.db"));
    drop(filled(&new, 0..5));
    let digest = |into: &str, sources: &[&PathBuf]| {
        let into = folder.path().join(into);
        let sources: Vec<PathBuf> = sources.iter().map(|source| (*source).clone()).collect();
        let merged = merge(&sources, &into).expect("merged");
        assert_eq!((merged.added, merged.conflicting), (17, 0));
        Store::read(&into).and_then(|store| store.digest()).expect("sound")
    };
    assert_eq!(digest("a.db", &[&old, &new]), digest("b.db", &[&new, &old]));
    assert_eq!(format_of(&old), 1, "a source is left as it is");
    assert_eq!(merge(std::slice::from_ref(&new), &old).expect("merged").added, 5);
    assert_eq!(format_of(&old), 2);
}

#[test]
fn a_damaged_store_of_format_1_is_not_migrated() {
    let folder = folder();
    let path = format_1(&folder);
    let connection = rusqlite::Connection::open(&path).expect("opens");
    connection.execute("UPDATE runs SET train_loss = 0.5 WHERE rowid = 7", []).expect("changes");
    drop(connection);
    let error = Store::open(&path, "test").expect_err("damaged");
    assert!(matches!(error, StoreError::Damaged { .. }) && format_of(&path) == 1, "{error}");
    let saved = salvage(&path, &folder.path().join("saved.db")).expect("saved");
    assert_eq!((saved.saved, saved.lost.len()), (11, 1));
}

#[test]
fn a_kill_while_a_store_is_migrated_leaves_the_old_or_the_new() {
    let folder = folder();
    let (path, source) = (format_1(&folder), folder.path().join("source.db"));
    drop(filled(&source, 0..1));
    let read = |path: &Path| Store::read(path).map(|store| (all(&store).len(), store.digest().expect("sound")));
    let (whole, mut formats) = (read(&path).expect("sound"), [0, 0]);
    let begun = std::time::Instant::now();
    let arguments = ["store", "merge", "source.db", "--into", "store.db"];
    let mut tallow = std::process::Command::new(env!("CARGO_BIN_EXE_tallow"));
    tallow.current_dir(folder.path()).args(arguments).stdout(std::process::Stdio::null());
    assert!(tallow.status().expect("starts").success());
    let usual = begun.elapsed();
    for round in 0..150 {
        for name in ["store.db", "store.db-wal", "store.db-shm"] {
            let _ = std::fs::remove_file(folder.path().join(name));
        }
        format_1(&folder);
        let mut child = tallow.spawn().expect("starts");
        std::thread::sleep(usual * round / 120);
        child.kill().expect("killed or gone");
        child.wait().expect("ended");
        let (runs, digest) = read(&path).expect("sound");
        let migrated = format_of(&path) == 2;
        formats[usize::from(migrated)] += 1;
        let merged = runs == 13 && migrated;
        assert!(merged || (runs, digest) == whole, "round {round}: {runs} runs");
    }
    assert!(formats.iter().all(|&seen| seen > 0), "killed before and after: {formats:?}");
}

/// What a record lacks, and what it has more.
#[test]
fn a_series_more_completes_a_run_and_other_bits_of_one_are_a_conflict() {
    let folder = folder();
    let path = place(&folder);
    let mut store = filled(&path, 0..3);
    let with = |seed, values: Vec<f32>| {
        let mut record = record(seed, 5);
        record.outcome.series.insert("validation_loss".into(), values);
        record.outcome.measures.insert("test_roc_auc".into(), 0.75);
        record.outcome.series.remove("loss_last");
        record
    };
    let whole = |seed, values: Vec<f32>| {
        let mut record = with(seed, values);
        record.outcome.series.extend(crate::support::record(seed, 5).outcome.series);
        record
    };
    store.append(&[with(1, vec![0.5; 5])]).expect("completed");
    assert!(same(&all(&store).into_iter().find(|kept| kept.id == run(1).id).expect("there"), &whole(1, vec![0.5; 5])));
    assert!(matches!(store.append(&[with(1, vec![0.25; 5])]), Err(StoreError::Conflict(_))));
    assert_eq!(store.replace(&[record(1, 5)]).expect("replaced"), [], "the same bits as far as both have them");
    assert_eq!(store.outcome(&run(1).id).expect("sound"), Some(whole(1, vec![0.5; 5]).outcome));
    assert_eq!(store.replace(&[with(1, vec![0.25; 5])]).expect("replaced"), [run(1).id]);
    assert_eq!(store.outcome(&run(1).id).expect("sound"), Some(with(1, vec![0.25; 5]).outcome));
    drop(store);
    assert!(check(&path).is_ok_and(|report| report.flaws.is_empty() && report.sound == 3));
}

/// Row by row, as a dump is read back: what a table does not name is numbered anew.
#[test]
fn a_copy_made_by_another_tool_is_whole() {
    let folder = folder();
    let (path, copy) = (place(&folder), folder.path().join("copy.db"));
    let mut store = filled(&path, 0..6);
    store.remove(&[run(0).id, run(3).id]).expect("removed");
    let (kept, digest) = (all(&store), store.digest().expect("sound"));
    drop(store);
    drop(Store::open(&copy, "test").expect("opens"));
    let connection = rusqlite::Connection::open(&copy).expect("opens");
    connection.execute("ATTACH ?1 AS old", [path.to_str().expect("text")]).expect("attaches");
    let tables = "INSERT INTO runs SELECT * FROM old.runs; INSERT INTO observations SELECT * FROM old.observations";
    connection.execute_batch(tables).expect("copies");
    drop(connection);
    let copied = Store::read(&copy).expect("opens");
    assert!(all(&copied).iter().zip(&kept).all(|(a, b)| same(a, b)));
    assert_eq!(copied.digest().expect("sound"), digest);
}

#[test]
fn an_observation_that_is_gone_or_anothers_is_told() {
    for change in [
        "DELETE FROM observations WHERE run = 2 AND name = 'loss_mean'",
        "UPDATE observations SET run = 1 WHERE run = 2 AND name = 'final'",
        "UPDATE observations SET name = 'loss_mean_' WHERE run = 2 AND name = 'loss_mean'",
        "UPDATE observations SET content = json_set(content, '$.train_loss', 0.5) WHERE run = 2 AND name = 'final'",
        "UPDATE observations SET id = (SELECT id FROM runs WHERE rowid = 1) WHERE run = 2 AND name = 'final'",
        "UPDATE runs SET observed = substr(observed, 17) WHERE rowid = 2",
        "UPDATE runs SET epochs = 4 WHERE rowid = 2",
    ] {
        let folder = folder();
        let path = place(&folder);
        drop(filled(&path, 1..4));
        rusqlite::Connection::open(&path).and_then(|c| c.execute(change, [])).expect("changes");
        let report = check(&path).expect("reads");
        assert!(report.flaws.len() == 1 && report.flaws[0].contains(&run(2).id.full()), "{change}: {report:?}");
        assert!(Store::read(&path).expect("opens").record(&run(2).id).is_err(), "{change}");
        assert!(Store::read(&path).expect("opens").record(&run(1).id).is_ok(), "{change}");
    }
}

#[test]
fn a_folder_without_permission_is_one_clear_error() {
    // Nobody, not even root, makes files here.
    if let Err(error) = Store::open(Path::new("/sys/tallow/store.db"), "test") {
        assert!(matches!(error, StoreError::Denied { .. } | StoreError::Missing { .. }), "{error}");
    }
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").expect("writes");
    let error = Store::open(&folder.path().join("file/store.db"), "test").expect_err("a file is no folder");
    assert!(error.to_string().contains("file"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_can_be_read_and_not_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = place(&folder);
    drop(filled(&path, 0..20));
    let mode = |bits| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(bits)).expect("sets");
    std::fs::remove_file(folder.path().join("store.db.lock")).expect("removes");
    mode(0o555);
    let permitted = std::fs::write(folder.path().join("probe"), "").is_ok();
    let (read, opened) = (Store::read(&path).map(|store| all(&store).len()), Store::open(&path, "test").map(drop));
    mode(0o755);
    assert_eq!(read.expect("reads"), 20);
    // Root is permitted everything.
    assert!(permitted || matches!(opened, Err(StoreError::Denied { .. })), "{opened:?}");
}

/// Not a test of its own: fills the store named in the environment until it cannot, in a process whose files may not
/// grow beyond a limit.
#[test]
#[ignore = "started by a_full_disk_is_told_and_costs_nothing_that_was_committed"]
fn fill_until_full() {
    let path = PathBuf::from(std::env::var_os("TALLOW_TEST_STORE").expect("started by another test"));
    let mut store = Store::open(&path, "test").expect("opens");
    for seed in 50.. {
        match store.append(&[record(seed, 5)]) {
            Ok(()) => println!("kept {seed}"),
            Err(error) => {
                println!("{}: {error}", if matches!(error, StoreError::Full { .. }) { "full" } else { "wrong" });
                return;
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_told_and_costs_nothing_that_was_committed() {
    let folder = folder();
    let path = place(&folder);
    drop(filled(&path, 0..50));
    let script = r#"trap "" XFSZ; ulimit -f 4000; exec "$0" "$@""#;
    let child = std::process::Command::new("sh")
        .args(["-c", script])
        .args(crate::again::words(module_path!(), "fill_until_full"))
        .env("TALLOW_TEST_STORE", &path)
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(told.contains("full: there is no room to write the store"), "{told}");
    let committed = 50 + told.lines().filter(|line| line.contains("kept ")).count() as u64;
    assert!(committed > 60, "the limit leaves room for some: {told}");
    let read = all(&Store::read(&path).expect("opens"));
    assert_eq!(read.len() as u64, committed);
    assert!(read.iter().zip(0..).all(|(row, seed)| same(row, &record(seed, 5))));
    let store = filled(&path, committed..committed + 100);
    assert_eq!(all(&store).len() as u64, committed + 100, "with room again it goes on");
}

#[test]
fn sql_users_find_their_way() {
    let folder = folder();
    let path = place(&folder);
    drop(filled(&path, 0..8));
    let connection = rusqlite::Connection::open(&path).expect("opens");
    let query =
        "SELECT id, status, epochs, units, learning_rate, train_loss FROM results WHERE seed >= 6 ORDER BY seed";
    let mut statement = connection.prepare(query).expect("columns");
    let read = |row: &rusqlite::Row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?, row.get(3)?, row.get::<_, f64>(4)?, row.get(5)?))
    };
    let rows: Vec<(String, String, i64, String, f64, Option<f64>)> =
        statement.query_map([], read).expect("runs").collect::<Result<_, _>>().expect("reads");
    let loss = record(6, 5).outcome.measures["train_loss"];
    let row = |seed, status: &str, loss| (run(seed).id.full(), status.into(), 5, "2-6-1".into(), 0.1 / 3.0, loss);
    assert_eq!(rows, [row(6, "done", Some(loss.into())), row(7, "diverged", None)]);
}

#[test]
fn every_statement_of_the_docs_finds_something() {
    let folder = folder();
    let path = place(&folder);
    drop(filled(&path, 0..8));
    let connection = rusqlite::Connection::open(&path).expect("opens");
    let docs = std::fs::read_to_string("docs/store.md").expect("the docs");
    let statements: Vec<&str> =
        docs.split("```sql\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(text, _)| text).collect();
    assert!(statements.len() >= 3, "{statements:?}");
    for text in statements {
        let mut statement = connection.prepare(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(statement.exists([]).expect("runs"), "{text}");
    }
}

#[test]
fn durations_of_runs_alike_foretell_a_run() {
    let folder = folder();
    let mut store = Store::open(&place(&folder), "test").expect("opens");
    assert_eq!(store.durations().expect("reads").estimate(&run(1).description), None);
    let records: Vec<Record> = [1, 2, 3].map(|seed| record(seed, 100)).to_vec();
    store.append(&records).expect("appends");
    // 1 + 2 + 3 seconds for 300 epochs; a run has 200.
    assert_eq!(store.durations().expect("reads").estimate(&run(9).description), Some(4.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn after_a_cut_what_was_committed_is_there(batches in prop::collection::vec((0..12_u64, any::<bool>()), 1..12)) {
        let folder = folder();
        let path = place(&folder);
        let mut writer = Writer::new(Store::open(&path, "test").expect("opens"));
        let (mut seed, mut committed) = (0, 0);
        for (count, flush) in batches {
            for _ in 0..count {
                writer.push(record(seed, 3)).expect("takes");
                seed += 1;
            }
            if flush {
                writer.flush().expect("commits");
                committed = seed;
            }
            // What a process that dies here leaves: the files, without any closing of them.
            let cut = folder.path().join(format!("cut{seed}"));
            std::fs::create_dir_all(&cut).expect("makes");
            for name in ["store.db", "store.db-wal"] {
                std::fs::copy(folder.path().join(name), cut.join(name)).expect("copies");
            }
            let read = all(&Store::open(&cut.join("store.db"), "test").expect("opens"));
            // More, if this machine is so slow that it was time.
            prop_assert!((committed..=seed).contains(&(read.len() as u64)));
            prop_assert!(read.iter().zip(0..).all(|(row, seed)| same(row, &record(seed, 3))));
        }
        prop_assert_eq!(writer.finish().expect("commits").0.len().expect("reads"), seed);
    }

    #[test]
    fn merging_is_idempotent_commutative_and_associative(parts in prop::array::uniform3(prop::collection::vec(0..30_u64, 0..20))) {
        let folder = folder();
        let [a, b, c] = [0, 1, 2].map(|i| {
            let path = folder.path().join(format!("part{i}"));
            drop(filled(&path, parts[i].iter().copied()));
            path
        });
        let union = |name: &str, sources: &[&PathBuf]| {
            let into = folder.path().join(name);
            let sources: Vec<PathBuf> = sources.iter().map(|path| (*path).clone()).collect();
            let merged = merge(&sources, &into).expect("merges");
            assert_eq!(merged.conflicting, 0);
            into
        };
        let digest = |path: &PathBuf| Store::read(path).and_then(|store| store.digest()).expect("reads");
        let left = union("left", &[&union("ab", &[&a, &b]), &c]);
        let expected = digest(&filled_path(&folder, parts.iter().flatten().copied()));
        for path in [
            union("abc", &[&a, &b, &c]),
            union("cba", &[&c, &b, &a, &b]),
            union("right", &[&a, &union("bc", &[&b, &c])]),
            union("left", &[&left, &a]),
            left,
        ] {
            prop_assert_eq!(digest(&path), expected);
        }
    }
}

fn filled_path(folder: &TempDir, seeds: impl IntoIterator<Item = u64>) -> PathBuf {
    let path = folder.path().join("whole");
    drop(filled(&path, seeds));
    path
}

#[test]
fn merging_stores_that_disagree_shows_both_sides_and_merges_nothing() {
    let folder = folder();
    let [a, b, into] = ["a", "b", "into"].map(|name| folder.path().join(name));
    drop(filled(&a, 0..10));
    Store::open(&b, "test").expect("opens").append(&[other(4, 5), record(11, 5), other(6, 5)]).expect("appends");
    drop(filled(&into, 20..22));
    let before = Store::read(&into).and_then(|store| store.digest()).expect("reads");
    for sources in [[a.clone(), b.clone()], [b, a]] {
        let merged = merge(&sources, &into).expect("a report");
        assert_eq!((merged.conflicting, merged.conflicts.len()), (2, 2));
        let ids: Vec<_> = merged.conflicts.iter().map(|conflict| (conflict.stored.id, conflict.other.id)).collect();
        assert!([4, 6].iter().all(|&seed| ids.contains(&(run(seed).id, run(seed).id))));
        assert_eq!(Store::read(&into).and_then(|store| store.digest()).expect("reads"), before);
    }
}

#[test]
fn a_source_that_is_not_there_is_told_before_anything_is_made() {
    let folder = folder();
    let [a, nothing, into] = ["a", "nothing", "sub/into"].map(|name| folder.path().join(name));
    drop(filled(&a, 0..3));
    assert!(matches!(merge(&[a, nothing], &into), Err(StoreError::Missing { .. })));
    assert!(!folder.path().join("sub").exists());
}
