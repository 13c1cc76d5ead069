//! The files that lie beside a store by its name.

use std::path::{Path, PathBuf};

/// `store.db` and `.lock` make `store.db.lock`.
pub(super) fn beside(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
