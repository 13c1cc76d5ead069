//! What can go wrong with a store, each with what to do about it.

use std::fmt;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use super::holder::Holder;
use super::record::{Provenance, Record};
use crate::disk;
use crate::engine::{Metric, Status, Tolerance, first_difference};
use crate::plan::{Description, RunId};

/// Why a store cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no file.
    #[error("there is no store at `{}`", .path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It is a folder, a pipe or a device.
    #[error("cannot use `{}` as a store: it is not a regular file", .path.display())]
    NoFile {
        /// What is there.
        path: PathBuf,
    },
    /// Another process writes to it.
    #[error("the store `{}` is in use by {holder}; wait for it to end, or give another --store", .path.display())]
    Held {
        /// The store.
        path: PathBuf,
        /// Who holds it.
        holder: Holder,
    },
    /// The file has several names, and its log lies beside one of them only.
    #[error(
        "the store `{0}` has another name (a hard link), beside which a part of it may lie: copy it with `cp`, or remove the \
         other name",
        .path.display()
    )]
    Linked {
        /// The store.
        path: PathBuf,
    },
    /// The file went away while it was written to.
    #[error("the store `{}` was moved, replaced or deleted while it was in use; {}", .path.display(), rescued(.path, .saved.as_deref()))]
    Gone {
        /// Where it was.
        path: PathBuf,
        /// Where all that was in it is now, with what came last.
        saved: Option<PathBuf>,
    },
    /// It is a database, but not ours.
    #[error("`{}` is a database of another program, not a store", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A later tallow made it.
    #[error(
        "the store `{}` has format {found}, this tallow writes format {known}: use a newer tallow, or another --store",
        .path.display()
    )]
    Newer {
        /// The store.
        path: PathBuf,
        /// The format that the file says.
        found: i64,
        /// The format of this version.
        known: i64,
    },
    /// Its bytes are not what was written.
    #[error(
        "the store `{0}` is damaged, or is not a store: {flaw}; `tallow store check --store {0}` says what can be saved, and \
         saves it",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        flaw: String,
    },
    /// No permission, or a read-only folder.
    #[error("access to the store `{}` was denied: {detail}", .path.display())]
    Denied {
        /// The file or folder.
        path: PathBuf,
        /// The system's word.
        detail: String,
    },
    /// No room on the disk, or a limit on file sizes.
    #[error(
        "there is no room to write the store `{}`: {detail}; what was committed is safe: make room and run the command again",
        .path.display()
    )]
    Full {
        /// The store.
        path: PathBuf,
        /// The system's word.
        detail: String,
    },
    /// The system failed to read or write.
    #[error("cannot use `{}`: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// SQLite failed in another way.
    #[error("the store `{}` failed: {source}; what was committed is safe", .path.display())]
    Sqlite {
        /// The store.
        path: PathBuf,
        /// SQLite's word.
        source: rusqlite::Error,
    },
    /// A run already has another outcome.
    #[error("{0}")]
    Conflict(Box<Conflict>),
    /// No stored run has this identity.
    #[error("no stored run begins with `{prefix}`")]
    Unknown {
        /// What was asked for.
        prefix: String,
    },
    /// Several stored runs begin so.
    #[error("`{prefix}` is not unique: {}", shown(.candidates))]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// The first few that begin so.
        candidates: Vec<(RunId, Description)>,
    },
}

fn rescued(store: &Path, saved: Option<&Path>) -> String {
    match saved {
        Some(saved) => format!(
            "everything is kept in `{0}`: `tallow store merge {0} --into {1}` brings it back",
            saved.display(),
            store.display()
        ),
        None => "what it held could not be kept".to_owned(),
    }
}

fn shown(candidates: &[(RunId, Description)]) -> String {
    candidates.iter().map(|(id, description)| format!("\n  {id}  {description}")).collect()
}

