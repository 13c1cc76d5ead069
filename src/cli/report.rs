//! `tallow report`: writes the report of what is stored, or checks that the files on disk are it.

use std::path::Path;

use super::exit::{Exit, Result};
use super::selection::{Out, Selection, StorePath};
use super::{answer, terminal};
use crate::analysis::Analysis;
use crate::report;
use crate::store::Store;
use crate::text;

/// Differing files told.
const TOLD: usize = 30;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StorePath,

    #[command(flatten)]
    out: Out,

    /// Write nothing; exit 1 if the files on disk differ from what the store says
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let selected = args.selection.load()?;
    let store = Store::read(&args.store.path)?;
    let analysis = selected.analysis(&store, &[])?;
    let folder = args.out.folder(&selected.experiment);
    if args.check {
        return check(&analysis, &folder);
    }
    write(&analysis, &folder)?;
    terminal::print(answer::summary(&analysis))?;
    terminal::print(format!("\nreport: {}\n", folder.display()))?;
    Ok(Exit::Done)
}

/// Writes every file of a report.
pub(super) fn write(analysis: &Analysis, folder: &Path) -> Result<()> {
    Ok(report::write(&report::build(analysis), folder)?)
}

fn check(analysis: &Analysis, folder: &Path) -> Result<Exit> {
    let files = report::build(analysis);
    let different = report::check(&files, folder)?;
    if different.is_empty() {
        terminal::print(format!("{}: {} are as the store says\n", folder.display(), text::count(files.len(), "file")))?;
        return Ok(Exit::Done);
    }
    let mut lines =
        format!("{}: {} of {} differ\n", folder.display(), different.len(), text::count(files.len() + 1, "file"));
    for path in different.iter().take(TOLD) {
        let made = files.iter().find(|file| file.path == *path).map(|file| &file.bytes[..]);
        let found = std::fs::read(folder.join(path)).ok();
        lines += &format!("  {path}: {}\n", difference(found.as_deref(), made));
    }
    if different.len() > TOLD {
        lines += &format!("  … and {} more\n", different.len() - TOLD);
    }
    terminal::print(lines)?;
    Ok(Exit::Failed)
}

/// How a file on disk differs from what was made: the first line that does, where it is text.
fn difference(found: Option<&[u8]>, made: Option<&[u8]>) -> String {
    let (found, made) = match (found, made) {
        (None, _) => return "is missing".to_owned(),
        (_, None) => return "is not of this report".to_owned(),
        (Some(found), Some(made)) => (found, made),
    };
    let (Ok(found), Ok(made)) = (std::str::from_utf8(found), std::str::from_utf8(made)) else {
        return format!("{} bytes on disk, {} made, with other contents", found.len(), made.len());
    };
    let pairs = found.lines().map(Some).chain(std::iter::repeat(None)).zip(made.lines().map(Some).chain([None]));
    let first = pairs.enumerate().find(|(_, (found, made))| found != made);
    let shown = |line: Option<&str>| line.map_or("nothing".to_owned(), |line| format!("`{}`", short(line)));
    match first {
        Some((i, (found, made))) => format!("line {}: {} on disk, {} made", i + 1, shown(found), shown(made)),
        None => "more lines on disk than made".to_owned(),
    }
}

fn short(line: &str) -> String {
    let line = text::plain(line);
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
