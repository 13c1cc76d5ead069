//! What the commands about a cluster's tasks have in common: the submissions of this project, and what each was made of.

use std::path::PathBuf;

use super::exit::{Error, Result};
use super::selection::{Selected, Selection};
use crate::cluster::{FOLDER, Submission};
use crate::text;

/// Every submission of the project.
pub(super) fn all() -> Result<Vec<Submission>> {
    Submission::all().map_err(|error| Error::failed(format_args!("cannot read `{FOLDER}`: {error}")))
}

/// The submission of that name.
pub(super) fn load(id: &str) -> Result<Submission> {
    let submissions = all()?;
    let ids: Vec<String> = submissions.iter().map(|submission| submission.id.clone()).collect();
    submissions.into_iter().find(|submission| submission.id == id).ok_or_else(|| {
        let near = text::nearest(id, ids.iter().map(String::as_str));
        let help = near.map_or("`tallow jobs` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
        Error::refused(format_args!("there is no submission `{}`", text::plain(id))).help(help)
    })
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
