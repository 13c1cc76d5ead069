//! Outcomes by identity on disk: one crash-safe SQLite file that any tool can query.
//!
//! Done means committed. A commit is synced to disk before it is acknowledged, so that neither `kill -9` nor a power cut
//! loses it; what a [`Writer`] has not committed yet, at most a quarter of a second of finished runs, is trained again.
//! One process writes at a time, any number read meanwhile. Rows carry a checksum and are verified whenever read.

mod check;
mod durations;
mod error;
mod format1;
mod holder;
mod lock;
mod merge;
mod migrate;
mod pages;
mod preprocessing;
mod query;
mod record;
mod row;
mod rows;
mod schema;
mod writer;

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use crate::dataset::Preprocessing;
use crate::disk;
use crate::engine::{Tolerance, first_difference};
use crate::plan::RunId;
use lock::Lock;
use row::Encoded;
use rows::Layout;

pub use check::{Report, Salvaged, check, salvage};
pub use durations::Durations;
pub use error::{Conflict, StoreError};
pub use holder::Holder;
pub use merge::{Merged, merge};
pub use preprocessing::DataId;
pub use record::{Failed, Provenance, Record};
pub use writer::Writer;

/// Where the store of a project is unless one says otherwise.
pub const DEFAULT_PATH: &str = ".tallow/store.db";

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    looks: Looks,
    path: PathBuf,
    layout: Layout,
    /// Dropped after the connection, and only then another process may write.
    lock: Option<Lock>,
}

