//! A report's folder: it changes from one report to the next in one step, and owns only what its list says.
//!
//! `files.b3` lists every file with its BLAKE3 hash, as `b3sum` would. A report is written into a folder beside its place
//! and synced; the user's own files are linked into it; then the two folders are exchanged, and what is left of the older
//! report goes away. Where the file system cannot exchange folders, the files are moved one by one, each whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::File;
use crate::disk::{self, Lock};

/// The list of a report's files, itself one of them.
pub const LIST: &str = "files.b3";

/// Hexadecimal digits of a hash.
const DIGITS: usize = 64;

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

pub(super) fn fail(action: &'static str, path: &Path, source: io::Error) -> WriteError {
    WriteError { action, path: path.to_owned(), source }
}

fn refuse(path: &Path, why: &str) -> WriteError {
    fail("write", path, io::Error::new(io::ErrorKind::AlreadyExists, why))
}

/// Puts a report in place of what an older one left in a folder. Until then, and after any error, that is as it was.
///
/// # Errors
/// If a file cannot be written or replaced, or one of the user's own has the name of one of the report's.
pub fn write(files: &[File], folder: &Path) -> Result<(), WriteError> {
    let reports = disk::parent(folder);
    fs::create_dir_all(reports).map_err(|source| fail("create", reports, source))?;
    let lock = Lock::take(reports).map_err(|source| fail("lock", reports, source))?;
    for (left, place) in lock.unfinished_folders() {
        discard(&left, place.as_deref());
    }
    let report = Report::new(files);
    let found = Found::at(folder).map_err(|source| fail("read", folder, source))?;
    if found.is(&report) {
        return Ok(());
    }
    found.admit(&report)?;
    let staged = Staged { path: lock.beside(folder), place: folder };
    staged.write(&report, &found)?;
    if !found.is_there {
        fs::rename(&staged.path, folder).map_err(|source| fail("write", folder, source))?;
    } else if !staged.keep(&report, &found) || !switch(&staged.path, folder)? {
        staged.move_in(&report, &found)?;
    }
    // Before anything of the older report goes away.
    disk::sync(reports).map_err(|source| fail("sync", reports, source))
}

fn switch(staged: &Path, folder: &Path) -> Result<bool, WriteError> {
    disk::exchange(staged, folder).map_err(|source| fail("write", folder, source))
}

/// What a folder is to hold: each file's bytes by its path, the list among them.
struct Report<'a>(BTreeMap<&'a Path, &'a [u8]>, String);

impl<'a> Report<'a> {
    fn new(files: &'a [File]) -> Self {
        Self(files.iter().map(|file| (Path::new(&file.path), &file.bytes[..])).collect(), listing(files))
    }

    fn files(&self) -> impl Iterator<Item = (&Path, &[u8])> {
        self.0.iter().map(|(path, bytes)| (*path, *bytes)).chain([(Path::new(LIST), self.1.as_bytes())])
    }

    fn bytes(&self, path: &Path) -> Option<&[u8]> {
        if path == Path::new(LIST) { Some(self.1.as_bytes()) } else { self.0.get(path).copied() }
    }
}

fn listing(files: &[File]) -> String {
    let lines: BTreeMap<&str, String> =
        files.iter().map(|file| (file.path.as_str(), blake3::hash(&file.bytes).to_hex().to_string())).collect();
    lines.into_iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect()
}

/// The hashes of each file that the list in a folder names: several while a report is being written file by file. A list
/// that is not tallow's names none, and no name leaves the folder.
fn listed(folder: &Path) -> BTreeMap<PathBuf, BTreeSet<String>> {
    let list = disk::read(&folder.join(LIST)).unwrap_or_default();
    let list = String::from_utf8_lossy(&list);
    let line = |line: &str| {
        let (hash, path) = line.split_once("  ")?;
        let path = Path::new(path);
        let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        (hash.len() == DIGITS && inside).then(|| (path.to_owned(), hash.to_owned()))
    };
    let mut listed: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for (path, hash) in list.lines().map_while(line) {
        listed.entry(path).or_default().insert(hash);
    }
    listed
}

/// What lies below a folder, no link followed.
#[derive(Default)]
struct Found {
    folder: PathBuf,
    is_there: bool,
    /// Of each file its bytes, of one that is listed; none of anything else, which is the user's own.
    files: BTreeMap<PathBuf, Option<Listed>>,
    folders: BTreeSet<PathBuf>,
}

/// A file that an older report's list names.
struct Listed {
    bytes: Vec<u8>,
    /// Whether it is as that report wrote it.
    unchanged: bool,
}

