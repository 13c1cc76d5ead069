//! A report's folder: files appear whole, and what an older report left behind goes away.
//!
//! `files.b3` lists every file with its BLAKE3 hash, as `b3sum` would; only files listed there, and unchanged since,
//! are ever removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::File;

/// The list of a report's files, itself one of them.
pub const LIST: &str = "files.b3";

/// A file or folder of a report that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} `{}`: {source}", path.display())]
pub struct WriteError {
    /// What was tried.
    action: &'static str,
    /// On which path.
    path: PathBuf,
    /// The system's word.
    source: io::Error,
}

/// Writes a report into a folder and removes what an older report left in it. Every file that has not its bytes already
/// is written under a temporary name first; only when all are on the disk are they moved into place, so that a disk
/// without room leaves the older report as it was.
pub fn write(files: &[File], folder: &Path) -> Result<(), WriteError> {
    let listed = listing(files);
    let all = files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
    let staged: Result<Vec<Staged>, WriteError> =
        all.chain([(LIST, listed.as_bytes())]).filter_map(|(path, bytes)| stage(&folder.join(path), bytes)).collect();
    let staged = staged?;
    remove_stale(files, folder)?;
    staged.into_iter().try_for_each(Staged::place)
}

/// Writes a file under a temporary name and moves it into place, unless it has its bytes already.
pub(super) fn place(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    stage(path, bytes).map_or(Ok(()), |staged| staged?.place())
}

/// A file on the disk under a temporary name, which goes away unless it is moved into place.
struct Staged {
    temporary: PathBuf,
    path: PathBuf,
}

/// Writes a file beside its place; nothing if it has its bytes already.
fn stage(path: &Path, bytes: &[u8]) -> Option<Result<Staged, WriteError>> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return None;
    }
    if let Some(parent) = path.parent()
        && let Err(source) = fs::create_dir_all(parent)
    {
        return Some(Err(fail("create", parent, source)));
    }
    let mut temporary = path.to_owned().into_os_string();
    // Processes of two hosts or containers can have one number.
    let random = RandomState::new().hash_one(std::process::id());
    temporary.push(format!(".{random:016x}.tmp"));
    let staged = Staged { temporary: temporary.into(), path: path.to_owned() };
    Some(fs::write(&staged.temporary, bytes).map_err(|source| fail("write", path, source)).map(|()| staged))
}

impl Staged {
    fn place(self) -> Result<(), WriteError> {
        fs::rename(&self.temporary, &self.path).map_err(|source| fail("write", &self.path, source))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone already if it was moved; and an error before it is the one to tell.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// The paths in which a folder differs from a report: changed, absent, or left from an older one.
pub fn check(files: &[File], folder: &Path) -> Result<Vec<String>, WriteError> {
    let listed = listing(files);
    let all = files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
    let mut different = BTreeSet::new();
    for (name, bytes) in all.chain([(LIST, listed.as_bytes())]) {
        if read(&folder.join(name))?.is_none_or(|found| found != bytes) {
            different.insert(name.to_owned());
        }
    }
    different.extend(stale(files, folder)?.into_keys());
    Ok(different.into_iter().collect())
}

fn fail(action: &'static str, path: &Path, source: io::Error) -> WriteError {
    WriteError { action, path: path.to_owned(), source }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, WriteError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(fail("read", path, source)),
    }
}

fn listing(files: &[File]) -> String {
    let lines: BTreeMap<&str, String> =
        files.iter().map(|file| (file.path.as_str(), blake3::hash(&file.bytes).to_hex().to_string())).collect();
    lines.into_iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect()
}

/// Files the folder's list names that this report has not, with their hashes. A name that leaves the folder is ignored.
fn stale(files: &[File], folder: &Path) -> Result<BTreeMap<String, String>, WriteError> {
    let list = read(&folder.join(LIST))?.unwrap_or_default();
    let list = String::from_utf8_lossy(&list).into_owned();
    let ours: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let inside = |path: &str| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let old = list.lines().filter_map(|line| line.split_once("  "));
    Ok(old
        .filter(|(_, path)| !ours.contains(path) && inside(path) && folder.join(path).is_file())
        .map(|(hash, path)| (path.to_owned(), hash.to_owned()))
        .collect())
}

fn remove_stale(files: &[File], folder: &Path) -> Result<(), WriteError> {
    for (path, hash) in stale(files, folder)? {
        let path = folder.join(path);
        let unchanged = read(&path)?.is_some_and(|bytes| blake3::hash(&bytes).to_hex().as_str() == hash);
        if unchanged {
            fs::remove_file(&path).map_err(|source| fail("remove", &path, source))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_report_removes_what_the_earlier_left_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let first = [File::new("a.csv", "a"), File::new("plots/b.svg", "b"), File::new("c.csv", "c")];
        write(&first, folder.path()).expect("written");
        fs::write(at("mine.txt"), "mine").expect("written");
        fs::write(at("c.csv"), "edited by hand").expect("written");
        let second = [File::new("a.csv", "a2")];
        assert_eq!(check(&second, folder.path()).expect("read"), ["a.csv", "c.csv", "files.b3", "plots/b.svg"]);
        write(&second, folder.path()).expect("written");
        assert_eq!(fs::read(at("a.csv")).expect("there"), b"a2");
        assert!(!at("plots/b.svg").exists() && at("mine.txt").exists() && at("c.csv").exists());
        assert!(check(&second, folder.path()).expect("read").is_empty());
        let names = fs::read_dir(folder.path()).expect("read").count();
        assert_eq!(names, 5, "no temporary file is left: a.csv, c.csv, files.b3, mine.txt, plots");
    }

    #[test]
    fn a_report_that_cannot_be_written_whole_leaves_the_older_one_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        write(&[File::new("a.csv", "a"), File::new("b.csv", "b")], folder.path()).expect("written");
        let later = [File::new("a.csv", "a2"), File::new("b.csv/c.csv", "a folder where a file is")];
        let error = write(&later, folder.path()).expect_err("refused").to_string();
        assert!(error.starts_with("cannot create `") && error.contains("b.csv`: "), "{error}");
        let names: BTreeSet<String> = (fs::read_dir(folder.path()).expect("read"))
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["a.csv", "b.csv", LIST].map(str::to_owned).into());
        assert_eq!(fs::read(folder.path().join("a.csv")).expect("there"), b"a");
    }

    #[test]
    fn a_list_that_points_outside_the_folder_removes_nothing() {
        let outer = tempfile::tempdir().expect("a folder");
        let victim = outer.path().join("victim.txt");
        fs::write(&victim, "v").expect("written");
        let inner = outer.path().join("report");
        fs::create_dir(&inner).expect("created");
        let hash = blake3::hash(b"v").to_hex();
        fs::write(inner.join(LIST), format!("{hash}  ../victim.txt\n{hash}  {}\n", victim.display())).expect("written");
        write(&[], &inner).expect("written");
        assert!(victim.exists());
    }
}
