//! What the commands about a cluster's tasks have in common: the submissions of this project, and what each was made of.

use std::path::PathBuf;

use super::exit::{Error, Result};
use super::selection::{Selected, Selection};
use super::terminal;
use crate::cluster::{FOLDER, Submission};
use crate::text;

/// Every submission of the project. Those that cannot be used are named, and the others are not held up.
pub(super) fn all() -> Result<Vec<Submission>> {
    let all = Submission::all();
    let (sound, broken) = all.map_err(|error| Error::failed(format_args!("cannot read `{FOLDER}`: {error}")))?;
    for flawed in broken {
        terminal::warn(text::plain(&flawed.to_string()));
    }
    Ok(sound)
}

/// The submission of that name.
pub(super) fn load(id: &str) -> Result<Submission> {
    if let Some(submission) = Submission::load(id).map_err(Error::failed)? {
        return Ok(submission);
    }
    let ids: Vec<String> = all()?.into_iter().map(|submission| submission.id).collect();
    let near = text::nearest(id, ids.iter().map(String::as_str));
    let help = near.map_or("`tallow jobs` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
    Err(Error::refused(format_args!("there is no submission `{}`", text::plain(id))).help(help))
}

/// The experiment that a submission was made of, planned.
pub(super) fn plan(submission: &Submission) -> Result<Selected> {
    let selection = Selection {
        file: submission.copy(),
        set: submission.set.clone(),
        only: submission.only.clone(),
        data_folder: Some(submission.data.clone()),
    };
    selection.load()
}

/// The folder of a submission's report.
pub(super) fn report_folder(submission: &Submission, selected: &Selected) -> PathBuf {
    submission.out.join(&selected.experiment.name)
}

/// The text of the experiment file as it was submitted.
pub(super) fn text_of(submission: &Submission) -> Result<String> {
    let path = submission.copy();
    std::fs::read_to_string(&path)
        .map_err(|error| Error::failed(format_args!("cannot read `{}`: {error}", path.display())))
}

/// The error of something that a submission is made of.
pub(super) fn not_found(what: &str, error: std::io::Error) -> Error {
    Error::failed(format_args!("cannot find {what}: {error}"))
}

/// The folder of the project, which is this one.
pub(super) fn project() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| not_found("this folder", error))
}

/// The program that trains, which is this one.
pub(super) fn program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| not_found("this program", error))
}
