//! `tallow store`: what a store holds, whether it is sound, and several made one.

use std::path::{Path, PathBuf};

use super::exit::{Exit, Result};
use super::selection::StorePath;
use super::{conflict, terminal};
use crate::plan::RunId;
use crate::store::{self, Store};
use crate::text;

/// Flaws and losses told in full.
const TOLD: usize = 20;

#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    /// Print how much a store holds, and a digest of its outcomes: equal for stores of equal outcomes
    Info(StorePath),
    /// Check whether a store is sound, and say what can be saved if it is not
    Check {
        #[command(flatten)]
        store: StorePath,
        /// Save every sound run into this store
        #[arg(long, value_name = "PATH")]
        salvage: Option<PathBuf>,
    },
    /// Merge stores, such as those of the partitions of a sweep. If two of them disagree, nothing is written
    Merge {
        /// The stores
        #[arg(value_name = "STORE", required = true)]
        sources: Vec<PathBuf>,
        /// The store that takes all runs; it may already exist
        #[arg(long, value_name = "STORE")]
        into: PathBuf,
    },
}

pub(super) fn run(command: &Command) -> Result<Exit> {
    match command {
        Command::Info(store) => info(store),
        Command::Check { store, salvage } => check(store, salvage.as_ref()),
        Command::Merge { sources, into } => merge(sources, into),
    }
}

fn info(at: &StorePath) -> Result<Exit> {
    let store = Store::read(&at.path)?;
    let (runs, failures, digest) = (store.len()?, store.failures()?.len(), store.digest()?);
    let bytes = store.bytes();
    let mut lines = format!("{}\n", terminal::path(&at.path));
    lines += &format!("  runs    {runs}\n  failed  {failures}\n  size    {}\n", text::size(bytes));
    lines += &bytes.checked_div(runs).map(|each| format!("  a run   {}\n", text::size(each))).unwrap_or_default();
    terminal::print(lines + &format!("  digest  {digest:032x}\n"))?;
    Ok(Exit::Done)
}

fn check(at: &StorePath, salvage: Option<&PathBuf>) -> Result<Exit> {
    let report = store::check(&at.path)?;
    let path = terminal::path(&at.path);
    if report.flaws.is_empty() {
        let unneeded = if salvage.is_some() { "; nothing needs to be saved" } else { "" };
        terminal::print(format!("{path}: sound, {}{unneeded}\n", text::count(report.sound as usize, "run")))?;
        return Ok(Exit::Done);
    }
    let mut lines = format!("{path}: damaged\n");
    lines += &told(&report.flaws, |flaw| text::plain(flaw));
    lines += &format!("{} can be saved\n", text::count(report.sound as usize, "run"));
    lines += &lost(&report.lost);
    match salvage {
        None => lines += &format!("tallow store check --store {path} --salvage NEW.db saves them\n"),
        Some(into) => {
            let saved = store::salvage(&at.path, into)?;
            lines += &format!("{} saved in {}\n", text::count(saved.saved as usize, "run"), terminal::path(into));
            lines += &conflict::told(&saved.conflicts, saved.conflicts.len() as u64);
        }
    }
    terminal::print(lines)?;
    Ok(Exit::Failed)
}

fn lost(ids: &[RunId]) -> String {
    if ids.is_empty() {
        return String::new();
    }
    format!("{} cannot; the next sweep trains what it lacks\n", text::count(ids.len(), "run"))
        + &told(ids, RunId::to_string)
}

fn merge(sources: &[PathBuf], into: &Path) -> Result<Exit> {
    let merged = store::merge(sources, into)?;
    if merged.conflicting > 0 {
        return conflict::refuse(&merged);
    }
    let total = Store::read(into)?.len()?;
    let path = terminal::path(into);
    terminal::print(format!("{path}: {} added, {} known, {total} in all\n", merged.added, merged.known))?;
    Ok(Exit::Done)
}

fn told<T>(items: &[T], word: impl Fn(&T) -> String) -> String {
    let mut lines: String = items.iter().take(TOLD).map(|item| format!("  {}\n", word(item))).collect();
    if items.len() > TOLD {
        lines += &format!("  … and {} more\n", items.len() - TOLD);
    }
    lines
}
