//! A store that somebody made to mislead: what it says is not believed, and reading it ends.

use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::record;
use tallow::store::{Store, StoreError, check, merge};

/// A folder with a sound store of some records.
fn store(records: u64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let records: Vec<_> = (0..records).map(|seed| record(seed, 20)).collect();
    Store::open(&path, "test").and_then(|mut store| store.append(&records)).expect("stored");
    (folder, path)
}

/// That `store check` finds a flaw that says so, a merge takes nothing, and neither takes long.
fn is_found(path: &Path, flaw: &str) {
    let began = Instant::now();
    let report = check(path).expect("a report");
    assert!(report.flaws.iter().any(|found| found.contains(flaw)), "{flaw}: {:?}", report.flaws);
    let into = path.with_file_name("into.db");
    let error = merge(&[path.to_owned()], &into).expect_err("a flaw");
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(Store::read_or_empty(&into).expect("reads").is_empty().expect("reads"));
    assert!(began.elapsed() < Duration::from_secs(60), "{flaw}: {:?}", began.elapsed());
}

#[test]
fn a_schema_that_is_not_ours_is_found() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";
    let changes = [
        ("CREATE TRIGGER gone AFTER INSERT ON runs BEGIN DELETE FROM runs; END".to_owned(), "a trigger `gone`"),
        (format!("DROP VIEW results; CREATE VIEW results AS {endless} SELECT i AS id FROM n"), "a view `results`"),
        (format!("CREATE VIEW more AS {endless} SELECT * FROM n"), "a view `more`"),
        (format!("DROP TABLE failures; CREATE VIEW failures AS {endless} SELECT i AS id FROM n"), "a view `failures`"),
        ("CREATE INDEX late ON runs (hex(zeroblob(1000000)))".to_owned(), "index `late`"),
        ("ALTER TABLE runs ADD COLUMN bomb AS (zeroblob(1000000000))".to_owned(), "a table `runs`"),
        ("DROP TABLE failures; CREATE VIRTUAL TABLE failures USING fts5(id)".to_owned(), "a table `failures`"),
        ("DROP INDEX runs_end".to_owned(), "lacks `runs_end`"),
    ];
    for (change, flaw) in changes {
        let (_folder, path) = store(5);
        let changed = Connection::open(&path).and_then(|connection| connection.execute_batch(&change));
        if let Err(error) = changed {
            assert!(error.to_string().contains("no such module"), "{change}: {error}");
            continue;
        }
        is_found(&path, flaw);
    }
    let (_folder, path) = store(5);
    let own = "CREATE TABLE notes (id, text); CREATE INDEX notes_id ON notes (id); ANALYZE";
    Connection::open(&path).and_then(|connection| connection.execute_batch(own)).expect("added");
    assert_eq!(check(&path).expect("a report").flaws, Vec::<String>::new(), "a user's own table harms nobody");
}

#[test]
fn a_blob_longer_than_any_row_is_found_and_takes_no_memory() {
    let (_folder, path) = store(5);
    let bomb = "UPDATE runs SET weights = zeroblob(80000000) WHERE rowid = 3; PRAGMA wal_checkpoint(TRUNCATE)";
    Connection::open(&path).and_then(|connection| connection.execute_batch(bomb)).expect("updated");
    is_found(&path, "run ");
}

#[test]
fn pages_that_lead_in_circles_are_found() {
    let (_folder, path) = store(400);
    let connection = Connection::open(&path).expect("opens");
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("written");
    let root: i64 = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'runs'", [], |row| row.get::<_, i64>(0))
        .expect("a page");
    drop(connection);
    let size = 16384;
    let bytes = std::fs::read(&path).expect("reads");
    let page = &bytes[(root as usize - 1) * size..root as usize * size];
    assert_eq!(page[0], 5, "an interior page");
    // Each of its children is the first one, which is an interior page itself: the root.
    let cells = usize::from(u16::from_be_bytes([page[3], page[4]]));
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).expect("opens");
    let mut write = |place: u64, bytes: &[u8]| {
        file.seek(SeekFrom::Start((root as u64 - 1) * size as u64 + place))
            .and_then(|_| file.write_all(bytes))
            .expect("writes");
    };
    write(8, &(root as u32).to_be_bytes());
    for cell in 0..cells {
        let pointer = u16::from_be_bytes([page[12 + 2 * cell], page[13 + 2 * cell]]);
        write(pointer.into(), &(root as u32).to_be_bytes());
    }
    is_found(&path, "");
}

#[test]
fn a_row_with_sound_checksums_and_an_outcome_of_no_such_network_is_found() {
    type Change = fn(&mut tallow::store::Record);
    let changes: [Change; 5] = [
        |record| drop(record.outcome.layers.pop()),
        |record| record.outcome.layers[0].weight.push(1.0),
        |record| record.outcome.layers[1].bias.clear(),
        |record| record.outcome.series.get_mut("loss_mean").expect("a series").truncate(3),
        |record| record.outcome.status = tallow::engine::Status::Diverged { epoch: 1_000_000 },
    ];
    for change in changes {
        let (_folder, path) = store(5);
        let mut wrong = record(9, 20);
        change(&mut wrong);
        Store::open(&path, "test").and_then(|mut store| store.append(&[wrong])).expect("stored");
        is_found(&path, "its outcome is not one of its description");
        assert_eq!(check(&path).expect("a report").sound, 5);
    }
}
