//! `tallow report`: writes the report of what is stored, or checks that the files on disk are it.

use std::path::Path;

use super::claim::Claim;
use super::exit::{Exit, Result};
use super::publish::{Summary, append_summary, publish};
use super::selection::{Out, Selection, StorePath};
use super::terminal;
use crate::analysis::Analysis;
use crate::report;
use crate::store::Store;
use crate::text;

/// Differing files told.
const TOLD: usize = 30;

/// Characters shown before and from the first that differs.
const BEFORE: usize = 20;
const AFTER: usize = 30;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    store: StorePath,

    #[command(flatten)]
    out: Out,

    #[command(flatten)]
    summary: Summary,

    /// Write no report; exit 1 if the files on disk differ from what the store says, or a [[check]] does not hold
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let summary = args.summary.path()?;
    let selected = args.selection.load()?;
    let store = Store::read(&args.store.path)?;
    let analysis = selected.analysis(&store, &[])?;
    let folder = args.out.folder(&selected.experiment);
    if !analysis.has_outcome() {
        return Err(args.selection.unstored(&args.store.path));
    }
    if args.check {
        if let Some(path) = &summary {
            append_summary(&analysis, path)?;
        }
        let (files, checks) = (check(&analysis, &folder)?, judged(&analysis)?);
        return Ok(if files == Exit::Done { checks } else { files });
    }
    let claim = Claim::new(&args.selection.file, &folder, &args.store.path);
    if !args.out.is_forced() {
        claim.admit()?;
    }
    publish(&analysis, &folder, Some(&claim), summary.as_deref())?;
    Ok(Exit::Done)
}

/// Whether every check of the file holds; those that do not are told.
fn judged(analysis: &Analysis) -> Result<Exit> {
    let checks = analysis.checks();
    if checks.is_empty() {
        return Ok(Exit::Done);
    }
    let failed: Vec<_> = checks.iter().filter(|check| !check.holds()).collect();
    let held = checks.len() - failed.len();
    let mut lines = format!("checks: {held} of {} hold\n", checks.len());
    for check in failed.iter().take(TOLD) {
        lines += &format!("! {}\n", text::plain(&analysis.check_told(check)));
    }
    if failed.len() > TOLD {
        lines += &format!("  … and {} more\n", failed.len() - TOLD);
    }
    terminal::print(lines)?;
    Ok(if failed.is_empty() { Exit::Done } else { Exit::Failed })
}

fn check(analysis: &Analysis, folder: &Path) -> Result<Exit> {
    let files = report::build(analysis);
    let different = report::check(&files, folder)?;
    let index = folder.parent().and_then(|reports| Some((reports, report::check_index(reports)?)));
    if let (true, Some((reports, wrong))) = (different.is_empty(), index) {
        terminal::print(format!("{}: {wrong}\n", terminal::path(reports)))?;
        return Ok(Exit::Failed);
    }
    if different.is_empty() {
        terminal::print(format!(
            "{}: {} are as the store says\n",
            terminal::path(folder),
            text::count(files.len(), "file")
        ))?;
        return Ok(Exit::Done);
    }
    let count = text::count(files.len() + 1, "file");
    let mut lines = format!("{}: {} of {count} differ\n", terminal::path(folder), different.len());
    for path in different.iter().take(TOLD) {
        let made = files.iter().find(|file| file.path == *path).map(|file| &file.bytes[..]);
        let found = std::fs::read(folder.join(path)).ok();
        let difference = match (found, made) {
            (None, _) => "is missing".to_owned(),
            (Some(_), None) if path == report::LIST => "lists other files".to_owned(),
            (Some(_), None) => "is not of this report".to_owned(),
            (Some(found), Some(made)) => difference(&found, made),
        };
        lines += &format!("  {path}: {difference}\n");
    }
    if different.len() > TOLD {
        lines += &format!("  … and {} more\n", different.len() - TOLD);
    }
    terminal::print(lines)?;
    Ok(Exit::Failed)
}

/// How a file on disk differs from what was made: the first line that does, where it is text.
fn difference(found: &[u8], made: &[u8]) -> String {
    let (Ok(found), Ok(made)) = (std::str::from_utf8(found), std::str::from_utf8(made)) else {
        return format!("{} bytes on disk, {} made, with other contents", found.len(), made.len());
    };
    let ended = || std::iter::repeat("");
    let mut pairs = found.lines().chain(ended()).zip(made.lines().chain(ended()));
    let lines = found.lines().count().max(made.lines().count());
    match pairs.by_ref().take(lines).enumerate().find(|(_, (found, made))| found != made) {
        Some((i, (found, made))) => {
            let same = found.chars().zip(made.chars()).take_while(|(a, b)| a == b).count();
            format!("line {}: `{}` on disk, `{}` made", i + 1, around(found, same), around(made, same))
        }
        None => "other line ends".to_owned(),
    }
}

/// A piece of a line around one of its characters.
fn around(line: &str, at: usize) -> String {
    let (first, last) = (at.saturating_sub(BEFORE), at + AFTER);
    let piece: String = line.chars().skip(first).take(last - first).collect();
    let cut = |cut: bool| if cut { "…" } else { "" };
    format!("{}{}{}", cut(first > 0), text::plain(&piece), cut(line.chars().nth(last).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_where_it_begins() {
        let long = |digit: char| format!("a,b\n{}{digit}{}\n", "x".repeat(100), "y".repeat(100));
        assert_eq!(
            difference(long('1').as_bytes(), long('2').as_bytes()),
            format!("line 2: `…{x}1{y}…` on disk, `…{x}2{y}…` made", x = "x".repeat(20), y = "y".repeat(29))
        );
        assert_eq!(difference(b"a\n", b"a\nb\n"), "line 2: `` on disk, `b` made");
        assert_eq!(difference(b"a", b"a\n"), "other line ends");
        assert_eq!(difference(&[255], b"a"), "1 bytes on disk, 1 made, with other contents");
    }
}
