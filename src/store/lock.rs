//! One writer at a time: a lock file beside the store that says who holds it and vanishes with its process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::SystemTime;

use super::beside::beside;
use super::holder::Holder;
use super::{StoreError, row};

/// The right to write, until dropped.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock of the store at `store`, which lies beside its file `real`, or says who has it.
    pub(super) fn take(store: &Path, real: &Path, purpose: &str) -> Result<Self, StoreError> {
        let path = beside(real, ".lock");
        let failed = |source: io::Error| match StoreError::io(&path, source) {
            StoreError::Missing { .. } => {
                let detail = format!("its lock `{}` cannot be made there", path.display());
                StoreError::Denied { path: store.to_owned(), detail }
            }
            other => other,
        };
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                // The holder may be about to write its name.
                let _ = file.read_to_string(&mut text);
                let holder = serde_json::from_str(&text).unwrap_or_default();
                return Err(StoreError::Held { path: store.to_owned(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let since = row::milliseconds(SystemTime::now());
        let holder = Holder { pid: std::process::id(), host: host(), purpose: purpose.to_owned(), since };
        sign(&mut file, &holder).map_err(failed)?;
        Ok(Self(file))
    }
}

/// The next holder should not find this one's name, even if it cannot write its own.
impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
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