impl Found {
    fn at(folder: &Path) -> io::Result<Self> {
        let mut found = Self { folder: folder.to_owned(), ..Self::default() };
        match folder.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(error),
            Ok(about) if !about.is_dir() => {
                return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a link or a file, not a folder"));
            }
            Ok(_) => found.is_there = true,
        }
        let listed = listed(folder);
        let (files, folders) = walk(folder)?;
        for path in files {
            let is_list = path == Path::new(LIST) && (!listed.is_empty() || is_empty(&folder.join(LIST)));
            let hashes = listed.get(&path);
            let ours = (is_list || hashes.is_some()) && folder.join(&path).symlink_metadata()?.is_file();
            let entry = if ours {
                let bytes = disk::read(&folder.join(&path))?;
                let unchanged =
                    is_list || hashes.is_some_and(|hashes| hashes.contains(&*blake3::hash(&bytes).to_hex()));
                Some(Listed { bytes, unchanged })
            } else {
                None
            };
            found.files.insert(path, entry);
        }
        found.folders = folders;
        Ok(found)
    }

    /// Whether the folder holds that report already, and nothing of an older one.
    fn is(&self, report: &Report) -> bool {
        self.differing(report).is_empty()
    }

    /// The paths in which the folder differs from a report: changed, absent, or left from an older one.
    fn differing(&self, report: &Report) -> BTreeSet<PathBuf> {
        let changed = report.files().filter(|(path, bytes)| !self.has(path, bytes)).map(|(path, _)| path.to_owned());
        let left = self.files.iter().filter(|(path, entry)| entry.is_some() && report.bytes(path).is_none());
        changed.chain(left.map(|(path, _)| path.clone())).collect()
    }

    /// Whether a file is there with these bytes, be it ours or not.
    fn has(&self, path: &Path, bytes: &[u8]) -> bool {
        match self.files.get(path) {
            None => false,
            Some(Some(listed)) => listed.bytes == bytes,
            Some(None) => disk::read(&self.folder.join(path)).is_ok_and(|found| found == bytes),
        }
    }

    /// Whether a file stays although no list of the new report names it: the user's own, or changed by the user.
    fn is_kept(&self, report: &Report, path: &Path) -> bool {
        report.bytes(path).is_none() && !matches!(self.files.get(path), Some(Some(Listed { unchanged: true, .. })))
    }

    /// Whether a folder has something of the user's own in it, or nothing at all.
    fn is_own(&self, folder: &Path) -> bool {
        let mut within = self.files.iter().filter(|(path, _)| path.starts_with(folder)).peekable();
        within.peek().is_none() || within.any(|(_, entry)| entry.is_none())
    }

    /// Refuses a report that would replace what is the user's own, or of which a file cannot be replaced.
    fn admit(&self, report: &Report) -> Result<(), WriteError> {
        for (path, bytes) in report.files() {
            let entry = self.files.get(path);
            let above =
                path.ancestors().skip(1).find(|above| self.files.contains_key(*above) && self.is_kept(report, above));
            let below =
                || self.files.keys().find(|kept| kept.starts_with(path) && *kept != path && self.is_kept(report, kept));
            let why = match entry {
                Some(None) => Some("a file is there that no report wrote; move it elsewhere"),
                Some(Some(Listed { unchanged: false, .. })) => {
                    Some("it was changed after tallow wrote it; move it elsewhere, or delete it")
                }
                _ => None,
            };
            if let Some(why) = why.filter(|_| !self.has(path, bytes)) {
                return Err(refuse(&self.folder.join(path), why));
            }
            if let Some(above) = above {
                let why = "it is in the way of a folder of the report; move it elsewhere";
                return Err(refuse(&self.folder.join(above), why));
            }
            if self.folders.contains(path)
                && let Some(below) = below()
            {
                return Err(refuse(
                    &self.folder.join(below),
                    "it is in the way of a file of the report; move it elsewhere",
                ));
            }
        }
        let ours = self.files.iter().filter(|(_, entry)| entry.is_some()).map(|(path, _)| path.as_path());
        let folders = ours.clone().flat_map(|path| path.ancestors().skip(1));
        let fixed = ours.chain(folders).map(|path| self.folder.join(path)).find(|path| !disk::is_writable(path));
        match fixed {
            Some(path) => Err(refuse(&path, "it cannot be changed; the report that is there is left as it was")),
            None => Ok(()),
        }
    }
}

