//! One writer at a time: a lock file beside the store that says who holds it and vanishes with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::holder::Holder;
use super::{StoreError, row};
use crate::disk;

/// The right to write, until dropped.
///
/// The store's own file is locked, so that its names do not matter, be they links or that of a lock file that somebody has
/// deleted. The lock file says who holds it. On network file systems, where locks of the two kinds that SQLite and this use
/// are one, it alone is locked.
#[derive(Debug)]
pub(super) struct Lock {
    real: PathBuf,
    /// Closed after SQLite has closed the file: closing it lets go of SQLite's locks too.
    store: File,
    note: File,
}

impl Lock {
    /// Takes the lock of the store at `store`, which is the file `real`, or says who has it. The file is made if need be.
    pub(super) fn take(store: &Path, real: &Path, purpose: &str) -> Result<Self, StoreError> {
        let path = disk::suffixed(real, ".lock");
        let failed = |source: io::Error| match StoreError::io(&path, source) {
            StoreError::Missing { .. } => {
                let detail = format!("its lock `{}` cannot be made there", path.display());
                StoreError::Denied { path: store.to_owned(), detail }
            }
            StoreError::Io { source, .. } if source.kind() == io::ErrorKind::InvalidInput => {
                let detail = format!("its lock `{}` is a link, or not a regular file", path.display());
                StoreError::Denied { path: store.to_owned(), detail }
            }
            other => other,
        };
        let open = |path: &Path| {
            disk::open_itself(path, OpenOptions::new().read(true).write(true).create(true).truncate(false))
        };
        let file = open(real).map_err(|source| match StoreError::io(store, source) {
            StoreError::Io { path, source } if source.kind() == io::ErrorKind::InvalidInput => {
                StoreError::NoFile { path }
            }
            other => other,
        })?;
        if disk::names(&file).is_ok_and(|names| names > 1) {
            return Err(StoreError::Linked { path: store.to_owned() });
        }
        super::look_into(store, &file)?;
        let mut note = open(&path).map_err(failed)?;
        let mut held = false;
        for (file, is_needed) in [(&file, disk::is_local(&file)), (&note, true)] {
            held |= match file.try_lock() {
                _ if !is_needed => false,
                Ok(()) => false,
                Err(TryLockError::WouldBlock) => true,
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            };
        }
        if held {
            let mut text = String::new();
            // The holder may be about to write its name.
            let _ = note.read_to_string(&mut text);
            let holder = serde_json::from_str(&text).unwrap_or_default();
            return Err(StoreError::Held { path: store.to_owned(), holder });
        }
        let since = row::milliseconds(SystemTime::now());
        let holder = Holder { pid: std::process::id(), host: host(), purpose: purpose.to_owned(), since };
        sign(&mut note, &holder).map_err(failed)?;
        let lock = Self { real: real.to_owned(), store: file, note };
        // It may have been replaced between opening and locking.
        if lock.is_in_place() { Ok(lock) } else { Err(StoreError::Gone { path: store.to_owned(), saved: None }) }
    }

    /// Whether the locked file still is where it was opened.
    pub(super) fn is_in_place(&self) -> bool {
        disk::is_at(&self.store, &self.real)
    }
}

/// The next holder should not find this one's name, even if it cannot write its own. The locks are let go by name: a
/// process that another thread is starting has the files too until it runs its program, and closing them here would leave
/// them locked that long.
impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.note.set_len(0);
        let _ = self.store.unlock();
        let _ = self.note.unlock();
    }
}

fn sign(file: &mut File, holder: &Holder) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(&serde_json::to_vec(holder)?)
}

fn host() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let variable = || ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok());
    kernel.map(|name| name.trim().to_owned()).or_else(variable).unwrap_or_else(|| "this machine".into())
}
