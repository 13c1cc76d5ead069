//! Files and folders that appear whole: written beside their place, synced, and put there in one step.
//!
//! Everything here holds the [`Lock`] of the folder it writes into, so that two processes do not mix what they write, and
//! whatever a killed process left there under a name of [`Lock::beside`] is known to be nobody's any more.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Another process may hold a lock so long: whole reports are written in a fraction of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// How the names of unfinished files and folders begin.
pub const UNFINISHED: &str = ".tallow-";

/// The lock of folders that cannot be locked themselves.
const LOCK: &str = ".tallow.lock";

/// The right to write into a folder, until dropped.
#[derive(Debug)]
pub struct Lock {
    folder: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of a folder, waiting for others to finish.
    ///
    /// # Errors
    /// If the folder cannot be opened, or another process holds it for a minute.
    pub fn take(folder: &Path) -> io::Result<Self> {
        let began = Instant::now();
        // The folder itself is locked, so that no file is left behind.
        let mut file = File::open(folder).or_else(|_| lock_file(folder))?;
        let mut own_file = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { folder: folder.to_owned(), _file: file }),
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(io::ErrorKind::TimedOut, "another process is writing there"));
                }
                // Network file systems lock what is open to write only.
                Err(TryLockError::Error(_)) if !own_file => (file, own_file) = (lock_file(folder)?, true),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// A name for something that is to be put at `place`, a name in the locked folder, once it is whole.
    pub fn beside(&self, place: &Path) -> PathBuf {
        // Processes of two hosts or containers can have one number.
        let random = RandomState::new().hash_one(std::process::id()) as u32;
        self.folder.join(format!("{UNFINISHED}{:08x}{random:08x}", mark(place)))
    }

    /// What processes that ended early left in the folder, each with the mark of its place.
    fn unfinished(&self) -> Vec<(u32, PathBuf)> {
        let names = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let known = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let digits = name.strip_prefix(UNFINISHED)?;
            let hex = digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            Some((u32::from_str_radix(hex.then(|| &digits[..8])?, 16).ok()?, entry.path()))
        };
        names.filter_map(known).collect()
    }

    /// Unfinished folders, each with the folder in whose place it was to be, if that is there.
    pub fn unfinished_folders(&self) -> Vec<(PathBuf, Option<PathBuf>)> {
        let unfinished: Vec<_> = self.unfinished().into_iter().filter(|(_, path)| is_folder(path)).collect();
        if unfinished.is_empty() {
            return Vec::new();
        }
        let names = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let places: Vec<PathBuf> = names.map(|entry| entry.path()).filter(|path| is_folder(path)).collect();
        let place = |of: u32| places.iter().find(|place| mark(place) == of).cloned();
        unfinished.into_iter().map(|(of, path)| (path, place(of))).collect()
    }

    /// Puts a file with these bytes into the locked folder, in place of one of that name.
    ///
    /// # Errors
    /// Of the system; what was there before is then as it was.
    pub fn place(&self, name: &Path, bytes: &[u8]) -> io::Result<()> {
        let place = self.folder.join(name);
        for (_, left) in self.unfinished().into_iter().filter(|(of, path)| *of == mark(&place) && !is_folder(path)) {
            let _ = fs::remove_file(left);
        }
        let new = self.beside(&place);
        let placed = write(&new, bytes).and_then(|()| fs::rename(&new, &place)).and_then(|()| sync(&self.folder));
        if placed.is_err() {
            // Gone already if it was the folder that could not be synced; the first error is the one to tell.
            let _ = fs::remove_file(&new);
        }
        placed
    }
}

fn lock_file(folder: &Path) -> io::Result<File> {
    open_itself(&folder.join(LOCK), OpenOptions::new().read(true).write(true).create(true).truncate(false))
}

/// By which unfinished names tell their place.
fn mark(place: &Path) -> u32 {
    let name = place.file_name().unwrap_or_default();
    let hash = blake3::hash(name.as_encoded_bytes());
    u32::from_le_bytes([hash.as_bytes()[0], hash.as_bytes()[1], hash.as_bytes()[2], hash.as_bytes()[3]])
}

/// Writes a new file and syncs it.
///
/// # Errors
/// Of the system; also if something is there.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Syncs what a folder holds: which names are in it.
///
/// # Errors
/// Of the system.
pub fn sync(folder: &Path) -> io::Result<()> {
    // Windows opens no folder, and says nothing about when names are on the disk.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Opens the file of that very name: of a symbolic link, a pipe or a device it is an error.
///
/// # Errors
/// Of the system, and as said.
pub fn open_itself(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A pipe would be waited for.
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits() as i32);
    }
    let other = || io::Error::new(io::ErrorKind::InvalidInput, "it is a link, or not a regular file");
    if path.symlink_metadata().is_ok_and(|about| !about.is_file()) {
        return Err(other());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(other()) }
}

