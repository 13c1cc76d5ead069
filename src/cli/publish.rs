//! Where a finished report goes: its folder, the index over all reports, a CI job's summary, and in short the terminal.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::claim::Claim;
use super::exit::{Error, Result};
use super::{answer, terminal};
use crate::analysis::Analysis;
use crate::report;

/// Where GitHub shows Markdown on the page of a job.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

#[derive(clap::Args, Clone, Debug)]
pub(super) struct Summary {
    /// Append the answer and its tables as Markdown to this file [without FILE: the one that GITHUB_STEP_SUMMARY names]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    summary: Option<Option<PathBuf>>,
}

impl Summary {
    /// The file to append to, if one is wanted.
    pub fn path(&self) -> Result<Option<PathBuf>> {
        match &self.summary {
            None => Ok(None),
            Some(Some(path)) => Ok(Some(path.clone())),
            Some(None) => match std::env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty()) {
                Some(path) => Ok(Some(path.into())),
                None => Err(Error::refused(format_args!("there is no {STEP_SUMMARY} to write the summary to"))
                    .help("name a file: --summary=summary.md")),
            },
        }
    }
}

/// Writes the report and the index beside it, appends the summary, and prints the answer.
pub(super) fn publish(analysis: &Analysis, folder: &Path, claim: Option<&Claim>, summary: Option<&Path>) -> Result<()> {
    let files = report::build(analysis);
    let replaces_other_runs = report::is_of_other_runs(&files, folder);
    report::write(&files, folder)?;
    if let Some(claim) = claim {
        claim.note();
    }
    if replaces_other_runs {
        terminal::say(format_args!(
            "{}: the report that was there had none of these runs and was replaced; if it belonged to another experiment \
             of this name, give one of the two another name, or another --out",
            terminal::path(folder)
        ));
    }
    if let Some(reports) = folder.parent()
        && !report::write_index(reports)?
    {
        let index = terminal::path(&reports.join(report::INDEX));
        terminal::say(format_args!("{index}: it was not written by tallow and is left as it is"));
    }
    if let Some(path) = summary {
        append_summary(analysis, path)?;
    }
    terminal::print(answer::summary(analysis))?;
    terminal::print(format!("\nreport: {}\n", terminal::path(folder)))?;
    Ok(())
}

/// Appends the answer and its tables as Markdown.
pub(super) fn append_summary(analysis: &Analysis, path: &Path) -> Result<()> {
    let text = report::summary(analysis);
    let opened = OpenOptions::new().create(true).append(true).open(path);
    let written = opened.and_then(|mut file| writeln!(file, "{text}"));
    written.map_err(|error| Error::failed(format_args!("cannot write the summary to `{}`: {error}", path.display())))
}