/// Files and folders below a folder, by their paths from there. No link is followed.
fn walk(folder: &Path) -> io::Result<(Vec<PathBuf>, BTreeSet<PathBuf>)> {
    let (mut files, mut folders, mut open) = (Vec::new(), BTreeSet::new(), vec![PathBuf::new()]);
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(folder.join(&inner))? {
            let entry = entry?;
            let path = inner.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path.clone());
                folders.insert(path);
            } else {
                files.push(path);
            }
        }
    }
    Ok((files, folders))
}

fn is_empty(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_file() && about.len() == 0)
}

/// A report beside its place, which goes away unless it is put there.
struct Staged<'a> {
    path: PathBuf,
    place: &'a Path,
}

impl Staged<'_> {
    /// Writes and syncs every file, the list first: it says what may be taken away again. What is there already is linked.
    fn write(&self, report: &Report, found: &Found) -> Result<(), WriteError> {
        fs::create_dir(&self.path).map_err(|source| fail("create", self.place, source))?;
        if let (true, Ok(about)) = (found.is_there, self.place.metadata()) {
            // Not worth an error: the user may have said who else may read it.
            let _ = fs::set_permissions(&self.path, about.permissions());
        }
        let list = [(Path::new(LIST), report.1.as_bytes())];
        let rest = report.files().filter(|(path, _)| *path != Path::new(LIST));
        for (path, bytes) in list.into_iter().chain(rest) {
            let new = self.path.join(path);
            let written = fs::create_dir_all(disk::parent(&new)).and_then(|()| {
                let linked = found.has(path, bytes) && fs::hard_link(self.place.join(path), &new).is_ok();
                if linked { fs::File::open(&new)?.sync_all() } else { disk::write(&new, bytes) }
            });
            written.map_err(|source| fail("write", &self.place.join(path), source))?;
        }
        self.sync()
    }

    fn sync(&self) -> Result<(), WriteError> {
        let synced = walk(&self.path).and_then(|(_, folders)| {
            folders
                .iter()
                .map(|folder| self.path.join(folder))
                .chain([self.path.clone()])
                .try_for_each(|folder| disk::sync(&folder))
        });
        synced.and_then(|()| disk::sync(disk::parent(self.place))).map_err(|source| fail("sync", self.place, source))
    }

    /// Links what is the user's own into the new folder; whether all of it could be, and the older folder be taken away.
    fn keep(&self, report: &Report, found: &Found) -> bool {
        let link = |path: &Path| {
            let new = self.path.join(path);
            fs::create_dir_all(disk::parent(&new)).and_then(|()| fs::hard_link(self.place.join(path), new))
        };
        let mut folders = std::iter::once(Path::new("")).chain(found.folders.iter().map(PathBuf::as_path));
        let mut kept = found.files.keys().filter(|path| found.is_kept(report, path));
        let mut own = found.folders.iter().filter(|folder| found.is_own(folder));
        folders.all(|folder| disk::is_writable(&self.place.join(folder)))
            && kept.all(|path| link(path).is_ok())
            && own.all(|folder| fs::create_dir_all(self.path.join(folder)).is_ok())
            && self.sync().is_ok()
    }

    /// Puts a list in place that names the files of the report, those of the older one and the hashes of both, so that
    /// whatever happens while they are moved they are known to be a report's.
    fn list_both(&self, report: &Report) -> io::Result<()> {
        let older = listed(self.place).into_iter();
        let older = older.flat_map(|(path, hashes)| hashes.into_iter().map(move |hash| (path.clone(), hash)));
        let both = older.fold(report.1.clone(), |list, (path, hash)| list + &format!("{hash}  {}\n", path.display()));
        let new = self.path.join(".both");
        disk::write(&new, both.as_bytes())?;
        fs::rename(new, self.place.join(LIST))
    }

    /// Moves the files to their places one by one.
    fn move_in(&self, report: &Report, found: &Found) -> Result<(), WriteError> {
        let failed = |path: &Path, source| fail("write", &self.place.join(path), source);
        let put = |path: &Path| {
            fs::create_dir_all(disk::parent(&self.place.join(path)))?;
            fs::rename(self.path.join(path), self.place.join(path))
        };
        self.list_both(report).map_err(|source| failed(Path::new(LIST), source))?;
        for (path, _) in found
            .files
            .iter()
            .filter(|(path, entry)| entry.is_some() && report.bytes(path).is_none() && !found.is_kept(report, path))
        {
            fs::remove_file(self.place.join(path)).map_err(|source| failed(path, source))?;
        }
        for (path, _) in report.files() {
            put(path).map_err(|source| failed(path, source))?;
        }
        let folders = walk(self.place).map(|(_, folders)| folders).unwrap_or_default();
        folders
            .iter()
            .try_for_each(|folder| disk::sync(&self.place.join(folder)))
            .and_then(|()| disk::sync(self.place))
            .map_err(|source| fail("sync", self.place, source))
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        discard(&self.path, Some(self.place));
    }
}