impl Store {
    /// Opens the store at `path` to write, and creates it and its folder if need be. Others who want to write meanwhile are told
    /// `purpose`, such as `sweep xor`.
    ///
    /// # Errors
    /// [`StoreError::Held`] if another process writes to it; if it is damaged, foreign, newer or linked, or cannot be written.
    pub fn open(path: &Path, purpose: &str) -> Result<Self, StoreError> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| match StoreError::io(folder, source) {
                // Where a folder is made, nothing was expected to be.
                StoreError::Missing { path } => {
                    StoreError::Denied { path, detail: "no folder can be made there".into() }
                }
                other => other,
            })?;
        }
        let real = real(path);
        if let Some(folder) = real.parent() {
            // Of a link that leads nowhere yet.
            std::fs::create_dir_all(folder).map_err(|source| StoreError::io(folder, source))?;
        }
        let lock = Lock::take(path, &real, purpose)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let (connection, looks) = connect(path, real.as_os_str(), flags)?;
        migrate::prepare(&connection, path)?;
        Ok(Self { connection, looks, path: path.to_owned(), layout: Layout::Two, lock: Some(lock) })
    }

    /// Opens the store at `path` to read, also while another process writes to it. The file is never changed.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no file; if it is damaged, foreign or newer, or cannot be read.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        look_at(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let real = real(path);
        match connect(path, real.as_os_str(), flags).and_then(|connection| Self::reader(path, connection)) {
            // A folder that cannot be written has no room for the files by which readers and writers agree, but then
            // nobody writes either.
            Err(StoreError::Denied { .. }) if !has_wal(&real) => {
                let uri = format!("file:{}?immutable=1", escaped(&real));
                Self::reader(path, connect(path, OsStr::new(&uri), flags | OpenFlags::SQLITE_OPEN_URI)?)
            }
            Err(StoreError::Denied { path, detail }) if detail.contains("unable to open") => {
                let detail = "a log lies beside it, and its folder cannot be written; copy both to where you may write";
                Err(StoreError::Denied { path, detail: detail.into() })
            }
            other => other,
        }
    }

    fn reader(path: &Path, (connection, looks): (Connection, Looks)) -> Result<Self, StoreError> {
        if schema::is_blank(&connection).map_err(|source| StoreError::sqlite(path, source))? {
            return Self::empty(path);
        }
        let layout = Layout::of(schema::format(&connection, path)?);
        Ok(Self { connection, looks, path: path.to_owned(), layout, lock: None })
    }

    /// As [`Store::read`], but a store that does not exist yet is empty.
    ///
    /// # Errors
    /// Those of [`Store::read`] but [`StoreError::Missing`].
    pub fn read_or_empty(path: &Path) -> Result<Self, StoreError> {
        match Self::read(path) {
            Err(StoreError::Missing { .. }) => Self::empty(path),
            other => other,
        }
    }

    /// An empty store in memory that goes by the name of `path`.
    fn empty(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::sqlite(path, source);
        let connection = Connection::open_in_memory().map_err(failed)?;
        schema::create(&connection).map_err(failed)?;
        connection.pragma_update(None, "query_only", true).map_err(failed)?;
        Ok(Self { connection, looks: Looks::default(), path: path.to_owned(), layout: Layout::Two, lock: None })
    }

    /// Whether it was opened to write.
    pub fn is_writable(&self) -> bool {
        self.lock.is_some()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the file and of its log.
    pub fn bytes(&self) -> u64 {
        bytes(&self.path)
    }

    /// Stores the records, all or none, and returns when they are safe on disk. If a run is already stored with the same bits,
    /// the series and measures that it lacks are added. Failures of these runs are forgotten.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if a run is stored with other bits; if the store cannot be written.
    pub fn append(&mut self, records: &[Record]) -> Result<(), StoreError> {
        self.commit(|store| {
            records.iter().try_for_each(|record| match store.insert(record)? {
                Inserted::New | Inserted::Known => Ok(()),
                Inserted::Conflicting(conflict) => Err(StoreError::Conflict(conflict)),
            })
        })
    }

    /// Stores the records in place of the stored outcomes of these runs, all or none, and returns the runs whose bits differed.
    /// If they are equal, the series and measures that only the stored outcome has are kept.
    ///
    /// # Errors
    /// If the store cannot be read or written.
    pub fn replace(&mut self, records: &[Record]) -> Result<Vec<RunId>, StoreError> {
        let mut changed = Vec::new();
        self.commit(|store| {
            for record in records {
                match store.record(&record.id)? {
                    None => {
                        store.insert(record)?;
                    }
                    Some(stored) if first_difference(&stored.outcome, &record.outcome, Tolerance::NONE).is_some() => {
                        changed.push(record.id);
                        store.overwrite(record)?;
                    }
                    Some(stored) => store.overwrite(&completed(record.clone(), &stored))?,
                }
            }
            Ok(())
        })?;
        Ok(changed)
    }

    /// Notes runs that failed, with their messages. A run that has an outcome keeps it.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn append_failed(&mut self, failed: &[Failed]) -> Result<(), StoreError> {
        self.commit(|store| failed.iter().try_for_each(|failed| store.insert_failed(failed)))
    }

    /// Forgets the outcomes and failures of these runs, and returns how many outcomes there were.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn remove(&mut self, ids: &[RunId]) -> Result<usize, StoreError> {
        let mut removed = 0;
        self.commit(|store| {
            removed = store.forget(ids)?;
            Ok(())
        })?;
        Ok(removed)
    }

    /// Keeps how the rows of data become inputs, in place of what is kept of the same data.
    pub fn keep_preprocessing(&mut self, kept: &[(DataId, Preprocessing)]) -> Result<(), StoreError> {
        self.commit(|store| kept.iter().try_for_each(|(id, preprocessing)| store.put_preprocessing(id, preprocessing)))
    }

    fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a RunId>) -> Result<usize, StoreError> {
        let mut failures = self.prepare("DELETE FROM failures WHERE id = ?1")?;
        let mut removed = 0;
        for id in ids {
            removed += usize::from(self.delete(id)?);
            failures.execute([id.0]).map_err(|error| self.failed(error))?;
        }
        Ok(removed)
    }

    /// Does `work` in one transaction.
    fn commit(&mut self, work: impl FnOnce(&Self) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.transact(|store| work(store).map(|()| true))
    }

    /// Does `work` in one transaction, which is undone if that fails or says `false`.
    fn transact(&mut self, work: impl FnOnce(&Self) -> Result<bool, StoreError>) -> Result<(), StoreError> {
        self.run("BEGIN IMMEDIATE")?;
        let result = work(self).and_then(|keep| self.run(if keep { "COMMIT" } else { "ROLLBACK" }));
        // A full disk may have undone it already.
        if result.is_err() && !self.connection.is_autocommit() {
            self.run("ROLLBACK")?;
        }
        result.and_then(|()| self.stand())
    }

    /// Whether what was committed is where it is looked for: SQLite goes on writing to a file that was moved or deleted.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if not; all that the file held is then kept elsewhere, if it can be.
    pub fn stand(&self) -> Result<(), StoreError> {
        match &self.lock {
            Some(lock) if !lock.is_in_place() => {
                Err(StoreError::Gone { path: self.path.clone(), saved: self.rescue() })
            }
            _ => Ok(()),
        }
    }

    /// Copies everything to a new file: beside the store's place, or else where temporary files go.
    fn rescue(&self) -> Option<PathBuf> {
        let name = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{name}-kept-{}.db", std::process::id());
        let folder = self.path.parent().map(Path::to_owned).unwrap_or_default();
        [folder, std::env::temp_dir()].into_iter().find_map(|folder| {
            let place = folder.join(&name);
            std::fs::create_dir_all(disk::parent(&place)).ok()?;
            self.connection.execute("VACUUM INTO ?1", [place.to_str()?]).ok()?;
            File::open(&place).and_then(|file| file.sync_all()).ok()?;
            disk::sync(disk::parent(&place)).ok()?;
            Some(place)
        })
    }

    /// Stores a record, or adds to what is stored of its run what that lacks, unless the two differ.
    fn insert(&self, record: &Record) -> Result<Inserted, StoreError> {
        let encoded = Encoded::new(record);
        if self.put(&encoded)? {
            self.prepare("DELETE FROM failures WHERE id = ?1")?
                .execute([record.id.0])
                .map_err(|error| self.failed(error))?;
            return Ok(Inserted::New);
        }
        if self.has(&encoded)? {
            return Ok(Inserted::Known);
        }
        let stored = self.record(&record.id)?.ok_or_else(|| self.damaged("the index of runs is wrong"))?;
        if first_difference(&stored.outcome, &record.outcome, Tolerance::NONE).is_some() {
            let conflict = Conflict { stored, other: record.clone(), places: None };
            return Ok(Inserted::Conflicting(Box::new(conflict)));
        }
        let whole = completed(stored.clone(), record);
        if whole.checksum() != stored.checksum() {
            self.overwrite(&whole)?;
        }
        Ok(Inserted::Known)
    }

    fn overwrite(&self, record: &Record) -> Result<(), StoreError> {
        self.forget([&record.id])?;
        self.put(&Encoded::new(record)).map(drop)
    }

    /// Of two failures of one run the later is kept.
    fn insert_failed(&self, failed: &Failed) -> Result<(), StoreError> {
        let sql = "INSERT INTO failures (id, description, message, at) SELECT ?1, ?2, ?3, ?4
                   WHERE NOT EXISTS (SELECT 1 FROM runs WHERE id = ?1)
                   ON CONFLICT (id) DO UPDATE SET message = excluded.message, at = excluded.at
                   WHERE (excluded.at, excluded.message) > (failures.at, failures.message)";
        let at = row::milliseconds(failed.at);
        let values = (failed.id.0, failed.description.canonical(), &failed.message, at);
        self.prepare(sql)?.execute(values).map(drop).map_err(|error| self.failed(error))
    }

    fn run(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|error| self.failed(error))
    }

    fn prepare(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>, StoreError> {
        self.looks.store(0, Ordering::Relaxed);
        self.connection.prepare_cached(sql).map_err(|error| self.failed(error))
    }

    fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::sqlite(&self.path, source)
    }

    fn damaged(&self, flaw: impl Into<String>) -> StoreError {
        StoreError::Damaged { path: self.path.clone(), flaw: flaw.into() }
    }
}

