//! `index.md` over all reports of a folder: each one's question, answer and links.

use std::fs;
use std::io;
use std::path::Path;

use super::folder::{self, LIST, WriteError};
use crate::disk::{self, Lock};

/// The name of the file over all reports of a folder.
pub const INDEX: &str = "index.md";

/// Writes `index.md` into the folder that holds reports, after what their `README.md` say. `false` if a file of that name
/// is there which is not of our making: that is left alone.
///
/// # Errors
/// If the folder or the file cannot be written.
pub fn write_index(reports: &Path) -> Result<bool, WriteError> {
    // Two sweeps that end at once each add theirs to what the other has written.
    let lock = Lock::take(reports).map_err(|source| folder::fail("lock", reports, source))?;
    let path = reports.join(INDEX);
    let text = index(reports);
    match disk::read(&path) {
        Ok(found) if found == text.as_bytes() => return Ok(true),
        Ok(found) if !is_index(&String::from_utf8_lossy(&found)) => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(false),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(folder::fail("read", &path, error)),
        Ok(_) | Err(_) if text.is_empty() => return Ok(true),
        Ok(_) | Err(_) => {}
    }
    lock.place(Path::new(INDEX), text.as_bytes()).map(|()| true).map_err(|source| folder::fail("write", &path, source))
}

/// Whether a text is made as [`index`] makes it, of whatever reports.
fn is_index(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let entry = |entry: &[&str]| match entry {
        [head, _, link] => {
            head.starts_with("## [")
                && head.ends_with("/README.md)")
                && link.starts_with("[Page to explore](")
                && link.ends_with("/index.html)")
        }
        _ => false,
    };
    lines.next() == Some("# Reports") && lines.collect::<Vec<_>>().chunks(3).all(entry)
}

/// What is wrong with the index of the reports in a folder, if anything.
pub fn check_index(reports: &Path) -> Option<&'static str> {
    let made = index(reports);
    match fs::read_to_string(reports.join(INDEX)) {
        Ok(found) if found == made => None,
        Ok(_) => Some("index.md is not what the reports beside it say"),
        Err(_) if made.is_empty() => None,
        Err(_) => Some("index.md is missing"),
    }
}

/// The index of the reports in a folder, in the order of their names; empty without any.
fn index(reports: &Path) -> String {
    let Ok(folders) = fs::read_dir(reports) else { return String::new() };
    let mut names: Vec<String> = (folders.filter_map(|entry| entry.ok()?.file_name().into_string().ok()))
        .filter(|name| !name.starts_with(disk::UNFINISHED) && reports.join(name).join(LIST).is_file())
        .collect();
    names.sort_unstable();
    let entry = |name: &String| {
        let page = String::from_utf8(disk::read(&reports.join(name).join("README.md")).ok()?).ok()?;
        let (question, answer) = told(&page)?;
        let link = name.replace('%', "%25").replace(' ', "%20").replace('(', "%28").replace(')', "%29");
        Some(format!("\n## [{question}]({link}/README.md)\n\n{answer}\n\n[Page to explore]({link}/index.html)\n"))
    };
    let entries: String = names.iter().filter_map(entry).collect();
    if entries.is_empty() { entries } else { format!("# Reports\n{entries}") }
}

/// Question and answer of a report's `README.md`.
fn told(page: &str) -> Option<(&str, &str)> {
    let mut lines = page.lines().filter(|line| !line.is_empty());
    let question = lines.next()?.strip_prefix("# ")?;
    let answer = lines.next()?.strip_prefix("**")?.strip_suffix("**")?;
    Some((question, answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_lists_reports_by_name_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        for name in ["b", "a b"] {
            write(&format!("{name}/files.b3"), "");
            write(&format!("{name}/README.md"), &format!("# Question {name}?\n\n**Answer {name}.**\n\nmore\n"));
        }
        write("mine/README.md", "# Mine\n\n**Not a report.**\n");
        write("broken/files.b3", "");
        assert!(write_index(folder.path()).expect("written"));
        let text = fs::read_to_string(folder.path().join("index.md")).expect("there");
        let expected = "# Reports\n\n## [Question a b?](a%20b/README.md)\n\nAnswer a b.\n\n\
            [Page to explore](a%20b/index.html)\n\n## [Question b?](b/README.md)\n\nAnswer b.\n\n\
            [Page to explore](b/index.html)\n";
        assert_eq!(text, expected);
        write("index.md", "# Reports\n\n## [Gone](gone/README.md)\n\nYes.\n\n[Page to explore](gone/index.html)\n");
        assert!(write_index(folder.path()).expect("written"));
        for own in ["# Reports\n\nSee a.\n", "# My reports\n"] {
            write("index.md", own);
            assert!(!write_index(folder.path()).expect("read"), "it is the user's own");
            assert_eq!(fs::read_to_string(folder.path().join("index.md")).expect("there"), own);
        }
    }
}