/// Takes away a folder that was not put in its place, or was replaced: what its list names, and the other names of files
/// that are in place. A file that came into it meanwhile is brought there.
fn discard(left: &Path, place: Option<&Path>) {
    if !disk::is_folder(left) {
        return;
    }
    let listed = listed(left);
    let Ok((mut files, folders)) = walk(left) else { return };
    // The list goes last: who is killed meanwhile leaves it to the next.
    files.sort_by_key(|path| path == Path::new(LIST));
    for path in files {
        let from = left.join(&path);
        let to = place.map(|place| place.join(&path));
        let is_list = path == Path::new(LIST) || path == Path::new(".both");
        if is_list || listed.contains_key(&path) || to.as_ref().is_some_and(|to| disk::is_same(&from, to)) {
            let _ = fs::remove_file(&from);
        } else if let Some(to) = to.filter(|to| to.symlink_metadata().is_err()) {
            let _ = fs::rename(&from, to);
        }
    }
    for folder in folders.iter().rev() {
        let _ = fs::remove_dir(left.join(folder));
    }
    // What could not be taken away stays where it can be seen, and is tried again by the next report.
    let _ = fs::remove_dir(left);
}

/// The paths in which a folder differs from a report: changed, absent, or left from an older one.
///
/// # Errors
/// If the folder cannot be read.
pub fn check(files: &[File], folder: &Path) -> Result<Vec<String>, WriteError> {
    let found = Found::at(folder).map_err(|source| fail("read", folder, source))?;
    let different = found.differing(&Report::new(files));
    Ok(different.into_iter().map(|path| path.to_string_lossy().into_owned()).collect())
}