/// What became of a record.
enum Inserted {
    New,
    Known,
    Conflicting(Box<Conflict>),
}

/// A record with the series and measures of another of the same run that it lacks.
fn completed(mut record: Record, other: &Record) -> Record {
    for (name, values) in &other.outcome.series {
        let own = record.outcome.series.entry(name.clone()).or_insert_with(|| values.clone());
        // An epoch that one was looked at and the other was not.
        own.iter_mut().zip(values).filter(|(own, _)| own.is_nan()).for_each(|(own, &value)| *own = value);
    }
    for (name, value) in &other.outcome.measures {
        record.outcome.measures.entry(name.clone()).or_insert(*value);
    }
    record
}

/// Refuses what is not a file, or not a database, before any file is made beside it.
fn look_at(path: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::io(path, source);
    if !path.metadata().map_err(failed)?.is_file() {
        // A pipe would be waited for.
        return Err(StoreError::NoFile { path: path.to_owned() });
    }
    look_into(path, &File::open(path).map_err(failed)?)
}

/// Refuses a file that is not a database.
fn look_into(path: &Path, file: &File) -> Result<(), StoreError> {
    let failed = |source| StoreError::io(path, source);
    let mut magic = [0; 16];
    let length = file.take(16).read(&mut magic).map_err(failed)?;
    let flaw = "it does not begin as a SQLite file does".to_owned();
    if length == 0 || &magic == b"SQLite format 3\0" {
        Ok(())
    } else {
        Err(StoreError::Damaged { path: path.to_owned(), flaw })
    }
}