/// The bytes of the file of that very name.
///
/// # Errors
/// Those of [`open_itself`].
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_itself(path, OpenOptions::new().read(true))?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether that very name is a folder's.
pub fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|about| about.is_dir())
}

/// Whether two names are of one file; no link is followed.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let [one, other] = [one, other].map(|path| path.symlink_metadata().ok().and_then(identity));
    one.is_some() && one == other
}

/// Whether a file has that name, whatever links lead there. Where the system does not tell, that there is any.
pub fn is_at(file: &File, path: &Path) -> bool {
    let Ok(there) = path.metadata() else { return false };
    identity(there) == file.metadata().ok().and_then(identity)
}

/// Device and number of a file, where the system tells.
#[cfg(unix)]
fn identity(about: fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn identity(_: fs::Metadata) -> Option<(u64, u64)> {
    None
}

/// How many names a file has, where the system tells; 0 once it is deleted.
///
/// # Errors
/// Of the system.
pub fn names(file: &File) -> io::Result<u64> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Ok(file.metadata()?.nlink())
    }
    #[cfg(not(unix))]
    {
        file.metadata().map(|_| 1)
    }
}

/// Whether a lock on the file itself is one of this machine alone, which no other kind of lock on it minds: not on a network
/// file system, where the two are one.
pub fn is_local(file: &File) -> bool {
    #[cfg(target_os = "linux")]
    {
        // In turn: NFS, SMB, SMB2, CIFS, AFS, Lustre, Ceph.
        const REMOTE: [u32; 7] = [0x6969, 0x517b, 0xfe53_4d42, 0xff53_4d42, 0x5346_414f, 0x0bd0_0bd0, 0x00c3_6400];
        rustix::fs::fstatfs(file).is_ok_and(|about| !REMOTE.contains(&(about.f_type as u32)))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        false
    }
}

/// Whether this process may change what has that name, be it a file or a folder; immutable files say no.
pub fn is_writable(path: &Path) -> bool {
    #[cfg(unix)]
    let may = {
        use rustix::fs::{Access, AtFlags, CWD};
        rustix::fs::accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok()
    };
    #[cfg(not(unix))]
    let may = path.metadata().is_ok_and(|about| !about.permissions().readonly());
    may
}

/// Exchanges two folders in one step. `false` where the system or the file system cannot.
///
/// # Errors
/// Of the system.
pub fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags};
        use rustix::io::Errno;
        match rustix::fs::renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(true),
            // In turn: no such flag; no such call; not on this file system; a layer of another; a mount point; not allowed.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::XDEV | Errno::BUSY | Errno::PERM) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    {
        let _ = (one, other);
        Ok(false)
    }
}

/// `store.db` and `.lock` make `store.db.lock`.
pub fn suffixed(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The folder that something is in, as it can be opened.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_file_is_put_in_place_of_another_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let lock = Lock::take(folder.path()).expect("free");
        let place = folder.path().join("a");
        fs::write(lock.beside(&place), "left by a killed process").expect("written");
        for text in ["one", "two"] {
            lock.place(Path::new("a"), text.as_bytes()).expect("placed");
            assert_eq!(fs::read_to_string(&place).expect("there"), text);
        }
        assert_eq!(fs::read_dir(folder.path()).expect("read").count(), 1);
    }

    #[test]
    fn one_holds_the_lock_of_a_folder_and_the_next_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let lock = Lock::take(folder.path()).expect("free");
        let path = folder.path().to_owned();
        let other = std::thread::spawn(move || Lock::take(&path).map(|_| Instant::now()));
        std::thread::sleep(Duration::from_millis(100));
        let freed = Instant::now();
        drop(lock);
        assert!(other.join().expect("ends").expect("free") >= freed);
    }

    #[test]
    fn a_control_file_is_no_link_and_no_pipe() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "x").expect("written");
        symlink(at("file"), at("link")).expect("linked");
        symlink(at("absent"), at("dangling")).expect("linked");
        assert_eq!(read(&at("file")).expect("a file"), b"x");
        for name in ["link", "dangling", "."] {
            let mut options = OpenOptions::new();
            open_itself(&at(name), options.write(true).create(true)).expect_err(name);
        }
        assert!(!at("absent").exists());
    }

    #[test]
    fn folders_are_exchanged_where_they_can_be() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in ["a", "b"] {
            fs::create_dir(at(name)).expect("made");
            fs::write(at(name).join("name"), name).expect("written");
        }
        if exchange(&at("a"), &at("b")).expect("tried") {
            assert_eq!(fs::read(at("a").join("name")).expect("there"), b"b");
        }
        exchange(&at("a"), &at("absent")).expect_err("nothing to exchange with");
    }
}
