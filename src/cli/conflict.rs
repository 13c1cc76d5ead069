//! Runs with two outcomes, told: stores that disagree are not merged.

use super::exit::{Exit, Result};
use super::terminal;
use crate::store::{Conflict, Merged};
use crate::text;

/// Conflicts told in full.
const TOLD: usize = 20;

/// Says why nothing was merged.
pub(super) fn refuse(merged: &Merged) -> Result<Exit> {
    let runs = text::count(merged.conflicting as usize, "run");
    let lines = told(&merged.conflicts, merged.conflicting);
    terminal::print(format!("nothing merged: {runs} with two outcomes\n{lines}"))?;
    Ok(Exit::Failed)
}

/// Both sides of each, of the first of many.
pub(super) fn told(conflicts: &[Conflict], all: u64) -> String {
    let first: String = conflicts.iter().take(TOLD).map(|conflict| format!("{}\n", text_of(conflict))).collect();
    match all.saturating_sub(TOLD as u64) {
        0 => first,
        more => format!("{first}… and {more} more\n"),
    }
}

fn text_of(conflict: &Conflict) -> String {
    conflict.to_string().lines().map(text::plain).collect::<Vec<_>>().join("\n")
}