/// Steps of SQLite's machine after which its progress is looked at.
const STEPS: u32 = 100_000;

/// Looks after which a statement is given up, besides one for so many bytes of the file: a full check takes a tenth of it. A
/// file can be made such that a walk through it, page after page, does not end.
const LOOKS: u64 = 5_000;
const BYTES_A_LOOK: u64 = 500;

/// The longest row, unless the file is longer: no store has one that is.
const LONGEST: u64 = 64 << 20;

/// Bytes of the file's pages that are kept in memory.
const PAGES_KEPT: u64 = 64 << 20;

/// Times that the outcome of a run is in memory while it is committed, as measured: as it came, as a record and as bytes,
/// which for a moment are also bound to a statement and made a row.
const COPIES: u64 = 3;

/// Bytes of memory that it takes to store so many runs of these bytes on average and at most.
pub fn memory_to_keep(runs: u64, mean: u64, most: u64) -> u64 {
    let pages = runs.saturating_mul(mean).min(PAGES_KEPT);
    pages.saturating_add(if runs == 0 { 0 } else { most.saturating_mul(COPIES) })
}

/// How often a statement's progress was looked at.
type Looks = Arc<AtomicU64>;

/// Opens the store at `path`, which SQLite is to know by `name`. Whoever made the file, it can answer nothing by code of its
/// own, and every statement ends.
fn connect(path: &Path, name: &OsStr, flags: OpenFlags) -> Result<(Connection, Looks), StoreError> {
    let bytes = bytes(path);
    let looks = Looks::default();
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let reads = flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY);
    let tuned = Connection::open_with_flags(name, flags).and_then(|mut connection| {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        if reads {
            let longest = i32::try_from(bytes.max(LONGEST)).unwrap_or(i32::MAX);
            connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, longest)?;
            let (looks, most) = (Arc::clone(&looks), LOOKS + bytes / BYTES_A_LOOK);
            connection.progress_handler(STEPS as i32, Some(move || looks.fetch_add(1, Ordering::Relaxed) > most))?;
        }
        connection.busy_timeout(Duration::from_secs(10))?;
        // FULL: a commit is on the disk before it returns.
        connection.pragma_update(None, "synchronous", "full")?;
        // 64 MiB of log: a page of the index that changes in many commits is copied into the file once.
        connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cache_size", -((PAGES_KEPT >> 10) as i64))?;
        Ok((connection, looks))
    });
    tuned.map_err(|source| StoreError::sqlite(path, source))
}

/// Bytes of the file and of its log.
fn bytes(path: &Path) -> u64 {
    let real = real(path);
    let files = [real.clone(), disk::suffixed(&real, "-wal")];
    files.iter().filter_map(|file| file.metadata().ok()).map(|about| about.len()).sum()
}

/// The one name of the file at `path`, whatever links lead there: its lock and its log lie beside it by that name. It is
/// absolute, so that SQLite takes no name for one of its own, such as `:memory:`.
fn real(path: &Path) -> PathBuf {
    /// Links that lead to links; a circle ends there.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        // Of a link that leads nowhere yet, the file will be where it leads.
        let Ok(target) = path.read_link() else { break };
        path = path.parent().map(|folder| folder.join(&target)).unwrap_or(target);
    }
    let path = &path;
    let folder = || Some(disk::parent(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(folder).unwrap_or_else(|| path.to_owned())
}

fn has_wal(path: &Path) -> bool {
    disk::suffixed(path, "-wal").metadata().is_ok_and(|wal| wal.len() > 0)
}

/// A path as part of a URI.
fn escaped(path: &Path) -> String {
    let escape = |byte: u8| match byte {
        b'/' | b'.' | b'-' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02x}"),
    };
    path.as_os_str().as_encoded_bytes().iter().copied().map(escape).collect()
}