impl StoreError {
    /// What SQLite's word means for the store at `path`.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        let detail = source.to_string();
        let extended = source.sqlite_error().map(|error| error.extended_code);
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged { path, flaw: detail },
            Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                Self::Denied { path, detail }
            }
            Some(ErrorCode::DiskFull) => Self::Full { path, detail },
            Some(ErrorCode::TooBig) => Self::Damaged { path, flaw: "a row is longer than the file".into() },
            Some(ErrorCode::OperationInterrupted) => {
                Self::Damaged { path, flaw: "it leads in circles: reading it does not end".into() }
            }
            // A limit on file sizes, or a disk that is full only for some; or a disk that fails.
            _ if extended.is_some_and(|code| WRITE_FAILURES.contains(&code)) && lacks_room(&path) => {
                Self::Full { path, detail }
            }
            _ if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHORT_READ) => Self::Damaged { path, flaw: detail },
            // What is asked of a store is fixed, so that its tables must have changed.
            _ if matches!(source, rusqlite::Error::SqlInputError { .. })
                || extended == Some(rusqlite::ffi::SQLITE_ERROR) =>
            {
                Self::Damaged { path, flaw: detail }
            }
            // A value of a kind that is never written, or a text (a name in the schema too) that is not UTF-8.
            _ if matches!(
                source,
                rusqlite::Error::Utf8Error(..)
                    | rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::InvalidColumnName(..)
                    | rusqlite::Error::InvalidColumnIndex(..)
                    | rusqlite::Error::NulError(..)
            ) =>
            {
                Self::Damaged { path, flaw: detail }
            }
            _ => Self::Sqlite { path, source },
        }
    }

    /// What the system's word means for `path`.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Denied { path, detail: source.to_string() }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Full { path, detail: source.to_string() }
            }
            _ => Self::Io { path, source },
        }
    }
}

/// Whether the store cannot grow. SQLite says the same of a full quota and of a broken disk, so it is tried: with a file
/// beside the store, as long as that or its log and a little longer.
fn lacks_room(store: &Path) -> bool {
    const MORE: usize = 1 << 16;
    let store = super::real(store);
    let probe = disk::suffixed(&store, &format!("-probe-{}", std::process::id()));
    let length = [store.clone(), disk::suffixed(&store, "-wal")]
        .iter()
        .filter_map(|file| Some(file.metadata().ok()?.len()))
        .max();
    let tried = File::create_new(&probe).and_then(|mut file| {
        file.seek(SeekFrom::Start(length.unwrap_or(0)))?;
        file.write_all(&[0; MORE])?;
        file.sync_all()
    });
    // The answer is known; that the probe is left behind on a failing disk costs a few blocks.
    let _ = std::fs::remove_file(&probe);
    let lacking = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded, io::ErrorKind::FileTooLarge];
    tried.is_err_and(|error| lacking.contains(&error.kind()))
}

const WRITE_FAILURES: [i32; 4] = [
    rusqlite::ffi::SQLITE_IOERR_WRITE,
    rusqlite::ffi::SQLITE_IOERR_TRUNCATE,
    rusqlite::ffi::SQLITE_IOERR_FSYNC,
    rusqlite::ffi::SQLITE_IOERR_SHMSIZE,
];

/// One identity with two outcomes: a pure function gave two values, so a machine, an engine or a file is at fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// What is stored.
    pub stored: Record,
    /// What was to be stored.
    pub other: Record,
    /// The stores that each is in, where they are two.
    pub places: Option<[PathBuf; 2]>,
}

/// Both sides, several lines.
impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stored, other, places } = self;
        write!(f, "run {} has two outcomes", stored.id)?;
        let difference = first_difference(&stored.outcome, &other.outcome, Tolerance::NONE);
        difference.map_or(Ok(()), |difference| write!(f, ", first differing in {difference}"))?;
        writeln!(f, "\n  {}", stored.description)?;
        let words = || ["stored".to_owned(), "other".to_owned()];
        let [here, there] = places.as_ref().map_or_else(words, |both| both.each_ref().map(|p| p.display().to_string()));
        let width = here.chars().count().max(there.chars().count()).max(3) + 1;
        writeln!(f, "  {:width$} {}", here + ":", Side(stored))?;
        write!(f, "  {:width$} {}", there + ":", Side(other))
    }
}

struct Side<'a>(&'a Record);

impl fmt::Display for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loss = self.0.outcome.value(Metric::TRAIN_LOSS).unwrap_or(f32::NAN);
        let Provenance { version, device, host_cpu, .. } = &self.0.provenance;
        match self.0.outcome.status {
            Status::Done => write!(f, "done")?,
            Status::Diverged { epoch } => write!(f, "diverged in epoch {epoch}")?,
        }
        write!(f, ", loss {loss:?}, checksum {}, by tallow {version} on {device}, {host_cpu}", self.0.checksum())
    }
}