/// Whether the report in a folder has none of the runs of this one: it may be that of another experiment.
pub fn is_of_other_runs(files: &[File], folder: &Path) -> bool {
    const RUNS: &str = "runs.csv";
    let ids = |text: &[u8]| -> BTreeSet<String> {
        let text = String::from_utf8_lossy(text);
        text.lines().skip(1).filter_map(|line| Some(line.split_once(',')?.0.to_owned())).collect()
    };
    let new = files.iter().find(|file| file.path == RUNS).map(|file| ids(&file.bytes)).unwrap_or_default();
    let old = disk::read(&folder.join(RUNS)).map(|bytes| ids(&bytes)).unwrap_or_default();
    !new.is_empty() && !old.is_empty() && new.is_disjoint(&old)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: PathBuf) -> String {
        fs::read_to_string(path).expect("there")
    }

    /// The names in a folder.
    fn names(folder: &Path) -> BTreeSet<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_later_report_removes_what_the_earlier_left_and_nothing_else() {
        let reports = tempfile::tempdir().expect("a folder");
        let folder = reports.path().join("report");
        let at = |name: &str| folder.join(name);
        let first = [File::new("a.csv", "a"), File::new("plots/b.svg", "b"), File::new("c.csv", "c")];
        write(&first, &folder).expect("written");
        fs::write(at("mine.txt"), "mine").expect("written");
        fs::create_dir_all(at("plots/notes")).expect("made");
        fs::write(at("plots/notes/mine.txt"), "mine too").expect("written");
        fs::write(at("c.csv"), "edited by hand").expect("written");
        let second = [File::new("a.csv", "a2")];
        assert_eq!(check(&second, &folder).expect("read"), ["a.csv", "c.csv", "files.b3", "plots/b.svg"]);
        write(&second, &folder).expect("written");
        assert_eq!(read(at("a.csv")), "a2");
        assert_eq!([read(at("mine.txt")), read(at("plots/notes/mine.txt"))], ["mine", "mine too"]);
        assert_eq!(read(at("c.csv")), "edited by hand");
        assert!(check(&second, &folder).expect("read").is_empty());
        assert_eq!(names(&folder), ["a.csv", "c.csv", LIST, "mine.txt", "plots"].map(str::to_owned).into());
        assert_eq!(names(&at("plots")), ["notes".to_owned()].into());
        assert_eq!(names(reports.path()), ["report".to_owned()].into(), "nothing is left beside it");
    }

    #[test]
    fn a_folder_that_cannot_be_exchanged_is_written_file_by_file() {
        let reports = tempfile::tempdir().expect("a folder");
        let folder = reports.path().join("report");
        let at = |name: &str| folder.join(name);
        write(&[File::new("a.csv", "a"), File::new("plots/b.svg", "b")], &folder).expect("written");
        fs::write(at("mine.txt"), "mine").expect("written");
        let later = [File::new("a.csv", "a2"), File::new("more/c.csv", "c")];
        let (report, found) = (Report::new(&later), Found::at(&folder).expect("read"));
        let staged = Staged { path: reports.path().join(".tallow-0123456789abcdef"), place: &folder };
        staged.write(&report, &found).and_then(|()| staged.move_in(&report, &found)).expect("written");
        drop(staged);
        assert!(check(&later, &folder).expect("read").is_empty());
        assert_eq!(read(at("mine.txt")), "mine");
        assert_eq!(names(reports.path()), ["report".to_owned()].into());
    }

    #[test]
    fn what_is_the_users_own_is_never_replaced_and_the_report_refused_as_a_whole() {
        let reports = tempfile::tempdir().expect("a folder");
        let folder = reports.path().join("report");
        let at = |name: &str| folder.join(name);
        for (own, file) in
            [("README.md", "README.md"), ("plots", "plots/a.svg"), ("a.csv/mine.txt", "a.csv"), (LIST, "b")]
        {
            fs::create_dir_all(at(own).parent().expect("a folder")).expect("made");
            fs::write(at(own), "mine").expect("written");
            let error = write(&[File::new("x.csv", "x"), File::new(file, "ours")], &folder).expect_err(own).to_string();
            assert!(error.contains(own) && error.contains("move it elsewhere"), "{error}");
            assert_eq!(read(at(own)), "mine");
            assert!(!at("x.csv").exists());
            fs::remove_dir_all(&folder).expect("removed");
        }
        assert!(names(reports.path()).is_empty());
    }

    #[test]
    fn a_file_of_a_report_that_the_user_has_edited_is_never_replaced() {
        let reports = tempfile::tempdir().expect("a folder");
        let folder = reports.path().join("report");
        let at = |name: &str| folder.join(name);
        write(&[File::new("README.md", "ours"), File::new("a.csv", "a")], &folder).expect("written");
        fs::write(at("README.md"), "ours, and a note").expect("written");
        let later = [File::new("README.md", "ours, later"), File::new("a.csv", "a2")];
        let error = write(&later, &folder).expect_err("edited").to_string();
        assert!(error.contains("README.md") && error.contains("changed after tallow wrote it"), "{error}");
        assert_eq!([read(at("README.md")), read(at("a.csv"))], ["ours, and a note", "a"]);
        fs::remove_file(at("README.md")).expect("removed");
        write(&later, &folder).expect("written");
        assert_eq!([read(at("README.md")), read(at("a.csv"))], ["ours, later", "a2"]);
    }

    #[test]
    fn a_report_that_was_half_moved_into_its_place_is_tallows_own() {
        let reports = tempfile::tempdir().expect("a folder");
        let folder = reports.path().join("report");
        write(&[File::new("a.csv", "a"), File::new("b.csv", "b")], &folder).expect("written");
        let later = [File::new("a.csv", "a2"), File::new("b.csv", "b2")];
        let (report, found) = (Report::new(&later), Found::at(&folder).expect("read"));
        let staged = Staged { path: reports.path().join(".tallow-0123456789abcdef"), place: &folder };
        staged.write(&report, &found).expect("written");
        // The list has been moved, and one file of two.
        staged.list_both(&report).expect("written");
        fs::rename(staged.path.join("a.csv"), folder.join("a.csv")).expect("moved");
        std::mem::forget(staged);
        write(&[File::new("a.csv", "a3"), File::new("b.csv", "b3")], &folder).expect("written");
        assert_eq!([read(folder.join("a.csv")), read(folder.join("b.csv"))], ["a3", "b3"]);
        assert_eq!(names(reports.path()), ["report".to_owned()].into());
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
        // Nothing in it is a list of ours.
        write(&[], &inner).expect_err("the user's own");
        assert!(victim.exists());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(outer.path(), inner.join("link")).expect("linked");
            fs::write(inner.join(LIST), format!("{hash}  link/victim.txt\n")).expect("written");
            write(&[File::new("a.csv", "a")], &inner).expect("written");
            assert!(victim.exists() && inner.join("link").is_symlink());
            let into = [File::new("link/a.csv", "a")];
            write(&into, &inner).expect_err("a link leads out of the folder");
            assert!(!outer.path().join("a.csv").exists());
            let linked = outer.path().join("linked");
            std::os::unix::fs::symlink(&inner, &linked).expect("linked");
            write(&into, &linked).expect_err("it is a link");
        }
    }
}
